//go:build !server

package main

import (
	"cmp"
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
	logger *slog.Logger
	links  *desktop.App
}

func newPlace(_ context.Context, cfg *authkit.Config) (*place, error) {
	cfg.FallbackRedirectURI = "http://127.0.0.1/callback" // for when another program owns the scheme
	return &place{logger: cfg.Logger}, nil
}

// claim takes the app's one instance and its URL scheme. It is desktop.ErrHandedOver when the app is running already.
func (p *place) claim(ctx context.Context, client *authkit.Client) (err error) {
	p.links, err = desktop.Start(ctx, desktop.Config{Client: client, Args: os.Args[1:], Logger: p.logger})
	return err
}

func (p *place) leave() { _ = p.links.Close() }

func (*place) guard(next http.Handler) http.Handler {
	return bridge.WindowGuard(func(id uint) bool {
		_, known := application.Get().Window.GetByID(id)
		return known
	}, sites...).Wrap(next)
}

func (*place) emit(name string, data any) { application.Get().Event.Emit(name, data) }

// show opens the first window, and tells the page what does not work on this machine.
func (p *place) show(app *application.App, b *bridge.Bridge) {
	for i, warning := range p.links.Warnings() {
		b.Notice(fmt.Sprint("start-", i), warning)
	}
	if runtime.GOOS == "darwin" { // elsewhere a link comes as an argument, and every window has a menu bar
		app.Event.OnApplicationEvent(events.Common.ApplicationLaunchedWithUrl, func(e *application.ApplicationEvent) {
			p.links.OpenURL(e.Context().URL())
		})
		app.Menu.Set(menu(app))
	}
	open(app)
	p.links.OnError(b.Failed)
	p.links.OnActivate(func() { activate(app) })
}

// open opens one more window. All of them show the same state: package bridge tells every window of every change.
func open(app *application.App) {
	width, height := lastSize()
	options := application.WebviewWindowOptions{Title: self.Name, Width: width, Height: height, MinWidth: minWidth, MinHeight: minHeight}
	if runtime.GOOS != "darwin" {
		options.Linux = application.LinuxWindow{Icon: icon, Menu: menu(app)}
		options.Windows = application.WindowsWindow{Menu: menu(app)}
	}
	if runtime.GOOS == "linux" { // a menu of GTK 3 heeds no shortcuts in Wails
		options.KeyBindings = map[string]func(application.Window){
			"CmdOrCtrl+N": func(application.Window) { open(app) },
			"CmdOrCtrl+W": func(w application.Window) { w.Close() },
			"CmdOrCtrl+Q": func(application.Window) { app.Quit() },
		}
	}
	window := app.Window.NewWithOptions(options)
	window.OnWindowEvent(events.Common.WindowDidResize, func(*application.WindowEvent) { keepSize(window) })
}

// menu has the items and shortcuts that people of each system look for. A menu belongs to one window.
func menu(app *application.App) *application.Menu {
	menu := application.NewMenu()
	if runtime.GOOS == "darwin" {
		menu.AddRole(application.AppMenu)
	}
	file := menu.AddSubmenu("File")
	file.Add("New Window").SetAccelerator("CmdOrCtrl+N").OnClick(func(*application.Context) { open(app) })
	file.AddRole(application.CloseWindow)
	if runtime.GOOS != "darwin" {
		file.AddSeparator()
		file.AddRole(application.Quit)
	}
	menu.AddRole(application.EditMenu).AddRole(application.ViewMenu).AddRole(application.WindowMenu)
	addLicenses(app, menu)
	return menu
}

// activate brings the app to the front, for a link and for a second start.
func activate(app *application.App) {
	all := app.Window.GetAll()
	if len(all) == 0 { // macOS keeps an app without windows
		open(app)
		return
	}
	window := cmp.Or(app.Window.Current(), all[0])
	window.UnMinimise()
	window.Show()
	window.Focus()
}
