package desktop_test

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/authkit-desktop/authkit/deeplink"
	"github.com/authkit-desktop/authkit/desktop"
)

// The whole way on Windows: the registry, a link that the shell opens, a second process, the pipe, the running app.
func TestC24_StartReachesTheRunningApp(t *testing.T) {
	_, newClient, links := person(t)
	client := newClient()
	app := start(t, desktop.Config{Client: client})
	t.Cleanup(func() {
		if _, err := deeplink.Unregister(context.Background(), deeplink.Config{Scheme: scheme, AppID: client.About().AppID}); err != nil {
			t.Error(err)
		}
	})
	opener := []string{"rundll32", "url.dll,FileProtocolHandler"}
	if os.Getenv("AUTHKIT_WINE") != "" {
		showToWine(t)
		opener = []string{"start"}
	}
	front := make(chan struct{}, 10)
	app.OnActivate(func() { front <- struct{}{} })
	done := make(chan error, 1)
	go func() {
		_, err := client.SignIn(t.Context())
		done <- err
	}()
	t.Setenv(partVar, "app")
	link := receive(t, "the link", links)
	if out, err := exec.CommandContext(t.Context(), opener[0], append(opener[1:], link)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	receive(t, "the window in front", front)
	if err := receive(t, "the end of the sign-in", done); err != nil {
		t.Error(err)
	}
}

// showToWine copies the key to where Wine looks for it: there, a person's classes do not show in HKEY_CLASSES_ROOT.
func showToWine(t *testing.T) {
	t.Helper()
	const class = `\Software\Classes\` + scheme
	t.Cleanup(func() { _ = exec.Command("reg", "delete", "HKLM"+class, "/f").Run() })
	if out, err := exec.CommandContext(t.Context(), "reg", "copy", "HKCU"+class, "HKLM"+class, "/s", "/f").CombinedOutput(); err != nil {
		t.Fatalf("reg copy: %v\n%s", err, out)
	}
}
