package doctor_test

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/authkit-desktop/authkit/authkittest"
	"github.com/authkit-desktop/authkit/deeplink"
	"github.com/authkit-desktop/authkit/doctor"
)

func TestALinkReallyComesBackThroughTheShell(t *testing.T) {
	cfg := machine(t, authkittest.Config{RedirectURIs: []string{testScheme + "://callback"}})
	t.Setenv(partVar, "app")
	report := run(t, cfg)
	want(t, report, "scheme owner", doctor.Failed, "no program is registered")
	want(t, report, "link delivery", doctor.Skipped)

	link := deeplink.Config{Scheme: testScheme, AppID: testApp, AppName: "Doctor's app"}
	if _, err := deeplink.Register(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := deeplink.Unregister(context.Background(), link); err != nil {
			t.Error(err)
		}
	})
	showToWine(t)
	report = run(t, cfg)
	want(t, report, "scheme owner", doctor.OK, link.AppName)
	want(t, report, "link delivery", doctor.OK, "ShellExecute")
}

// showToWine copies the key to where Wine looks for it: there, a person's classes do not show in HKEY_CLASSES_ROOT.
func showToWine(t *testing.T) {
	t.Helper()
	if os.Getenv("AUTHKIT_WINE") == "" {
		return
	}
	const class = `\Software\Classes\` + testScheme
	t.Cleanup(func() { _ = exec.Command("reg", "delete", "HKLM"+class, "/f").Run() })
	if out, err := exec.CommandContext(t.Context(), "reg", "copy", "HKCU"+class, "HKLM"+class, "/s", "/f").CombinedOutput(); err != nil {
		t.Fatalf("reg copy: %v\n%s", err, out)
	}
}
