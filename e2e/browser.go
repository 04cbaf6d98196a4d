//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// UseChromium makes Chromium the person's default browser. Nobody here starts it: the system does, for a web address.
//
// Its environment is that of the login, which is where a person sets variables for all programs. The app passes none of its
// own settings on to a browser, so they would not reach an app that a link starts by way of it.
func (d *Desktop) UseChromium() {
	d.t.Helper()
	flags := []string{
		"--user-data-dir=" + filepath.Join(d.Home, "chromium"), "--no-first-run", "--no-default-browser-check", "--test-type",
		"--force-renderer-accessibility", "--password-store=basic", "--disable-gpu", "--disable-quic", "--disable-sync",
		"--disable-background-networking", "--disable-component-update", "--window-position=120,60", "--window-size=1100,760",
	}
	if os.Getuid() == 0 {
		flags = append(flags, "--no-sandbox") // Chromium's sandbox refuses to start for root
	}
	launcher := d.write("browser", fmt.Sprintf("#!/bin/sh\nexec env %s %s %s \"$@\"\n",
		strings.Join(d.Env, " "), d.chromium(), strings.Join(flags, " ")), 0o700)
	d.write("data/applications/browser.desktop", fmt.Sprintf(`[Desktop Entry]
Type=Application
Name=Browser
Exec=%s %%u
MimeType=text/html;x-scheme-handler/http;x-scheme-handler/https;
`, launcher), 0o600)
	d.Run("xdg-mime", "default", "browser.desktop", "x-scheme-handler/http", "x-scheme-handler/https", "text/html")
}

func (d *Desktop) chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	d.t.Fatal("there is no Chromium; scripts/setup e2e installs it")
	return ""
}
