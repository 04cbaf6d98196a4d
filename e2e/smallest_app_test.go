//go:build linux

package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/desktop"
)

// The names that the smallest app goes by, and what it is told in its environment.
const (
	smallestID  = "com.example.smallest"
	recordVar   = "E2E_RECORD" // the file that it writes down in what happens; set: this program is the smallest app
	apiVar      = "E2E_API"
	clientIDVar = "E2E_CLIENT_ID"
	browserVar  = "E2E_BROWSER" // "none": the pages are only written down
)

// TestMain is also the smallest app, when the system starts this program for a link.
func TestMain(m *testing.M) {
	if os.Getenv(recordVar) == "" {
		os.Exit(m.Run())
	}
	if err := smallestApp(); err != nil {
		note("failed: %v", err)
		os.Exit(1)
	}
}

// smallestApp is what every app's main does, without a window: each line on its input is a click on "Sign in".
func smallestApp() error {
	ctx := context.Background()
	config := authkit.Config{
		ClientID: os.Getenv(clientIDVar), AppID: smallestID, AppName: "Smallest", RedirectURI: smallestID + "://callback",
		APIURL: os.Getenv(apiVar), AllowEmulator: true,
	}
	if os.Getenv(browserVar) == "none" {
		config.OpenBrowser = func(context.Context, string) error { return nil }
	}
	client, err := authkit.New(config)
	if err != nil {
		return err
	}
	app, err := desktop.Start(ctx, desktop.Config{Client: client, Args: os.Args[1:]})
	if errors.Is(err, desktop.ErrHandedOver) {
		note("handed over")
		return nil
	}
	if err != nil {
		return err
	}
	app.OnActivate(func() { note("in front") })
	app.OnError(func(err error) { note("error: %v", err) })
	client.Subscribe(func(e authkit.Event) {
		if e.Session != nil {
			note("knows %s", e.Session.User.Email)
		}
	})
	note("running")
	for clicks := bufio.NewScanner(os.Stdin); clicks.Scan(); {
		go signIn(ctx, client)
	}
	select {} // until the test ends it
}

func signIn(ctx context.Context, client *authkit.Client) {
	session, err := client.SignIn(ctx, authkit.OnProgress(func(p authkit.Progress) {
		if p.Step == authkit.Waiting {
			note("waits for %s", p.URL)
		}
	}))
	if err != nil {
		note("no sign-in: %v", err)
		return
	}
	note("signed in %s", session.User.Email)
}

// note writes a line with the process id before it, in one piece.
func note(format string, values ...any) {
	file, err := os.OpenFile(os.Getenv(recordVar), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	line := strings.ReplaceAll(fmt.Sprintf(format, values...), "\n", " ")
	if _, err := fmt.Fprintf(file, "%d %s\n", os.Getpid(), line); err != nil {
		panic(err)
	}
}
