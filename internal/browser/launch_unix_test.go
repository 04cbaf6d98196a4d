//go:build unix

package browser

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	page     = "https://example.com/authorize?client_id=c&state=s%2B1"
	patience = 20 * time.Second
)

// record is what a started browser saw.
type record struct {
	PID, Session int
	Args         []string
	Env          []string
}

// TestMain is the browser, too: started under the name of one, it writes down
// how it was started, and lives on or fails as it is told.
func TestMain(m *testing.M) {
	file := os.Getenv("TEST_BROWSER_RECORD")
	if file == "" {
		os.Exit(m.Run())
	}
	switch filepath.Base(os.Args[0]) {
	case "failing-browser":
		os.Exit(3)
	case "living-browser":
		writeRecord(file)
		time.Sleep(patience)
	default:
		writeRecord(file)
	}
	os.Exit(0)
}

func writeRecord(file string) {
	session, _ := unix.Getsid(0)
	data, err := json.Marshal(record{os.Getpid(), session, os.Args, os.Environ()})
	if err == nil {
		err = errors.Join(os.WriteFile(file+".new", data, 0o600), os.Rename(file+".new", file))
	}
	if err != nil {
		panic(err)
	}
}

// machine is an isolated desktop on which programs can be put.
type machine struct{ bin, file string }

func newMachine(t *testing.T) machine {
	t.Helper()
	home := t.TempDir()
	m := machine{filepath.Join(home, "bin"), filepath.Join(home, "record")}
	if err := os.Mkdir(m.bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"HOME": home, "PATH": m.bin, "TEST_BROWSER_RECORD": m.file,
		"XDG_DATA_HOME": home + "/data", "XDG_CONFIG_HOME": home + "/config", "XDG_DATA_DIRS": home + "/none", "XDG_CONFIG_DIRS": home + "/none",
		"BROWSER": "", "DISPLAY": "", "WAYLAND_DISPLAY": "", "XDG_CURRENT_DESKTOP": "", "DBUS_SESSION_BUS_ADDRESS": "",
		"WSL_DISTRO_NAME": "", "WSL_INTEROP": "", "APPDIR": "",
	} {
		t.Setenv(name, value)
	}
	return m
}

// install puts this test program there under another name.
func (m machine) install(t *testing.T, names ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.Symlink(self, filepath.Join(m.bin, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func (m machine) opened(t *testing.T) record {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		data, err := os.ReadFile(m.file)
		if err != nil {
			continue
		}
		var r record
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	t.Fatal("no browser was started")
	return record{}
}

func TestBROWSERIsTriedInOrder(t *testing.T) {
	for _, test := range []struct {
		browser string
		want    []string
	}{
		{"my-browser", []string{"my-browser", page}},
		{"my-browser --new --url=%s --done", []string{"my-browser", "--new", "--url=" + page, "--done"}},
		{"absent::failing-browser %s:my-browser %%s%c", []string{"my-browser", "%s:"}},
		{"my-browser $(id) `id` ; id & 'x y'", []string{"my-browser", "$(id)", "`id`", ";", "id", "&", "'x", "y'", page}},
	} {
		t.Run(test.browser, func(t *testing.T) {
			m := newMachine(t)
			m.install(t, "my-browser", "failing-browser")
			t.Setenv("BROWSER", test.browser)
			if err := Open(t.Context(), page); err != nil {
				t.Fatal(err)
			}
			if got := m.opened(t).Args; !slices.Equal(got, test.want) {
				t.Errorf("started as %q, want %q", got, test.want)
			}
		})
	}
}

func TestDoesNotWaitForTheBrowserToEnd(t *testing.T) {
	m := newMachine(t)
	m.install(t, "living-browser")
	t.Setenv("BROWSER", "living-browser")
	start := time.Now()
	if err := Open(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > patience/2 {
		t.Errorf("took %v", took)
	}
	child := m.opened(t)
	if child.Session != child.PID {
		t.Error("the browser shares our terminal session, and would get its Ctrl-C")
	}
	if err := syscall.Kill(child.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// Once reaped, the process is gone; a zombie would still take a signal.
	for deadline := time.Now().Add(patience); syscall.Kill(child.PID, 0) == nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the ended browser was left as a zombie")
		}
	}
}

func TestP06_TheBrowserInheritsNoSecretsAndNoBundledLibraries(t *testing.T) {
	m := newMachine(t)
	m.install(t, "my-browser")
	t.Setenv("BROWSER", "my-browser")
	t.Setenv("WORKOS_ENCRYPTION_SECRET", "HUSH")
	t.Setenv("MAIN_VITE_WORKOS_ENCRYPTION_SECRET", "HUSH")
	t.Setenv("APPDIR", "/tmp/.mount_App1/")
	t.Setenv("LD_LIBRARY_PATH", "/tmp/.mount_App1/usr/lib:/opt/lib")
	t.Setenv("GTK_PATH", "/tmp/.mount_App1/usr/lib/gtk")
	if err := Open(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	environment := m.opened(t).Env
	if all := strings.Join(environment, "\n"); strings.Contains(all, "HUSH") || strings.Contains(all, ".mount_App1") {
		t.Errorf("inherited:\n%s", all)
	}
	if !slices.Contains(environment, "LD_LIBRARY_PATH=/opt/lib") {
		t.Error("a library path of the system's own was dropped")
	}
}
