//go:build cgo || windows

// A Wails v2 app that signs a person in.
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/mac"
	"github.com/wailsapp/wails/v2/pkg/runtime"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/desktop"
)

const appID = "com.example.wails2"

//go:embed page
var page embed.FS

func main() {
	if err := run(); err != nil && !errors.Is(err, desktop.ErrHandedOver) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	config, err := authkit.LoadConfig(authkit.Config{AppID: appID, AppName: "Wails", RedirectURI: appID + "://callback",
		FallbackRedirectURI: "http://127.0.0.1/callback", AllowEmulator: true}) // no emulator in what people install
	if err != nil {
		return err
	}
	client, err := authkit.New(config)
	if err != nil {
		return err
	}
	defer client.Close()
	// Before any window, and instead of Wails' SingleInstanceLock: a second process hands its link over here, and leaves.
	links, err := desktop.Start(context.Background(), desktop.Config{Client: client, Args: os.Args[1:]})
	if err != nil {
		return err
	}
	defer links.Close()
	stop := func() {}
	return wails.Run(&options.App{
		Title: "Wails", Width: 360, Height: 200,
		AssetServer: &assetserver.Options{Assets: page},
		Bind:        []any{&Account{client}},
		OnDomReady: func(ctx context.Context) { // also when the page is loaded anew
			stop()
			stop = tell(ctx, client, links)
		},
		Mac: &mac.Options{OnUrlOpen: links.OpenURL}, // links do not come as arguments there
	})
}

// Account is what the page can call.
type Account struct{ client *authkit.Client }

// SignIn returns when the person is back.
func (a *Account) SignIn() error {
	_, err := a.client.SignIn(context.Background())
	return err
}

// tell tells the page who is signed in, and what went wrong. Never give it the session whole, nor a token that it does not need.
func tell(ctx context.Context, client *authkit.Client, links *desktop.App) (stop func()) {
	links.OnError(func(err error) { runtime.EventsEmit(ctx, "failed", err.Error()) })
	links.OnActivate(func() { runtime.WindowUnminimise(ctx); runtime.Show(ctx) })
	return client.Subscribe(func(e authkit.Event) {
		email := ""
		if e.Session != nil {
			email = e.Session.User.Email
		}
		runtime.EventsEmit(ctx, "account", email)
	})
}
