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

// The types of package emulator that most tests name.
type (
	Config       = emulator.Config
	User         = emulator.User
	Organization = emulator.Organization
	Member       = emulator.Member
	Role         = emulator.Role
	Fault        = emulator.Fault
)

// Server is an emulator with a person at a browser. Its methods that take no testing.TB report to the
// test that the server was made for.
type Server struct {
	*emulator.Server

	t       testing.TB
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
func New(t testing.TB, users ...User) *Server {
	t.Helper()
	return NewServer(t, Config{Users: users})
}

// NewServer is New for everything else that a Config can say.
func NewServer(t testing.TB, c Config) *Server {
	t.Helper()
	server, err := emulator.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{Server: server, t: t, given: c, ctx: ctx}
	t.Cleanup(func() {
		cancel()
		s.visits.Wait()
		if err := server.Close(); err != nil {
			t.Errorf("closing the emulator: %v", err)
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
const passphrase = "authkittest seals with this phrase"

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
		APIURL: s.URL(), AllowEmulator: true, EncryptionSecret: passphrase, Dir: filepath.Join(s.t.TempDir(), "state"),
		OpenBrowser: s.OpenBrowser, Now: s.given.Now,
	}
}

// Client is a client with a Config of its own, closed at the end of the test.
func (s *Server) Client() *authkit.Client {
	s.t.Helper()
	c, err := authkit.New(s.Config())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := c.Close(); err != nil {
			s.t.Errorf("closing the client: %v", err)
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
	s.t.Helper()
	s.Deliver(c)
	ctx, cancel := context.WithTimeout(s.t.Context(), signInWait)
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
		s.t.Fatalf("sign-in: %v", err)
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
	visit, app := s.visit, s.app
	if strings.Contains(page, "/user_management/sessions/logout") {
		visit = s.browser.Open
	}
	s.opened = append(s.opened, page)
	s.visits.Add(1)
	s.mu.Unlock()
	go func() {
		defer s.visits.Done()
		if err := s.follow(app, visit, page); err != nil && s.ctx.Err() == nil {
			s.stuck(fmt.Errorf("the person at the browser: %w", err))
		}
	}()
	return nil
}

func (s *Server) stuck(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.giveUp != nil {
		s.giveUp(err)
		return
	}
	s.t.Error(err)
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
	s.t.Helper()
	got := s.Count(route)
	if got == n {
		return
	}
	s.t.Errorf("%s was called %d times instead of %d:", route, got, n)
	for _, r := range s.Requests(route) {
		s.t.Errorf("  %s %s → %d %s %s", r.Method, r.Path, r.Status, r.Error, r.Fault)
	}
}
