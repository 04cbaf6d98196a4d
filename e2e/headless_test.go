//go:build linux

package e2e

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/authkit-desktop/authkit/emulator"
)

// Without a display the same app is served to a browser on the same machine: to one that has the printed link, and to no other.
func TestWithoutADisplayTheAppOpensInOneBrowser(t *testing.T) {
	net := NewNetwork(t)
	d := NewDesktop(t)
	d.UseChromium()
	browser := NewScreen(d).Program("Chromium")
	link := d.serveApp("WORKOS_API_URL="+net.URL(), "WORKOS_CLIENT_ID="+net.ClientID())

	d.Start("xdg-open", link)
	browser.Reads("Sign in to continue")
	for _, address := range []string{link, strings.Split(link, "?")[0]} {
		if status := get(t, address); status != http.StatusForbidden {
			t.Errorf("another program gets status %d from %s, want 403", status, strings.Split(address, "?")[0])
		}
	}

	browser.Click(Button, "Sign in")
	browser.Fill(Entry, "Email", "alice@example.com")
	browser.Fill(Password, "Password", emulator.DefaultPassword)
	browser.Click(Button, "Sign in")
	d.Wait("the sign-in page has handed over", func() bool { return len(net.Sessions()) == 1 })
	d.Run("xdotool", "key", "ctrl+1") // back to the app's tab
	browser.Reads("Welcome, Alice")
	browser.Picture("8-without-a-display", Heading, "Welcome, Alice")
}

// serveApp starts the app as on a machine without a display, and gives the link that it prints.
func (d *Desktop) serveApp(env ...string) (link string) {
	d.t.Helper()
	cmd := d.Command(serverBinary(d.t))
	cmd.Env = nil
	for _, entry := range append(slices.Clone(d.Env), env...) {
		if !strings.HasPrefix(entry, "DISPLAY=") {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	return printedLink(d.t, cmd)
}

func serverBinary(t *testing.T) string {
	t.Helper()
	built := os.Getenv("E2E_APP_SERVER")
	if built == "" {
		t.Fatal("E2E_APP_SERVER names no app; start this test by scripts/e2e")
	}
	return built
}

// printedLink starts the app and waits for its link.
func printedLink(t *testing.T, cmd *exec.Cmd) (link string) {
	t.Helper()
	read, write, err := os.Pipe()
	must(t, err)
	defer write.Close()
	cmd.Stdout, cmd.Stderr = write, write
	must(t, cmd.Start())
	for lines := bufio.NewScanner(read); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); strings.HasPrefix(line, "http://127.0.0.1:") {
			go func() { _, _ = io.Copy(io.Discard, read) }() // so that the app never waits for a reader
			return line
		}
	}
	t.Fatal("the app printed no link")
	return ""
}

func get(t *testing.T, address string) int {
	t.Helper()
	response, err := http.Get(address)
	must(t, err)
	defer response.Body.Close()
	return response.StatusCode
}
