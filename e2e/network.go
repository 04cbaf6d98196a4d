//go:build linux

package e2e

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// Network is AuthKit and the cable to it.
type Network struct {
	*emulator.Server
	t       *testing.T
	address string
	http    *http.Server
}

// NewNetwork starts an AuthKit that knows Alice. Its access tokens last seconds, so that an app that has been away must ask for
// a new one.
func NewNetwork(t *testing.T) *Network {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	n := &Network{t: t, address: listener.Addr().String()}
	n.Server, err = emulator.New(emulator.Config{URL: "http://" + n.address, AccessTokenLifetime: 5 * time.Second})
	must(t, err)
	n.serve(listener)
	t.Cleanup(n.Unplug)
	return n
}

func (n *Network) serve(listener net.Listener) {
	n.http = &http.Server{Handler: n.Server, ReadHeaderTimeout: time.Minute}
	go func() { _ = n.http.Serve(listener) }()
}

// Unplug cuts all connections, and lets nobody make new ones. What AuthKit knows stays.
func (n *Network) Unplug() { _ = n.http.Close() }

// Plug makes AuthKit reachable again, at the same address.
func (n *Network) Plug() {
	n.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(n.t.Context(), "tcp", n.address)
	must(n.t, err)
	n.serve(listener)
}

// Visited tells whether a request for this path with these words in it has come.
func (n *Network) Visited(path, words string) bool {
	for _, r := range n.Requests() {
		if strings.HasPrefix(r.Path, path) && strings.Contains(r.Path, words) {
			return true
		}
	}
	return false
}
