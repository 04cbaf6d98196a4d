//go:build server

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/bridge"
	"github.com/wailsapp/wails/v3/pkg/application"
)

// A place is where the page is shown: here, tabs of the person's browser, on a machine without a display. The app is
// served on 127.0.0.1 alone and behind a door.
type place struct {
	door   *door
	stream *stream
	ports  []int
	life   context.Context
}

func newPlace(ctx context.Context, cfg *authkit.Config) (*place, error) {
	wanted, err := strconv.Atoi(os.Getenv("WAILS_SERVER_PORT"))
	if err != nil {
		wanted = 8484
	}
	// Two ports that stay the same where they can: a person on another machine forwards them by ssh.
	ports := []int{freePort(wanted), freePort(wanted + 1)}
	host := fmt.Sprintf("127.0.0.1:%d", ports[0])
	// Wails lets the environment choose the address; it must not choose another one than this.
	if err := errors.Join(os.Setenv("WAILS_SERVER_HOST", "127.0.0.1"), os.Setenv("WAILS_SERVER_PORT", strconv.Itoa(ports[0]))); err != nil {
		return nil, err
	}
	p := &place{door: newDoor(host), stream: newStream(ctx), ports: ports, life: ctx}
	if !strings.HasPrefix(cfg.RedirectURI, "http://") { // without a desktop nobody delivers links of a scheme
		cfg.RedirectURI = fmt.Sprintf("http://127.0.0.1:%d/callback", ports[1])
	}
	cfg.OpenBrowser = p.openPage
	return p, nil
}

// freePort gives wanted, or any free port where that one is taken.
func freePort(wanted int) int {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", wanted))
	if err != nil {
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return wanted
		}
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func (p *place) guard(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /events", p.stream)
	mux.Handle("/", guard{origin: "http://" + p.door.host, sites: sites, csp: pagePolicy}.wrap(next))
	return p.door.wrap(mux)
}

func (p *place) emitter(*application.App) func(string, any) {
	return func(name string, data any) { p.stream.emit(name, data) }
}

// openPage asks the tab to open a page beside itself: the person's browser is where the tab is, not where the app is.
func (p *place) openPage(_ context.Context, page string) error {
	if !p.stream.emit("open-page", page) {
		return errors.New("the app is open in no browser tab")
	}
	return nil
}

// claim claims nothing: without a desktop there is no scheme to own and no window to bring to the front.
func (*place) claim(context.Context, *authkit.Client) error { return nil }

func (*place) leave() {}

func (p *place) show(*application.App, *bridge.Bridge) { go p.invite() }

// invite prints the link as soon as somebody answers there.
func (p *place) invite() {
	for p.life.Err() == nil {
		conn, err := net.DialTimeout("tcp", p.door.host, time.Second)
		if err == nil {
			_ = conn.Close()
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	forward := ""
	for _, port := range append(p.ports, 4100) {
		forward += fmt.Sprintf(" -L %d:127.0.0.1:%[1]d", port)
	}
	fmt.Printf(`%s is open to one browser on this machine, at this address, once:

    %s

From another machine, forward its ports first:

    ssh%s YOU@THIS-MACHINE

`, appName, p.door.link(), forward)
}
