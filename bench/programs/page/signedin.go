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

// signedIn is what an app has of authkit before it has windows.
type signedIn struct {
	client *authkit.Client
	links  *desktop.App
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
	return &signedIn{client, links}, nil
}

func guard(next http.Handler) http.Handler {
	return bridge.WindowGuard(func(id uint) bool {
		_, known := application.Get().Window.GetByID(id)
		return known
	}).Wrap(next)
}

func (s *signedIn) close() {
	_ = s.links.Close()
	_ = s.client.Close()
}
