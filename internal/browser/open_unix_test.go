//go:build unix && !darwin

package browser

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

func TestNoDisplayMeansNoBrowser(t *testing.T) {
	m := newMachine(t)
	m.install(t, "xdg-open", "gio", "x-www-browser") // they would start a text browser
	err := Open(t.Context(), page)
	if !errors.Is(err, ErrNoBrowser) || strings.Contains(err.Error(), "example.com") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(m.file); err == nil {
		t.Error("something was started all the same")
	}
}

func TestNoProgramMeansNoBrowser(t *testing.T) {
	newMachine(t)
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	err := Open(t.Context(), page)
	if !errors.Is(err, ErrNoBrowser) || !strings.Contains(err.Error(), "xdg-open") {
		t.Errorf("error %v", err)
	}
}

func TestTheNextProgramIsTriedWhenOneFails(t *testing.T) {
	for _, test := range []struct {
		programs []string
		want     []string
	}{
		{[]string{"xdg-open", "gio"}, []string{"xdg-open", page}},
		{[]string{"gio"}, []string{"gio", "open", page}},
		{[]string{"x-www-browser"}, []string{"x-www-browser", page}},
	} {
		m := newMachine(t)
		m.install(t, test.programs...)
		t.Setenv("DISPLAY", ":99")
		if err := Open(t.Context(), page); err != nil {
			t.Fatal(err)
		}
		if got := m.opened(t).Args; !slices.Equal(got, test.want) {
			t.Errorf("with %q: started %q, want %q", test.programs, got, test.want)
		}
	}
}

func TestWSLOpensTheBrowserOfWindows(t *testing.T) {
	for _, test := range []struct{ program, want string }{
		{"wslview", "wslview " + page},
		{"rundll32.exe", "rundll32.exe url.dll,FileProtocolHandler " + page},
	} {
		m := newMachine(t)
		m.install(t, test.program)
		t.Setenv("WSL_DISTRO_NAME", "Debian")
		if err := Open(t.Context(), page); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(m.opened(t).Args, " "); got != test.want {
			t.Errorf("started %q, want %q", got, test.want)
		}
	}
}

// TestTheRealOpenersFindTheDefaultBrowser uses the system's own xdg-open and gio
// with a default browser that is this test program.
func TestTheRealOpenersFindTheDefaultBrowser(t *testing.T) {
	systemPath := os.Getenv("PATH")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"xdg-open", "gio"} {
		t.Run(name, func(t *testing.T) {
			real, err := exec.LookPath(name)
			if err != nil {
				t.Fatalf("%s is part of the project's set-up: %v", name, err)
			}
			m := newMachine(t)
			t.Setenv("DISPLAY", ":99") // never connected to
			if name == "xdg-open" {
				t.Setenv("PATH", systemPath)
			} else if err := os.Symlink(real, filepath.Join(m.bin, "gio")); err != nil {
				t.Fatal(err)
			}
			put(t, os.Getenv("XDG_DATA_HOME")+"/applications/b.desktop",
				"[Desktop Entry]\nType=Application\nName=B\nExec="+self+" --page %u\nMimeType=x-scheme-handler/https;\n")
			put(t, os.Getenv("XDG_CONFIG_HOME")+"/mimeapps.list",
				"[Default Applications]\nx-scheme-handler/https=b.desktop\n")
			if err := Open(t.Context(), page); err != nil {
				t.Fatal(err)
			}
			if got := m.opened(t).Args[1:]; !slices.Equal(got, []string{"--page", page}) {
				t.Errorf("the browser got %q", got)
			}
		})
	}
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// desktopPortal answers as the portal of a desktop does.
type desktopPortal struct{ opened chan string }

func (p desktopPortal) OpenURI(_, address string, _ map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	p.opened <- address
	return "/request/1", nil
}

func TestThePortalOpensThePageWhereNoProgramCan(t *testing.T) {
	daemon, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Fatalf("dbus is part of the project's set-up: %v", err)
	}
	newMachine(t)
	t.Setenv("DISPLAY", ":99")
	address := "unix:path=" + filepath.Join(t.TempDir(), "bus")
	bus := exec.Command(daemon, "--session", "--nofork", "--print-address", "--address="+address)
	ready, err := bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Process.Kill(); bus.Wait() })
	if _, err := ready.Read(make([]byte, 256)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	opened := make(chan string, 1)
	serve(t, address, desktopPortal{opened})
	if err := Open(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	if got := <-opened; got != page {
		t.Errorf("the portal got %q", got)
	}
}

func serve(t *testing.T, address string, portal desktopPortal) {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.Export(portal, "/org/freedesktop/portal/desktop", "org.freedesktop.portal.OpenURI"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.RequestName("org.freedesktop.portal.Desktop", 0); err != nil {
		t.Fatal(err)
	}
}
