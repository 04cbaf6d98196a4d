package main

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

// A demo is a local AuthKit in this process, for who has no client id. The zero demo is none.
type demo struct{ server *emulator.Server }

func startDemo(cfg *authkit.Config) (d demo, err error) {
	if cfg.ClientID != "" {
		return demo{}, nil
	}
	config := emulator.Config{
		Addr:   cmp.Or(os.Getenv("AUTHKIT_DEMO_ADDR"), demoAddr),
		Secret: "the demo of the example app", // no secret, but the same after a restart, so that refresh tokens go on
	}
	if d.server, err = emulator.Start(config); err != nil { // taken, by another person's demo perhaps
		config.Addr = "127.0.0.1:0"
		if d.server, err = emulator.Start(config); err != nil {
			return demo{}, err
		}
	}
	cfg.ClientID, cfg.APIURL, cfg.AllowEmulator = d.server.ClientID(), d.server.URL(), true
	cfg.Profile = "demo" // never in the place of a real session
	return d, nil
}

func (d demo) announce(b *bridge.Bridge) {
	if d.server == nil {
		return
	}
	shown := bridge.Demo{URL: d.server.URL()}
	for _, user := range emulator.DemoUsers()[:2] {
		shown.Accounts = append(shown.Accounts, bridge.DemoAccount{Email: user.Email, Password: emulator.DefaultPassword})
	}
	b.SetDemo(shown)
}

func (d demo) close() {
	if d.server != nil {
		_ = d.server.Close()
	}
}
