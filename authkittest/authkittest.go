// Package authkittest is for testing programs that use authkit: an emulator, a client configuration
// that fits it, and a person who signs in when the browser opens.
//
//	srv := authkittest.New(t, authkittest.User{Email: "alice@example.com"})
//	client, err := authkit.New(srv.Config())
//	…
//	session := srv.SignIn(client)
//	…
//	srv.WantCalls(emulator.Refresh, 1)
//
// Everything is real but the person: the client listens, exchanges, verifies and seals as it does in
// an app, against a server on a loopback port. [emulator.Server], which is embedded, changes users,
// scripts faults, and knows every request.
package authkittest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

// What most tests name of package emulator, so that they need not import it for that.
type (
	// Config is everything a server can be told.
	Config = emulator.Config
	// User is a person who can sign in, and how the server treats them.
	User = emulator.User
	// Organization is a customer of the app, with its members.
	Organization = emulator.Organization
	// Member is a user's place in an organization.
	Member = emulator.Member
	// Role is a named set of permissions.
	Role = emulator.Role
	// Fault is one line of a script of what goes wrong.
	Fault = emulator.Fault
)

// Server is an emulator with a person at a browser. Its methods that take no testing.TB report to the
// test that the server was made for.
type Server struct {
	*emulator.Server

	tb      testing.TB
	given   Config
	browser *emulator.Person // keeps the cookies of the one browser

	visits sync.WaitGroup
	ctx    context.Context
	mu     sync.Mutex // guards what follows
	visit  Visit
	app    *authkit.Client
	giveUp context.CancelCauseFunc // ends the SignIn that waits; nil when none does
	opened []string
}

// Visit is what a person does with an authorize URL: it returns where the browser is sent in the end.
// Person.SignIn and Person.Cancel of package emulator are two.
type Visit func(ctx context.Context, authorizeURL string) (redirect string, err error)

// New starts a server with these users, or with the demo users when there are none, that lives as
// long as the test. The first user is the person who signs in.
func New(tb testing.TB, users ...User) *Server {
	tb.Helper()
	return NewServer(tb, Config{Users: users})
}

// NewServer is New for everything else that a Config can say.
func NewServer(tb testing.TB, c Config) *Server {
	tb.Helper()
	tb.TempDir() // now, so that it is removed last: after those who write to it have ended
	server, err := emulator.Start(c)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{Server: server, tb: tb, given: c, ctx: ctx}
	tb.Cleanup(func() {
		s.mu.Lock()
		cancel() // no visit begins from now on
		s.mu.Unlock()
		s.visits.Wait()
		if err := server.Close(); err != nil {
			tb.Errorf("closing the emulator: %v", err)
		}
	})
	who := emulator.DemoUsers()[0].Email
	if len(c.Users) > 0 {
		who = c.Users[0].Email
	}
	s.SignInAs(who)
	return s
}

// passphrase seals the sessions of tests, so that no test asks for the keychain.
const passphrase = "authkittest seals with this phrase" //nolint:gosec // it guards what a test makes up

// Config is a client configuration for this server: a folder and a passphrase of its own, and a
// browser with the person at it. Two clients that are to be two processes of one app share one
// Config; each call makes the Config of another machine.
//
// The redirect is the server's first RedirectURI, by default a loopback address. With a scheme of the
// app's own, the link is given to the client of the last SignIn or Deliver.
func (s *Server) Config() authkit.Config {
	redirect := "http://127.0.0.1/callback"
	if len(s.given.RedirectURIs) > 0 {
		redirect = s.given.RedirectURIs[0]
	}
	return authkit.Config{
		ClientID: s.ClientID(), AppID: "com.example.test", AppName: "Test", RedirectURI: redirect,
		APIURL: s.URL(), AllowEmulator: true, EncryptionSecret: passphrase, Dir: filepath.Join(s.tb.TempDir(), "state"),
		OpenBrowser: s.OpenBrowser, Now: s.given.Now,
	}
}

// Client is a client with a Config of its own, closed at the end of the test.
func (s *Server) Client() *authkit.Client {
	s.tb.Helper()
	c, err := authkit.New(s.Config())
	if err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			s.tb.Errorf("closing the client: %v", err)
		}
	})
	s.Deliver(c)
	return c
}

// signInWait is how long SignIn gives the whole sign-in: far more than it takes, and less than the ten
// minutes after which the client gives up by itself.
const signInWait = 30 * time.Second

// SignIn signs the person in to the client; a failure ends the test.
func (s *Server) SignIn(c *authkit.Client, options ...authkit.SignInOption) *authkit.Session {
	s.tb.Helper()
	s.Deliver(c)
	ctx, cancel := context.WithTimeout(s.tb.Context(), signInWait)
	defer cancel()
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	s.waits(giveUp)
	defer s.waits(nil)
	session, err := c.SignIn(ctx, options...)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		s.tb.Fatalf("sign-in: %v", err)
	}
	return session
}

func (s *Server) waits(giveUp context.CancelCauseFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giveUp = giveUp
}

// SignInAs puts another user at a fresh browser.
func (s *Server) SignInAs(email string) {
	p := s.Person(email)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.browser, s.visit = p, p.SignIn
}

// Browse has the person do something else than sign in from now on:
//
//	srv.Browse(srv.Person("alice@example.com").Cancel)
func (s *Server) Browse(visit Visit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visit = visit
}

// Deliver makes c the process that links of the app's own scheme are given to.
func (s *Server) Deliver(c *authkit.Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app = c
}

// Opened are the addresses that the browser was asked to open, the oldest first.
func (s *Server) Opened() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.opened...)
}

// OpenBrowser is the browser of Config: it returns at once, and the person acts on a goroutine of
// their own, which ends with the test. What keeps the person from it, such as a wrong password, ends
// the SignIn that waits, and fails the test.
func (s *Server) OpenBrowser(_ context.Context, page string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return errors.New("the test is over, and its browser closed")
	}
	visit, app := s.visit, s.app
	if strings.Contains(page, "/user_management/sessions/logout") {
		visit = s.browser.Open
	}
	s.opened = append(s.opened, page)
	s.visits.Go(func() {
		if err := s.follow(app, visit, page); err != nil && s.ctx.Err() == nil {
			s.stuck(fmt.Errorf("the person at the browser: %w", err))
		}
	})
	return nil
}

func (s *Server) stuck(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.giveUp != nil {
		s.giveUp(err)
		return
	}
	s.tb.Error(err)
}

func (s *Server) follow(app *authkit.Client, visit Visit, page string) error {
	redirect, err := visit(s.ctx, page)
	if err != nil || redirect == "" {
		return err
	}
	u, err := url.Parse(redirect)
	switch {
	case err != nil:
		return err
	case u.Scheme == "http":
		return s.get(redirect)
	case app == nil:
		return errors.New("nobody takes the link " + u.Scheme + ":…: name the client with Server.Deliver")
	}
	_, _ = app.HandleCallback(s.ctx, redirect) // SignIn tells the test what came of it
	return nil
}

// get opens a loopback address, as the browser does, and reads the page that the app answers with.
func (s *Server) get(address string) error {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// WantCalls fails the test when a route was not called exactly n times, and lists what was. The call
// counts when it arrives, whatever it is answered.
func (s *Server) WantCalls(route emulator.Route, n int) {
	s.tb.Helper()
	got := s.Count(route)
	if got == n {
		return
	}
	s.tb.Errorf("%s was called %d times instead of %d:", route, got, n)
	for _, r := range s.Requests(route) {
		s.tb.Errorf("  %s %s → %d %s %s", r.Method, r.Path, r.Status, r.Error, r.Fault)
	}
}
