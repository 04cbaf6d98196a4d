//go:build server

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/bridge"
	"github.com/authkit-desktop/authkit/example/tab"
	"github.com/wailsapp/wails/v3/pkg/application"
)

// A place is where the page is shown: here, tabs of the person's browser, on a machine without a display. The app is
// served on 127.0.0.1 alone and behind a door.
type place struct {
	door   *tab.Door
	stream *tab.Stream
	host   string
}

func newPlace(ctx context.Context, cfg *authkit.Config) (*place, error) {
	port := freePort(ctx, cmp.Or(os.Getenv("WAILS_SERVER_PORT"), "8484"))
	// Wails lets the environment choose the address; it must not choose another one than this.
	if err := errors.Join(os.Setenv("WAILS_SERVER_HOST", loopback), os.Setenv("WAILS_SERVER_PORT", port)); err != nil {
		return nil, err
	}
	host := net.JoinHostPort(loopback, port)
	p := &place{door: tab.NewDoor(host), stream: tab.NewStream(ctx), host: host}
	if !strings.HasPrefix(cfg.RedirectURI, "http://") { // without a desktop nobody delivers links of a scheme
		cfg.RedirectURI = "http://127.0.0.1/callback"
	}
	cfg.OpenBrowser = p.openPage
	return p, nil
}

const loopback = "127.0.0.1"

// freePort gives wanted, or any free port where that one is taken.
func freePort(ctx context.Context, wanted string) string {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(loopback, wanted))
	if err != nil {
		if listener, err = config.Listen(ctx, "tcp", net.JoinHostPort(loopback, "0")); err != nil {
			return wanted
		}
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return wanted
	}
	return port
}

func (p *place) guard(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /events", p.stream)
	mux.Handle("/", bridge.Guard{Origin: "http://" + p.host, Sites: sites, Policy: bridge.PagePolicy}.Wrap(next))
	return p.door.Wrap(mux)
}

func (p *place) emit(name string, data any) { p.stream.Emit(name, data) }

// openPage asks the tab to open a page beside itself: the person's browser is where the tab is, not where the app is.
func (p *place) openPage(_ context.Context, page string) error {
	if !p.stream.Emit("open-page", page) {
		return errors.New("the app is open in no browser tab")
	}
	return nil
}

// claim claims nothing: without a desktop there is no scheme to own and no window to bring to the front.
func (*place) claim(context.Context, *authkit.Client) error { return nil }

func (*place) leave() {}

func (p *place) show(app *application.App, _ *bridge.Bridge) { go p.invite(app.Context()) }

// invite prints the link as soon as somebody answers there.
func (p *place) invite(ctx context.Context) {
	var dialer net.Dialer
	for tick := time.Tick(20 * time.Millisecond); ; {
		conn, err := dialer.DialContext(ctx, "tcp", p.host)
		if err == nil {
			_ = conn.Close()
			break
		}
		select {
		case <-tick:
		case <-ctx.Done():
			return
		}
	}
	fmt.Printf("%s is open to one browser on this machine, at this address, once:\n\n    %s\n\n", self.Name, p.door.Link())
}
