//go:build cgo || windows

// A Gio app that signs a person in.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"gioui.org/app"
	"gioui.org/io/event"
	"gioui.org/io/system"
	"gioui.org/layout"
	"gioui.org/op"
	"gioui.org/unit"
	"gioui.org/widget"
	"gioui.org/widget/material"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/desktop"
)

const appID = "com.example.gio"

func main() {
	ctx := context.Background()
	client, links, err := start(ctx)
	if errors.Is(err, desktop.ErrHandedOver) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() {
		newWindow(client, links).run(ctx)
		_ = links.Close()
		_ = client.Close()
		os.Exit(0) // Events, like Main, does not return
	}()
	// Not app.Main: on macOS links do not come as arguments but as events.
	app.Events(func(e event.Event) bool {
		if e, ok := e.(app.URLEvent); ok {
			links.OpenURL(e.URL.String())
		}
		return true
	})
}

func start(ctx context.Context) (*authkit.Client, *desktop.App, error) {
	config, err := authkit.LoadConfig(authkit.Config{AppID: appID, AppName: "Gio", RedirectURI: appID + "://callback",
		FallbackRedirectURI: "http://127.0.0.1/callback", AllowEmulator: true}) // no emulator in what people install
	if err != nil {
		return nil, nil, err
	}
	client, err := authkit.New(config)
	if err != nil {
		return nil, nil, err
	}
	// Before any window: a second process hands its link over here, and leaves.
	links, err := desktop.Start(ctx, desktop.Config{Client: client, Args: os.Args[1:]})
	return client, links, err
}

type window struct {
	app.Window
	client *authkit.Client
	signIn widget.Clickable

	mu   sync.Mutex // guards text
	text string
}

func newWindow(client *authkit.Client, links *desktop.App) *window {
	w := &window{client: client}
	w.Option(app.Title("Gio"), app.Size(unit.Dp(360), unit.Dp(160)))
	client.Subscribe(func(e authkit.Event) {
		if e.Session == nil {
			w.say("Signed out")
		} else {
			w.say(e.Session.User.Email)
		}
	})
	links.OnError(func(err error) { w.say(err.Error()) })
	links.OnActivate(func() { w.Perform(system.ActionRaise) })
	return w
}

func (w *window) say(text string) {
	w.mu.Lock()
	w.text = text
	w.mu.Unlock()
	w.Invalidate()
}

func (w *window) run(ctx context.Context) {
	theme, ops := material.NewTheme(), op.Ops{}
	for {
		switch e := w.Event().(type) {
		case app.DestroyEvent:
			return
		case app.FrameEvent:
			w.frame(ctx, app.NewContext(&ops, e), theme)
			e.Frame(&ops)
		}
	}
}

func (w *window) frame(ctx context.Context, gtx layout.Context, theme *material.Theme) {
	if w.signIn.Clicked(gtx) {
		go func() {
			if _, err := w.client.SignIn(ctx); err != nil {
				w.say(err.Error())
			}
		}()
	}
	w.mu.Lock()
	text := w.text
	w.mu.Unlock()
	layout.Flex{Axis: layout.Vertical}.Layout(gtx,
		layout.Rigid(material.H6(theme, text).Layout),
		layout.Rigid(material.Button(theme, &w.signIn, "Sign in").Layout))
}
