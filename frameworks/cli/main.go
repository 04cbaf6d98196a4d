// A terminal program that signs a person in.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/authkit-desktop/authkit"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	// A port of the program's own, for as long as the sign-in waits: a terminal program has no link to be started by.
	config, err := authkit.LoadConfig(authkit.Config{AppID: "com.example.cli", AppName: "the terminal",
		RedirectURI: "http://127.0.0.1/callback", AllowEmulator: true}) // no emulator in what people install
	if err != nil {
		return err
	}
	client, err := authkit.New(config)
	if err != nil {
		return err
	}
	defer client.Close()
	session, err := client.SignIn(ctx, authkit.OnProgress(show))
	if err != nil {
		return err
	}
	fmt.Println("Signed in as", session.User.Email)
	return nil
}

// show prints the address where no browser opens, as over ssh with a forwarded port.
func show(p authkit.Progress) {
	switch {
	case p.Step == authkit.Waiting && p.Err != nil:
		fmt.Println("Open this address in a browser:\n\n   ", p.URL)
	case p.Step == authkit.Waiting:
		fmt.Println("Sign in in the browser that has opened.")
	}
}
