// The example app: windows that sign a person in with AuthKit. To make it yours, copy this folder, change app.json, and leave
// package demo out; docs/own-app.md has the steps.
package main

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/bridge"
	"github.com/authkit-desktop/authkit/desktop"
	"github.com/authkit-desktop/authkit/example/demo"
	"github.com/wailsapp/wails/v3/pkg/application"
)

//go:embed all:frontend/dist
var page embed.FS

// sites are what the page may open in the browser.
var sites = []string{"github.com", "workos.com"}

func main() {
	if err := run(context.Background()); err != nil && !errors.Is(err, desktop.ErrHandedOver) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run is the whole app. What differs between windows and a browser tab is in window.go and tab.go.
func run(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Not below Warn for Wails: its debug log has the results of calls, and one of them is the access token.
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	cfg, err := authkit.LoadConfig(authkit.Config{AppID: self.ID, AppName: self.Name, ClientID: self.ClientID, Logger: logger,
		AllowEmulator: true}) // to try things with; leave it out of what people install
	if err != nil {
		return err
	}
	cfg.RedirectURI = cmp.Or(cfg.RedirectURI, self.Scheme+"://callback")
	// WebKit and the browser inherit the environment, and have no use for this (P06).
	_ = errors.Join(os.Unsetenv("WORKOS_ENCRYPTION_SECRET"), os.Unsetenv("MAIN_VITE_WORKOS_ENCRYPTION_SECRET"))
	local, err := demo.Start(&cfg)
	if err != nil {
		return err
	}
	defer local.Close()
	place, err := newPlace(ctx, &cfg)
	if err != nil {
		return err
	}
	client, err := authkit.New(cfg)
	if err != nil {
		return err
	}
	defer client.Close()
	// Before anything looks at the session: a second process hands its link over here, and leaves.
	if err := place.claim(ctx, client); err != nil {
		return err
	}
	defer place.leave()
	assets := http.NewServeMux()
	assets.Handle("/", application.AssetFileServerFS(page))
	assets.Handle("/api/", local.API(ctx, client.About()))
	app := application.New(application.Options{Name: self.Name, Icon: icon, Logger: logger,
		Linux:  application.LinuxOptions{ApplicationID: self.ID}, // by which desktops find the window's menu entry
		Assets: application.AssetOptions{Handler: assets, Middleware: place.guard},
		Server: application.ServerOptions{WriteTimeout: 24 * time.Hour}}) // a tab's stream of events is one long answer
	b := bridge.New(client, place.emit)
	defer b.Close()
	app.RegisterService(application.NewService(b.Service()))
	local.Announce(b)
	place.show(app, b)
	return app.Run()
}
