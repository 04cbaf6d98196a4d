//go:build linux || freebsd || netbsd || openbsd || dragonfly

package deeplink

import (
	"os/exec"
	"strings"
	"testing"
)

// TestInspectNamesTheOwnerThatTheDesktopNames asks xdg-mime and gio the same
// question.
func TestInspectNamesTheOwnerThatTheDesktopNames(t *testing.T) {
	entry := func(command string) string {
		return "[Desktop Entry]\nType=Application\nName=X\nExec=" + command + " %u\nMimeType=" + mimeType(testScheme) + ";\n"
	}
	list := func(ids string) string { return "[Default Applications]\n" + mimeType(testScheme) + "=" + ids + "\n" }
	for _, test := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"the person's list", map[string]string{"config/mimeapps.list": list("a.desktop;b.desktop;")}, "a.desktop"},
		{"the desktop's list first", map[string]string{"config/mimeapps.list": list("a.desktop"), "config/sway-mimeapps.list": list("b.desktop;")}, "b.desktop"},
		{"the person before the system", map[string]string{"config/mimeapps.list": list("b.desktop"), "system/config/mimeapps.list": list("a.desktop")}, "b.desktop"},
		{"the system's list", map[string]string{"system/data/applications/mimeapps.list": list("b.desktop")}, "b.desktop"},
		{"one that was uninstalled", map[string]string{"config/mimeapps.list": list("gone.desktop"), "system/config/mimeapps.list": list("b.desktop")}, "b.desktop"},
		{"one whose program is gone", map[string]string{"config/mimeapps.list": list("dead.desktop"), "system/config/mimeapps.list": list("b.desktop")}, "b.desktop"},
		{"a subfolder", map[string]string{"config/mimeapps.list": list("vendor-app.desktop"), "data/applications/vendor/app.desktop": entry("/bin/true")}, "vendor-app.desktop"},
		{"no list at all", nil, "a.desktop"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesktop(t)
			t.Setenv("LC_ALL", "C.UTF-8")
			t.Setenv("XDG_CURRENT_DESKTOP", "sway")
			d.write(t, "data/applications/a.desktop", entry("/bin/true"))
			d.write(t, "system/data/applications/b.desktop", strings.Replace(entry("/bin/true"), "MimeType", "X-Not", 1))
			d.write(t, "data/applications/dead.desktop", strings.Replace(entry("/no/such/program"), "MimeType", "X-Not", 1))
			for path, text := range test.files {
				d.write(t, path, text)
			}
			run(t, "update-desktop-database", d.data+"/applications")
			x, err := findXDG()
			if err != nil {
				t.Fatal(err)
			}
			tried := x.tried(mimeType(testScheme))
			if got := tried[len(tried)-1]; got.id != test.want || got.program == "" {
				t.Errorf("we name %q, want %q", got.id, test.want)
			}
			if out := run(t, "xdg-mime", "query", "default", mimeType(testScheme)); strings.TrimSpace(out) != test.want {
				t.Errorf("xdg-mime names %q", out)
			}
			first, _, _ := strings.Cut(run(t, "gio", "mime", mimeType(testScheme)), "\n")
			if !strings.HasSuffix(first, " "+test.want) {
				t.Errorf("gio says %q", first)
			}
		})
	}
}

func run(t *testing.T, command ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).Output()
	if err != nil {
		t.Errorf("%q: %v", command, err)
	}
	return string(out)
}
