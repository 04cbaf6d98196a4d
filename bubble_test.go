package authkit_test

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

// inBubble runs a test in a world where time passes only when everybody waits: ten minutes take none, and a time-out is
// as exact as a clock. Its network is in memory, since a socket would keep time from passing. The client takes the server
// for WorkOS's own: it is a program that people install, and no emulator is allowed.
func inBubble(t *testing.T, cfg emulator.Config, test func(t *testing.T, w *world, net *network)) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state")
	synctest.Test(t, func(t *testing.T) {
		cfg.URL = "https://api.workos.test"
		cfg.AutoSignIn = "alice@example.com"
		server, err := emulator.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		n := newNetwork(server)
		w := &world{T: t, server: server, dial: n.dial}
		w.config = authkit.Config{ClientID: server.ClientID(), AppID: "com.example.test", APIURL: cfg.URL,
			EncryptionSecret: testSecret, Dir: dir, OpenBrowser: w.browse, HTTPClient: &http.Client{Transport: inDisguise{
				&http.Transport{DialTLSContext: n.dial, DisableKeepAlives: true}}}}
		t.Cleanup(func() { n.close(); _ = server.Close() })
		test(t, w, n)
	})
}

// inDisguise takes the emulator's mark off its answers.
type inDisguise struct{ http.RoundTripper }

func (d inDisguise) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := d.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Header.Del("X-AuthKit-Emulator")
	}
	return res, err
}

// network is the line between a client and its server, which can be cut, and a proxy in front of the server, which can
// be told what to do with a request instead of passing it on.
type network struct {
	http   *http.Server
	conns  chan net.Conn
	closed chan struct{}

	mu    sync.Mutex // guards what follows
	dials int
	cut   error // what dialing says
	drop  bool  // connections are accepted, and closed
	proxy func(w http.ResponseWriter, r *http.Request, next http.Handler)
}

func newNetwork(server http.Handler) *network {
	n := &network{conns: make(chan net.Conn), closed: make(chan struct{})}
	n.http = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n.pass(w, r, server) })}
	go func() { _ = n.http.Serve(n) }()
	return n
}

// change edits the network's fields: network{} is one that works.
func (n *network) change(f func(*network)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut, n.drop, n.proxy = nil, false, nil
	if f != nil {
		f(n)
	}
}

func (n *network) pass(w http.ResponseWriter, r *http.Request, server http.Handler) {
	n.mu.Lock()
	proxy := n.proxy
	n.mu.Unlock()
	if proxy == nil {
		server.ServeHTTP(w, r)
		return
	}
	proxy(w, r, server)
}

func (n *network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	cut, drop := n.cut, n.drop
	n.dials++
	n.mu.Unlock()
	if cut != nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: cut}
	}
	here, there := net.Pipe()
	if drop {
		go func() {
			_, _ = there.Read(make([]byte, 1))
			_ = there.Close()
		}()
		return here, nil
	}
	select {
	case n.conns <- there:
		return here, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// tries are the connections that were asked for: one for each request.
func (n *network) tries() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials
}

func (n *network) close() { _ = n.http.Close() }

// network is the http server's listener.

func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error {
	close(n.closed)
	return nil
}

func (*network) Addr() net.Addr { return &net.TCPAddr{} }

var errRefused = syscall.ECONNREFUSED
