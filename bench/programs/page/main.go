//go:build gtk3

// Command page is a Wails app whose windows show who is signed in, and do what the bench orders, in lines of JSON. Its
// arguments are the number of windows, and an app's id and the folder of its sealed session; without these two it is the
// empty app beside it: the same page with a person that is written in it, and nothing of authkit running.
package main

import (
	"bufio"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strconv"

	"github.com/authkit-desktop/authkit/bridge"
	"github.com/wailsapp/wails/v3/pkg/application"
)

//go:embed page
var files embed.FS

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	windows, err := strconv.Atoi(os.Args[1])
	if err != nil {
		return err
	}
	page, err := fs.Sub(files, "page")
	if err != nil {
		return err
	}
	b := &Bench{painted: make(chan struct{}, windows), shown: make(chan shown, 100)}
	options := application.Options{Name: "bench", Logger: slog.New(slog.DiscardHandler),
		Assets:   application.AssetOptions{Handler: application.AssetFileServerFS(page), Middleware: b.clock.wrap},
		Services: []application.Service{application.NewService(b)}}
	if len(os.Args) == 2 {
		app := application.New(options)
		b.change = func(_ context.Context, o order) error { app.Event.Emit("bench:person", o.Email); return nil }
		return b.show(app, windows, "/", 300)
	}
	s, err := open(os.Args[2], os.Args[3])
	if err != nil {
		return err
	}
	defer s.close()
	options.Assets.Middleware = application.ChainMiddleware(b.clock.wrap, guard)
	app := application.New(options)
	toPage := bridge.New(s.client, func(name string, data any) { app.Event.Emit(name, data) })
	defer toPage.Close()
	app.RegisterService(application.NewService(toPage.Service()))
	b.change = func(ctx context.Context, o order) error { _, err := s.client.SwitchAccount(ctx, o.Switch); return err }
	return b.show(app, windows, "/?authkit", 0)
}

// show runs the app with that many windows, in a row at y. Beside each other, and not where the other app's are: WebKit
// paints no window that is covered.
func (b *Bench) show(app *application.App, windows int, address string, y int) error {
	for i := range windows {
		app.Window.NewWithOptions(application.WebviewWindowOptions{Title: "bench", URL: address, Width: 240, Height: 240,
			InitialPosition: application.WindowXY, X: 250 * i, Y: y})
	}
	go func() {
		if err := b.serve(app, windows); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		app.Quit()
	}()
	return app.Run()
}

// order is what the bench wants: Count calls of Method by the page, or another person.
type order struct {
	Method string
	Count  int
	Switch string // the account's id
	Email  string // what the windows show then; empty: calls are wanted
}

// serve says that all windows are painted, and obeys until the bench closes the input.
func (b *Bench) serve(app *application.App, windows int) error {
	for range windows {
		<-b.painted
	}
	fmt.Println(`"ready"`)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var o order
		if err := json.Unmarshal(in.Bytes(), &o); err != nil {
			return err
		}
		var answer any
		if o.Email == "" {
			arrivals := b.clock.expect(o.Count + 1)
			app.Event.Emit("bench:calls", map[string]any{"method": o.Method, "count": o.Count})
			answer = between(<-arrivals)
		} else {
			took, err := b.timeChange(context.Background(), o, windows)
			if err != nil {
				return err
			}
			answer = took
		}
		if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
			return err
		}
	}
	return nil
}
