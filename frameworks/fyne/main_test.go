//go:build cgo && linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// patience is for what takes seconds at most, on a machine that has other things to do.
const patience = 60 * time.Second

// TestMain is also the app, started by the test or by the system for a link, and the browser.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("FYNE_TEST") == "":
		os.Exit(m.Run())
	case len(os.Args) == 3 && os.Args[1] == "--browse":
		if err := browse(os.Args[2]); err != nil {
			panic(err)
		}
	default:
		main()
	}
}

// browse goes to the sign-in page, where the emulator knows the person, and follows its redirect as a browser does: by asking
// the system to open the link.
func browse(page string) error {
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(page)
	if err != nil {
		return err
	}
	response.Body.Close()
	return exec.Command("xdg-open", response.Header.Get("Location")).Run()
}

// The whole way on a display of its own: the button is clicked, the browser opens, the link starts the app once more, and the
// window says who has signed in.
func TestAPersonSignsInToTheFyneApp(t *testing.T) {
	const alice = "alice@example.com"
	server, err := emulator.Start(emulator.Config{AutoSignIn: alice, RedirectURIs: []string{redirect()}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	d := newDisplay(t, server)
	app := d.command(os.Args[0])
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { app.Process.Kill(); app.Wait() }()
	window := d.window("Signed out")
	// Its one button fills the window. A click before the window is drawn goes nowhere.
	d.until("the person is signed in", func() error {
		d.run("xdotool", "mousemove", "--window", window, "100", "60", "click", "1")
		_, err := d.run("xdotool", "search", "--name", alice)
		return err
	})
}

// display is a screen of the test's own, with folders of its own.
type display struct {
	t   *testing.T
	env []string
	dir string
}

func newDisplay(t *testing.T, server *emulator.Server) *display {
	t.Helper()
	d := &display{t: t, dir: t.TempDir()}
	browser := filepath.Join(d.dir, "browser")
	for path, text := range map[string]string{
		browser:                         fmt.Sprintf("#!/bin/sh\nexec '%s' --browse \"$1\"\n", os.Args[0]),
		filepath.Join(d.dir, ".env"):    fmt.Sprintf("WORKOS_CLIENT_ID=%s\nWORKOS_API_URL=%s\nWORKOS_ENCRYPTION_SECRET=%s\n", server.ClientID(), server.URL(), strings.Repeat("of a test ", 4)),
		filepath.Join(d.dir, "run/one"): "",
	} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o700)); err != nil {
			t.Fatal(err)
		}
	}
	d.env = []string{"FYNE_TEST=1", "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "BROWSER=" + browser, "HOME=" + d.dir,
		"XDG_RUNTIME_DIR=" + d.dir + "/run", "DISPLAY=:" + d.start()}
	return d
}

// start starts the X server, which chooses its number.
func (d *display) start() (number string) {
	read, write, err := os.Pipe()
	if err != nil {
		d.t.Fatal(err)
	}
	defer read.Close()
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset")
	x.ExtraFiles = []*os.File{write}
	if err := x.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { x.Process.Kill(); x.Wait() })
	write.Close()
	read.SetReadDeadline(time.Now().Add(patience))
	number, err = bufio.NewReader(read).ReadString('\n')
	if err != nil {
		d.t.Fatal(err)
	}
	return strings.TrimSpace(number)
}

func (d *display) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Dir, cmd.Stderr = d.env, d.dir, io.Discard
	return cmd
}

func (d *display) run(name string, args ...string) (string, error) {
	out, err := d.command(name, args...).Output()
	return strings.TrimSpace(string(out)), err
}

// window waits for a window of that title, and returns its number.
func (d *display) window(title string) (number string) {
	d.t.Helper()
	d.until("there is a window "+title, func() (err error) {
		number, err = d.run("xdotool", "search", "--onlyvisible", "--name", title)
		return err
	})
	return number
}

func (d *display) until(what string, try func() error) {
	d.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			d.t.Fatalf("waited %v in vain until %s: %v", patience, what, err)
		}
	}
}
