//go:build !server

package main

import (
	"io/fs"

	"github.com/wailsapp/wails/v3/pkg/application"
)

// addLicenses lets people read what the app's parts ask for. Only packages have that page: what makes them collects it.
func addLicenses(app *application.App, menu *application.Menu) {
	const file = "licenses.txt"
	if _, err := fs.Stat(page, "frontend/dist/"+file); err != nil {
		return
	}
	window := application.WebviewWindowOptions{Title: "Licenses", URL: "/" + file}
	menu.AddSubmenu("Help").Add(window.Title).OnClick(func(*application.Context) { app.Window.NewWithOptions(window) })
}
