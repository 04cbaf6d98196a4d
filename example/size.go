//go:build !server

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/wailsapp/wails/v3/pkg/application"
)

const minWidth, minHeight = 360, 480

func sizeFile() string {
	dir, _ := os.UserConfigDir()
	return filepath.Join(dir, self.ID, "window-size")
}

// lastSize gives the size that the person has last made a window; a size that nobody can remember is no misfortune.
func lastSize() (width, height int) {
	content, _ := os.ReadFile(sizeFile())
	if n, _ := fmt.Sscan(string(content), &width, &height); n < 2 || width < minWidth || height < minHeight {
		return 960, 720
	}
	return width, height
}

func keepSize(w application.Window) {
	if width, height := w.Size(); !w.IsMaximised() && !w.IsFullscreen() && os.MkdirAll(filepath.Dir(sizeFile()), 0o700) == nil {
		_ = os.WriteFile(sizeFile(), fmt.Append(nil, width, " ", height), 0o600)
	}
}
