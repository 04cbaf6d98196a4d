//go:build gtk3

package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/bridge"
	"github.com/authkit-desktop/authkit/desktop"
	"github.com/wailsapp/wails/v3/pkg/application"
)

// signedIn is what an app has of authkit, in the order in which it comes.
type signedIn struct {
	client *authkit.Client
	links  *desktop.App
	bridge *bridge.Bridge
}

func open(appID, dir string) (*signedIn, error) {
	cfg, err := authkit.LoadConfig(authkit.Config{AppID: appID, Dir: dir, AllowEmulator: true, RedirectURI: "com.example.bench://callback"})
	if err != nil {
		return nil, err
	}
	client, err := authkit.New(cfg)
	if err != nil {
		return nil, err
	}
	links, err := desktop.Start(context.Background(), desktop.Config{Client: client})
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	emit := func(name string, data any) { application.Get().Event.Emit(name, data) }
	return &signedIn{client, links, bridge.New(client, emit)}, nil
}

func (*signedIn) guard(next http.Handler) http.Handler {
	return bridge.WindowGuard(func(id uint) bool {
		_, known := application.Get().Window.GetByID(id)
		return known
	}).Wrap(next)
}

func (s *signedIn) close() {
	s.bridge.Close()
	_ = s.links.Close()
	_ = s.client.Close()
}
