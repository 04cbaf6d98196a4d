// Package demo is what an app of your own leaves out: an AuthKit in this process, for who has no client id, and an API
// that stands where your server is.
package demo

import (
	"cmp"
	"os"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/bridge"
	"github.com/authkit-desktop/authkit/emulator"
)

// demoAddr is the demo's address unless the environment says AUTHKIT_DEMO_ADDR. It does not change, so that a session of
// the demo outlives the app.
const demoAddr = "127.0.0.1:4100"

// Demo is the local AuthKit; without a server it is none.
type Demo struct{ server *emulator.Server }

// Start starts it where cfg has no client id, and points cfg at it.
func Start(cfg *authkit.Config) (*Demo, error) {
	d := &Demo{}
	if cfg.ClientID != "" {
		return d, nil
	}
	var err error
	config := emulator.Config{
		Addr:   cmp.Or(os.Getenv("AUTHKIT_DEMO_ADDR"), demoAddr),
		Secret: "the demo of the example app", // no secret, but the same after a restart, so that refresh tokens go on
	}
	if d.server, err = emulator.Start(config); err != nil { // taken, by another person's demo perhaps
		config.Addr = "127.0.0.1:0"
		if d.server, err = emulator.Start(config); err != nil {
			return nil, err
		}
	}
	cfg.ClientID, cfg.APIURL, cfg.AllowEmulator = d.server.ClientID(), d.server.URL(), true
	cfg.Profile = "demo" // never in the place of a real session
	return d, nil
}

// Announce tells the page who can sign in there.
func (d *Demo) Announce(b *bridge.Bridge) {
	if d.server == nil {
		return
	}
	shown := bridge.Demo{URL: d.server.URL()}
	for _, user := range emulator.DemoUsers()[:2] {
		shown.Accounts = append(shown.Accounts, bridge.DemoAccount{Email: user.Email, Password: emulator.DefaultPassword})
	}
	b.SetDemo(shown)
}

// Close ends it.
func (d *Demo) Close() {
	if d.server != nil {
		_ = d.server.Close()
	}
}
