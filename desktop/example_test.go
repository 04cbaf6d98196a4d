package desktop_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/desktop"
	"github.com/authkit-desktop/authkit/emulator"
)

// A whole sign-in, with Alice for the person, and a framework that delivers links as events.
func Example() {
	ctx := context.Background()
	server, err := emulator.Start(emulator.Config{RedirectURIs: []string{"com.example.notes://callback"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	dir, err := os.MkdirTemp("", "notes")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	links := make(chan string, 1)
	client, err := authkit.New(authkit.Config{
		ClientID: server.ClientID(), AppID: "com.example.notes", AppName: "Notes", RedirectURI: "com.example.notes://callback",
		APIURL: server.URL(), AllowEmulator: true, Dir: dir, EncryptionSecret: strings.Repeat("only of an example ", 2),
		OpenBrowser: func(ctx context.Context, page string) error {
			link, err := server.Person("alice@example.com").SignIn(ctx, page)
			links <- link
			return err
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	app, err := desktop.Start(ctx, desktop.Config{Client: client, Args: os.Args[1:], NoScheme: true})
	if errors.Is(err, desktop.ErrHandedOver) {
		return // the running instance has the link
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	defer app.Close()
	app.OnActivate(func() { /* bring the window to the front */ })
	app.OnError(func(err error) { fmt.Println(err) })
	go func() { app.OpenURL(<-links) }() // where the framework has an event for links

	session, err := client.SignIn(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("Hello", session.User.FirstName)
	// Output: Hello Alice
}
