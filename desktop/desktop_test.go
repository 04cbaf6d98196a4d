package desktop_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/authkittest"
	"github.com/authkit-desktop/authkit/deeplink"
	"github.com/authkit-desktop/authkit/desktop"
	"github.com/authkit-desktop/authkit/instance"
)

const (
	scheme   = "com.example.desktop.test"
	redirect = scheme + "://callback"
	partVar  = "DESKTOP_TEST_PART"
)

// TestMain is also the app, where the system starts it for a link.
func TestMain(m *testing.M) {
	if os.Getenv(partVar) != "app" {
		test(m)
	}
	client, err := authkit.New(authkit.Config{ClientID: "client_test", AppID: "com.example.test", RedirectURI: redirect})
	if err == nil {
		_, err = desktop.Start(context.Background(), desktop.Config{Client: client, Args: os.Args[1:]})
	}
	if !errors.Is(err, desktop.ErrHandedOver) {
		panic(fmt.Sprint("there is nobody to hand over to: ", err))
	}
}

// test runs the tests away from where the person's own apps find each other.
func test(m *testing.M) {
	dir, err := os.MkdirTemp("", "desktop")
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"XDG_RUNTIME_DIR", "LocalAppData"} {
		if err := os.Setenv(name, dir); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code) //nolint:forbidigo // here this is main
	}))
}

// person is a home folder of its own, with an app that signs in through its scheme.
func person(t *testing.T) (srv *authkittest.Server, newClient func() *authkit.Client, links chan string) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	for variable, folder := range map[string]string{"XDG_DATA_HOME": "data", "XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state", "XDG_RUNTIME_DIR": "run", "LocalAppData": "local"} {
		t.Setenv(variable, filepath.Join(home, folder))
	}
	for _, folder := range []string{"run", "local"} { // or one that all tests share is used
		if err := os.Mkdir(filepath.Join(home, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	srv = authkittest.NewServer(t, authkittest.Config{RedirectURIs: []string{redirect}})
	cfg := srv.Config()
	links = make(chan string, 10)
	alice := srv.Person("alice@example.com")
	cfg.OpenBrowser = func(ctx context.Context, page string) error {
		if link, err := alice.SignIn(context.WithoutCancel(ctx), page); err == nil && strings.HasPrefix(link, redirect) {
			links <- link
		}
		return nil
	}
	return srv, func() *authkit.Client {
		c, err := authkit.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}, links
}

func start(t *testing.T, config desktop.Config) *desktop.App {
	t.Helper()
	app, err := desktop.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Close() })
	return app
}

func receive[T any](t *testing.T, what string, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(20 * time.Second):
		t.Fatalf("never came: %s", what)
	}
	return v
}

// C24, warm start: the second process hands the link over and the first finishes its sign-in and comes to the front.
func TestC24ASecondProcessHandsTheLinkOver(t *testing.T) {
	_, newClient, links := person(t)
	first, second := newClient(), newClient()
	app := start(t, desktop.Config{Client: first})
	front := make(chan struct{}, 10)
	app.OnActivate(func() { front <- struct{}{} })
	done := make(chan error, 1)
	go func() {
		_, err := first.SignIn(t.Context())
		done <- err
	}()
	link := receive(t, "the link", links)
	_, err := desktop.Start(t.Context(), desktop.Config{Client: second, Args: []string{deeplink.Marker, link}})
	if !errors.Is(err, desktop.ErrHandedOver) {
		t.Fatalf("Start = %v", err)
	}
	receive(t, "the window in front", front)
	if err := receive(t, "the end of the sign-in", done); err != nil {
		t.Error(err)
	}
}

// C24, cold start: nothing was running when the link came.
func TestC24TheLinkStartsTheApp(t *testing.T) {
	_, newClient, links := person(t)
	ctx, die := context.WithCancel(t.Context())
	gone := newClient()
	var group sync.WaitGroup
	group.Go(func() { _, _ = gone.SignIn(ctx) })
	defer group.Wait() // it still has an attempt to forget
	defer die()
	link := receive(t, "the link", links)
	client := newClient()
	signedIn := make(chan authkit.Event, 10)
	defer client.Subscribe(func(e authkit.Event) { signedIn <- e })()
	start(t, desktop.Config{Client: client, Args: []string{deeplink.Marker, link}})
	for e := receive(t, "an event", signedIn); e.Session == nil; e = receive(t, "a sign-in", signedIn) {
		t.Log(e.Kind)
	}
}

// The running process is there, and takes nothing more: its queue is full, as it is behind one that is stopped.
func TestA22_ALinkThatTheRunningProcessDoesNotTakeEndsTheSignIn(t *testing.T) {
	_, newClient, links := person(t)
	client, second := newClient(), newClient()
	config := instance.Config{AppID: client.About().AppID}
	hangs, err := instance.Claim(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hangs.Close() })
	config.Timeout = 100 * time.Millisecond
	for err == nil || !strings.Contains(err.Error(), "full") {
		_, err = instance.Claim(t.Context(), config)
	}
	done := make(chan error, 1)
	go func() {
		_, err := client.SignIn(t.Context())
		done <- err
	}()
	link := receive(t, "the link", links)
	if _, err := desktop.Start(t.Context(), desktop.Config{Client: second, Args: []string{deeplink.Marker, link}}); !errors.Is(err, desktop.ErrHandedOver) {
		t.Fatalf("Start = %v", err)
	}
	if err := receive(t, "the end of the sign-in", done); err != nil {
		t.Error(err)
	}
	if _, err := desktop.Start(t.Context(), desktop.Config{Client: second}); !errors.Is(err, instance.ErrUnresponsive) {
		t.Errorf("without a link, Start = %v", err)
	}
}

func TestASecondStartBringsTheFirstToTheFront(t *testing.T) {
	_, newClient, _ := person(t)
	app := start(t, desktop.Config{Client: newClient()})
	if _, err := desktop.Start(t.Context(), desktop.Config{Client: newClient()}); !errors.Is(err, desktop.ErrHandedOver) {
		t.Fatalf("Start = %v", err)
	}
	front := make(chan struct{}, 1)
	app.OnActivate(func() { front <- struct{}{} }) // too late for the call, and told all the same
	receive(t, "the window in front", front)
}

// The function that brings the window to the front may wait for a window that hangs.
func TestAWindowThatHangsHoldsUpNoLinkAndNoEnd(t *testing.T) {
	_, newClient, _ := person(t)
	app := start(t, desktop.Config{Client: newClient()})
	hangs, asked := make(chan struct{}), make(chan struct{}, 10)
	defer close(hangs)
	app.OnActivate(func() { asked <- struct{}{}; <-hangs })
	failed := make(chan error, 10)
	app.OnError(func(err error) { failed <- err })
	for range 2 {
		_, err := desktop.Start(t.Context(), desktop.Config{Client: newClient(), Args: []string{deeplink.Marker, redirect + "?code=x&state=y"}})
		if !errors.Is(err, desktop.ErrHandedOver) {
			t.Fatalf("Start = %v", err)
		}
		receive(t, "the call to come to the front", asked)
		receive(t, "the error of the link", failed)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Close() }()
	if err := receive(t, "the end", ended); err != nil {
		t.Error(err)
	}
}

func TestALinkThatCannotBeUsedIsTold(t *testing.T) {
	_, newClient, _ := person(t)
	app := start(t, desktop.Config{Client: newClient()})
	failed := make(chan error, 1)
	app.OnError(func(err error) { failed <- err })
	app.OpenURL(redirect + "?code=x&state=y")
	if err := receive(t, "the error", failed); !errors.Is(err, authkit.ErrNoAttempt) {
		t.Errorf("error = %v", err)
	}
}

// Links may come before the app has a window to show their errors in.
func TestWhatFailedBeforeThereWasAWindowIsToldLater(t *testing.T) {
	_, newClient, _ := person(t)
	link := redirect + "?code=x&state=y"
	logged := make(chan struct{}, 100)
	app := start(t, desktop.Config{Client: newClient(), Args: []string{deeplink.Marker, link}, Logger: tell(logged)})
	receive(t, "the failure of the first link", logged)
	for range 30 {
		app.OpenURL(link)
		receive(t, "the failure of another link", logged)
	}
	if err := app.Close(); err != nil { // when all have been worked on
		t.Fatal(err)
	}
	failed := make(chan error, 100)
	app.OnError(func(err error) { failed <- err })
	for range 16 {
		if err := receive(t, "an error", failed); !errors.Is(err, authkit.ErrNoAttempt) {
			t.Errorf("error = %v", err)
		}
	}
	if len(failed) > 0 {
		t.Errorf("%d more were kept", len(failed))
	}
}

// tell sends for every record that is logged.
func tell(logged chan<- struct{}) *slog.Logger { return slog.New(teller{slog.DiscardHandler, logged}) }

type teller struct {
	slog.Handler
	logged chan<- struct{}
}

func (teller) Enabled(context.Context, slog.Level) bool { return true }

func (l teller) Handle(context.Context, slog.Record) error {
	l.logged <- struct{}{}
	return nil
}
