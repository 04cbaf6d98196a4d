//go:build cgo

// A Fyne app that signs a person in.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/desktop"
)

const appID = "com.example.fyne"

// redirect is a link that starts the app. On macOS links do not come as arguments but as events, which Fyne does not pass on:
// there the browser comes back to a port of the app's.
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
	config, err := authkit.LoadConfig(authkit.Config{AppID: appID, AppName: "Fyne", RedirectURI: redirect(),
		FallbackRedirectURI: "http://127.0.0.1/callback", AllowEmulator: true}) // no emulator in what people install
	if err != nil {
		return err
	}
	client, err := authkit.New(config)
	if err != nil {
		return err
	}
	defer client.Close()
	// Before any window: a second process hands its link over here, and leaves.
	links, err := desktop.Start(ctx, desktop.Config{Client: client, Args: os.Args[1:]})
	if err != nil {
		return err
	}
	defer links.Close()
	a := app.NewWithID(appID)
	w := a.NewWindow("Signed out")
	failed := func(err error) { fyne.Do(func() { dialog.ShowError(err, w) }) }
	signIn := widget.NewButton("Sign in", func() {
		go func() {
			if _, err := client.SignIn(ctx); err != nil {
				failed(err)
			}
		}()
	})
	w.SetContent(container.NewPadded(signIn))
	w.Resize(fyne.NewSize(360, 160))
	stop := client.Subscribe(func(e authkit.Event) {
		fyne.Do(func() { show(w, signIn, e.Session) })
	})
	defer stop()
	links.OnError(failed)
	links.OnActivate(func() { fyne.Do(w.RequestFocus) })
	w.ShowAndRun()
	return nil
}

func show(w fyne.Window, signIn *widget.Button, session *authkit.Session) {
	if session == nil {
		w.SetTitle("Signed out")
		signIn.Enable()
		return
	}
	w.SetTitle(session.User.Email)
	signIn.Disable()
}
