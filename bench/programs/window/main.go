//go:build gtk3

// Command window is command instance as a Wails app is linked, with GTK and WebKit, and does it in either of two ways: with
// package instance, before any of Wails runs, or with Wails' own single instance. Its arguments are "instance" or "wails", the
// folder where they meet, and the message; with "hello" it does nothing, which is the limit.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/authkit-desktop/authkit/instance"
	"github.com/wailsapp/wails/v3/pkg/application"
)

const appID = "com.example.bench"

func main() {
	switch os.Args[1] {
	case "hello":
		fmt.Println("hello")
		return
	case "instance":
		primary, err := instance.Claim(context.Background(), instance.Config{AppID: appID, Dir: os.Args[2], Message: os.Args[3]})
		if errors.Is(err, instance.ErrHandedOver) {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		defer primary.Close()
		primary.Serve(received)
	case "wails":
		application.New(application.Options{Name: "bench", SingleInstance: &application.SingleInstanceOptions{UniqueID: appID,
			OnSecondInstanceLaunch: func(second application.SecondInstanceData) { received(second.Args[len(second.Args)-1]) }}})
	}
	fmt.Println(`"ready"`)
	_, _ = os.Stdin.Read(make([]byte, 1)) // until the bench closes it
}

func received(message string) { fmt.Printf("%q\n", message) }
