//go:build !server

package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/bridge"
	"github.com/authkit-desktop/authkit/desktop"
	"github.com/wailsapp/wails/v3/pkg/application"
	"github.com/wailsapp/wails/v3/pkg/events"
)

// A place is where the page is shown: here, windows of the app.
type place struct {
	logger   *slog.Logger
	links    *desktop.App
	failures chan error // of links; they may come before there is a page to show them
}

func newPlace(_ context.Context, cfg *authkit.Config) (*place, error) {
	cfg.FallbackRedirectURI = "http://127.0.0.1/callback" // for when another program owns the scheme
	return &place{logger: cfg.Logger, failures: make(chan error, 16)}, nil
}

// claim takes the app's one instance and its URL scheme. It is desktop.ErrHandedOver when the app is running already.
func (p *place) claim(ctx context.Context, client *authkit.Client) (err error) {
	p.links, err = desktop.Start(ctx, desktop.Config{Client: client, Args: os.Args[1:], Logger: p.logger, OnError: p.failed})
	return err
}

func (p *place) failed(err error) {
	select {
	case p.failures <- err:
	default: // somebody throws links at the app; the first ones say enough
	}
}

func (p *place) leave() { _ = p.links.Close() }

func (*place) guard(next http.Handler) http.Handler {
	g := newWindowGuard(os.Getenv("FRONTEND_DEVSERVER_URL"))
	g.sites = sites
	g.window = func(id uint) bool {
		_, known := application.Get().Window.GetByID(id)
		return known
	}
	return g.wrap(next)
}

func (*place) emitter(app *application.App) func(string, any) {
	return func(name string, data any) { app.Event.Emit(name, data) }
}

// show prepares the window, and tells the page what does not work on this machine.
func (p *place) show(app *application.App, b *bridge.Bridge) {
	for i, warning := range p.links.Warnings() {
		b.Notice(fmt.Sprint("start-", i), warning)
	}
	go func() {
		for err := range p.failures {
			b.Failed(err)
		}
	}()
	if runtime.GOOS == "darwin" { // elsewhere a link comes as an argument, or from a second process
		app.Event.OnApplicationEvent(events.Common.ApplicationLaunchedWithUrl, func(e *application.ApplicationEvent) {
			p.links.OpenURL(e.Context().URL())
		})
		app.Menu.Set(application.DefaultApplicationMenu())
	}
	window := app.Window.NewWithOptions(application.WebviewWindowOptions{Name: "main", Title: appName,
		Width: 960, Height: 680, MinWidth: 360, MinHeight: 480, Linux: application.LinuxWindow{Icon: icon},
		KeyBindings: map[string]func(application.Window){
			"CmdOrCtrl+Q": func(application.Window) { app.Quit() },
			"CmdOrCtrl+W": func(w application.Window) { w.Close() },
		}})
	p.links.OnActivate(func() {
		window.UnMinimise()
		window.Show()
		window.Focus()
	})
}
