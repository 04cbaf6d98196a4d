//go:build !darwin || cgo

// An app without a window, in the system's tray, that signs a person in.
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"runtime"

	"fyne.io/systray"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/desktop"
)

const appID = "com.example.tray"

//go:embed icon.png icon.ico
var icons embed.FS

// redirect is a link that starts the app. On macOS links do not come as arguments but as events, which this package does not
// pass on: there the browser comes back to a port of the app's.
func redirect() string {
	if runtime.GOOS == "darwin" {
		return "http://127.0.0.1/callback"
	}
	return appID + "://callback"
}

func main() {
	if err := run(context.Background()); err != nil && !errors.Is(err, desktop.ErrHandedOver) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	config, err := authkit.LoadConfig(authkit.Config{AppID: appID, AppName: "Tray", RedirectURI: redirect(),
		FallbackRedirectURI: "http://127.0.0.1/callback", AllowEmulator: true}) // no emulator in what people install
	if err != nil {
		return err
	}
	client, err := authkit.New(config)
	if err != nil {
		return err
	}
	defer client.Close()
	// Before the tray: a second process hands its link over here, and leaves.
	links, err := desktop.Start(ctx, desktop.Config{Client: client, Args: os.Args[1:]})
	if err != nil {
		return err
	}
	defer links.Close()
	systray.Run(func() { ready(ctx, client, links) }, func() {})
	return nil
}

// ready fills the menu. Its first line is who is signed in, or what went wrong.
func ready(ctx context.Context, client *authkit.Client, links *desktop.App) {
	systray.SetIcon(icon())
	who := systray.AddMenuItem("Signed out", "")
	who.Disable()
	signIn, quit := systray.AddMenuItem("Sign in", ""), systray.AddMenuItem("Quit", "")
	failed := func(err error) { who.SetTitle(err.Error()) }
	links.OnError(failed)
	client.Subscribe(func(e authkit.Event) {
		if e.Session == nil {
			who.SetTitle("Signed out")
			signIn.Enable()
			return
		}
		who.SetTitle(e.Session.User.Email)
		signIn.Disable()
	})
	go func() {
		for {
			select {
			case <-signIn.ClickedCh:
				go func() {
					if _, err := client.SignIn(ctx); err != nil {
						failed(err)
					}
				}()
			case <-quit.ClickedCh:
				systray.Quit()
				return
			}
		}
	}()
}

func icon() []byte {
	name := "icon.png"
	if runtime.GOOS == "windows" {
		name = "icon.ico"
	}
	data, err := icons.ReadFile(name)
	if err != nil {
		panic(err) // it was there when the program was built
	}
	return data
}
