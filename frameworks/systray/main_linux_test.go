package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/authkit-desktop/authkit/emulator"
)

// patience is for what takes seconds at most, on a machine that has other things to do.
const patience = 60 * time.Second

// TestMain is also the app, started by the test or by the system for a link, and the browser.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("TRAY_TEST") == "":
		os.Exit(m.Run())
	case len(os.Args) == 2 && strings.HasPrefix(os.Args[1], "http"):
		if err := browse(os.Args[1]); err != nil {
			panic(err)
		}
	default:
		main()
	}
}

// browse goes to the sign-in page, where the emulator knows the person, and follows its redirect as a browser does: by asking
// the system to open the link.
func browse(page string) error {
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(page)
	if err != nil {
		return err
	}
	response.Body.Close()
	return exec.Command("gio", "open", response.Header.Get("Location")).Run()
}

// The test is the panel that shows the tray: it reads the menu and clicks in it over the bus. The link starts the app once more,
// and the menu says who has signed in.
func TestAPersonSignsInToTheTray(t *testing.T) {
	const alice = "alice@example.com"
	server, err := emulator.Start(emulator.Config{AutoSignIn: alice, RedirectURIs: []string{redirect()}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	address, bus := startBus(t)
	dir := t.TempDir()
	settings := fmt.Sprintf("WORKOS_CLIENT_ID=%s\nWORKOS_API_URL=%s\nWORKOS_ENCRYPTION_SECRET=%s\n", server.ClientID(), server.URL(), strings.Repeat("of a test ", 4))
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	app := exec.CommandContext(t.Context(), os.Args[0])
	app.Dir = dir
	app.Env = []string{"TRAY_TEST=1", "PATH=" + os.Getenv("PATH"), "HOME=" + dir, "XDG_RUNTIME_DIR=" + dir + "/run", "BROWSER=" + os.Args[0],
		"DBUS_SESSION_BUS_ADDRESS=" + address}
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Process.Kill(); app.Wait() })
	tray := bus.Object(fmt.Sprintf("org.kde.StatusNotifierItem-%d-1", app.Process.Pid), "/StatusNotifierItem/menu")
	click(t, tray, item(t, tray, "Sign in"))
	item(t, tray, alice)
}

func startBus(t *testing.T) (address string, bus *dbus.Conn) {
	t.Helper()
	daemon := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address=1", "--address=unix:tmpdir="+t.TempDir())
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { daemon.Process.Kill(); daemon.Wait() })
	address, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(address)
	bus, err = dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Close() })
	return address, bus
}

// item waits for a line of the menu, and returns its number.
func item(t *testing.T, tray dbus.BusObject, label string) (id int32) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		id, labels := find(tray, label)
		if id != 0 {
			return id
		}
		if time.Now().After(end) {
			t.Fatalf("the menu has no %q, but %q", label, labels)
		}
	}
}

func find(tray dbus.BusObject, label string) (id int32, labels []string) {
	type line struct {
		ID         int32
		Properties map[string]dbus.Variant
		Children   []dbus.Variant
	}
	var revision uint32
	var root line
	if tray.Call("com.canonical.dbusmenu.GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root) != nil {
		return 0, nil // not there yet
	}
	for _, child := range root.Children {
		var l line
		if dbus.Store([]any{child.Value()}, &l) != nil {
			continue
		}
		text, _ := l.Properties["label"].Value().(string)
		labels = append(labels, text)
		if text == label {
			id = l.ID
		}
	}
	return id, labels
}

func click(t *testing.T, tray dbus.BusObject, id int32) {
	t.Helper()
	if err := tray.Call("com.canonical.dbusmenu.Event", 0, id, "clicked", dbus.MakeVariant(int32(0)), uint32(0)).Err; err != nil {
		t.Fatal(err)
	}
}
