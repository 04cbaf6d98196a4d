package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/authkit-desktop/authkit/deeplink"
	"github.com/authkit-desktop/authkit/doctor"
)

// The test program plays three others: authkit itself, a browser that goes where it is sent, and an app with a scheme.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"authkit": main,
		"browser": openBrowser,
		"notes":   notes,
	})
}

// openBrowser does what openers do: it starts a browser and returns at once. The file OPENED, where there is one, tells the
// story which page it was: a person who is back at once is shown none.
func openBrowser() {
	const started = "--started"
	if os.Args[1] == started {
		browse(os.Args[2])
		return
	}
	var err error
	if file := os.Getenv("OPENED"); file != "" {
		err = os.WriteFile(file, []byte(os.Args[1]), 0o600)
	}
	if err = errors.Join(err, exec.Command(os.Args[0], started, os.Args[1]).Start()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// browse opens an address and follows it to its end. The emulator of the tests signs in without a page. Like a browser, it
// does not tell whoever started it how it went.
func browse(address string) {
	res, err := http.Get(address)
	if err == nil {
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
}

// notes is an app: it owns a scheme, and answers the doctor's links.
func notes() {
	ctx, app := context.Background(), deeplink.Config{Scheme: "com.example.notes", AppID: "com.example.notes", AppName: "Notes"}
	link, _ := deeplink.FromArgs(os.Args[1:], app.Scheme)
	if doctor.Answer(ctx, app.AppID, link) {
		return
	}
	if _, err := deeplink.Register(ctx, app); err != nil {
		panic(err)
	}
}
