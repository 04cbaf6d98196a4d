//go:build !server

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/bridge"
	"github.com/authkit-desktop/authkit/desktop"
	"github.com/wailsapp/wails/v3/pkg/application"
	"github.com/wailsapp/wails/v3/pkg/events"
)

// A place is where the page is shown: here, windows of the app.
type place struct{ cfg *authkit.Config }

func newPlace(_ context.Context, cfg *authkit.Config) (*place, error) {
	cfg.FallbackRedirectURI = "http://127.0.0.1/callback" // for when another program owns the scheme
	return &place{cfg}, nil
}

func (*place) guard(next http.Handler) http.Handler {
	g := guard{origin: "wails://localhost", sites: sites, csp: pagePolicy}
	if runtime.GOOS == "windows" {
		g.origin = "http://wails.localhost"
	}
	if dev, err := url.Parse(os.Getenv("FRONTEND_DEVSERVER_URL")); err == nil && dev.Port() != "" {
		g.origin, g.csp = g.origin+":"+dev.Port(), "" // Vite's hot reload puts scripts and a socket into the page
	}
	g.window = func(id uint) bool {
		_, known := application.Get().Window.GetByID(id)
		return known
	}
	return g.wrap(next)
}

func (*place) emitter(app *application.App) func(string, any) {
	return func(name string, data any) { app.Event.Emit(name, data) }
}

// open claims the instance and the scheme, and prepares the window. It is desktop.ErrHandedOver when the app is running
// already.
func (p *place) open(ctx context.Context, app *application.App, client *authkit.Client, b *bridge.Bridge) (closeDown func(), err error) {
	links, err := desktop.Start(ctx, desktop.Config{Client: client, Args: os.Args[1:], OnError: b.Failed, Logger: p.cfg.Logger})
	if err != nil {
		return nil, err
	}
	for i, warning := range links.Warnings() {
		b.Notice(fmt.Sprint("start-", i), warning)
	}
	if runtime.GOOS == "darwin" { // elsewhere a link comes as an argument, or from a second process
		app.Event.OnApplicationEvent(events.Common.ApplicationLaunchedWithUrl, func(e *application.ApplicationEvent) {
			links.OpenURL(e.Context().URL())
		})
		app.Menu.Set(application.DefaultApplicationMenu())
	}
	window := app.Window.NewWithOptions(application.WebviewWindowOptions{Name: "main", Title: appName,
		Width: 960, Height: 680, MinWidth: 360, MinHeight: 480, Linux: application.LinuxWindow{Icon: icon},
		KeyBindings: map[string]func(application.Window){
			"CmdOrCtrl+Q": func(application.Window) { app.Quit() },
			"CmdOrCtrl+W": func(w application.Window) { w.Close() },
		}})
	links.OnActivate(func() {
		window.UnMinimise()
		window.Show()
		window.Focus()
	})
	return func() { _ = links.Close() }, nil
}
