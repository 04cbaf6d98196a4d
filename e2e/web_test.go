//go:build linux

package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// The page's tests are written in the page's language. They get a running app, a way to change the world around it, and
// what they find is reported here.

func TestTheWholeAppInABrowser(t *testing.T) { runInBrowser(t, "app.test.mjs") }

func TestPagesWrittenForElectronRunUnchanged(t *testing.T) { runInBrowser(t, "electron.test.mjs") }

func runInBrowser(t *testing.T, tests string) {
	net := NewNetwork(t)
	net.Change(func(c *emulator.Config) { c.AccessTokenLifetime = 4 * time.Second })
	control := httptest.NewServer(net.control())
	t.Cleanup(control.Close)
	link := serveInPlace(t, net)
	cmd := exec.CommandContext(t.Context(), "node", "--test", "--test-reporter=spec", tests)
	cmd.Dir = "web"
	cmd.Env = append(os.Environ(), "APP_LINK="+link, "CONTROL="+control.URL)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v", tests, err)
	}
}

// serveInPlace starts the app that needs no display, with a home and a secret of its own, and gives the link that it prints.
func serveInPlace(t *testing.T, net *Network) (link string) {
	t.Helper()
	home := t.TempDir()
	cmd := exec.Command(serverBinary(t))
	cmd.Env = []string{"HOME=" + home, "XDG_STATE_HOME=" + home, "XDG_RUNTIME_DIR=" + home, "PATH=" + os.Getenv("PATH"),
		"WORKOS_ENCRYPTION_SECRET=Zk3v9pQmX7sT2bYw8cRd5nHf4gLj6aUe1W0q", "WAILS_SERVER_PORT=0",
		"WORKOS_API_URL=" + net.URL(), "WORKOS_CLIENT_ID=" + net.ClientID()}
	link = printedLink(t, cmd)
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return link
}

// control lets the page's tests change the world. It is a foreign page for them, too: one of another origin.
func (n *Network) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<!doctype html><title>Elsewhere</title>"))
	})
	does := func(path string, f func(r *http.Request) any) {
		mux.HandleFunc("POST /"+path, func(w http.ResponseWriter, r *http.Request) {
			_ = json.NewEncoder(w).Encode(f(r))
		})
	}
	does("unplug", func(*http.Request) any { n.Unplug(); return nil })
	does("plug", func(*http.Request) any { n.Plug(); return nil })
	does("clear", func(*http.Request) any { n.ClearFaults(); return nil })
	does("organizations", func(*http.Request) any { return map[string]any{"organizations": n.Organizations()} })
	does("address", func(r *http.Request) any { return "http://" + r.Host })
	does("fault", func(r *http.Request) any {
		var fault emulator.Fault
		must(n.t, json.NewDecoder(r.Body).Decode(&fault))
		n.AddFaults(fault)
		return nil
	})
	return mux
}
