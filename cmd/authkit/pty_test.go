//go:build !windows

package main

import (
	"bytes"
	"errors"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/authkit-desktop/authkit/emulator"
)

// terminal is a command in a terminal of 100 columns and 50 lines.
type terminal struct {
	*machine
	cmd  *exec.Cmd
	file *os.File
	done chan struct{}

	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (m *machine) terminal(args ...string) *terminal {
	m.Helper()
	t := &terminal{machine: m, cmd: m.command(args...), done: make(chan struct{})}
	if m.env["TERM"] == "" {
		t.cmd.Env = append(t.cmd.Env, "TERM=xterm-256color")
	}
	var err error
	t.file, err = pty.StartWithSize(t.cmd, &pty.Winsize{Rows: 50, Cols: 100})
	if err != nil {
		m.Fatal(err)
	}
	m.Cleanup(func() { _ = t.file.Close() })
	go t.read()
	return t
}

func (t *terminal) read() {
	defer close(t.done)
	buffer := make([]byte, 4096)
	for {
		n, err := t.file.Read(buffer)
		t.mu.Lock()
		t.text.Write(buffer[:n])
		t.mu.Unlock()
		if err != nil {
			return // the other side has gone
		}
	}
}

func (t *terminal) shows() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

func (t *terminal) waits(text string) {
	t.Helper()
	t.eventually("the terminal shows "+text, func() bool { return strings.Contains(t.shows(), text) })
}

func (t *terminal) types(keys string) {
	t.Helper()
	if _, err := t.file.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

// ends gives the exit code.
func (t *terminal) ends() int {
	t.Helper()
	<-t.done
	err := t.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}

const ctrlC = "\x03"

func TestCtrlCAtEachStageOfASignInLeavesNothingBehind(t *testing.T) {
	slow := func(route emulator.Route) []emulator.Fault {
		return []emulator.Fault{{Route: route, Latency: time.Minute, Drop: emulator.DropBefore}}
	}
	stages := map[string]struct {
		args   []string
		faults []emulator.Fault
		until  string         // what the terminal shows
		during emulator.Route // or the route that is being called
		choose bool
	}{
		"while the server is looked for":     {args: []string{"login"}, faults: slow(emulator.JWKS), during: emulator.JWKS},
		"while the page is open":             {args: []string{"login", "--no-browser"}, until: "Waiting for you in the browser"},
		"while the code is exchanged":        {args: []string{"login"}, faults: slow(emulator.Exchange), during: emulator.Exchange},
		"while an organization is chosen":    {args: []string{"login"}, until: "Type its number", choose: true},
		"while a device code is asked for":   {args: []string{"login", "--device"}, faults: slow(emulator.DeviceAuthorize), during: emulator.DeviceAuthorize},
		"while the code is waited for":       {args: []string{"login", "--device"}, until: "Waiting until you have confirmed the code"},
		"while it is asked whether to go on": {args: []string{"login", "--device"}, faults: slow(emulator.DevicePoll), during: emulator.DevicePoll},
	}
	for name, stage := range stages {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, emulator.Config{AutoSignIn: "alice@example.com", DeviceInterval: time.Second})
			m.signIn()
			m.server.Change(func(c *emulator.Config) {
				c.AutoSignIn, c.SelectOrganizationAtExchange = "bob@example.com", stage.choose
			})
			m.server.AddFaults(stage.faults...)
			before := m.files()
			screen := m.terminal(stage.args...)
			if stage.until != "" {
				screen.waits(stage.until)
			} else {
				m.eventually("the route is called", func() bool { return m.server.Count(stage.during) > 0 })
			}
			screen.types(ctrlC)
			if code := screen.ends(); code != codeInterrupted {
				t.Errorf("exit code %d", code)
			}
			text := screen.shows()
			if !strings.Contains(text, "cancelled") || !strings.Contains(text, "Nothing has changed.") || strings.Contains(text, "Signed in") {
				t.Errorf("the terminal shows\n%s", text)
			}
			wantClosed(t, text)
			if after := m.files(); after != before {
				t.Errorf("files before: %s\nand after: %s", before, after)
			}
			if !strings.Contains(m.runs("whoami"), "alice@example.com") {
				t.Error("alice is not signed in any more")
			}
		})
	}
}

// files are the names of all files but the cache of signing keys, which any command may fill, and the locks, which stay.
func (m *machine) files() string {
	m.Helper()
	paths, err := filepath.Glob(filepath.Join(stateFolder(m.home), "*"))
	if err != nil {
		m.Fatal(err)
	}
	var names []string
	for _, path := range paths {
		if name := filepath.Base(path); !strings.HasPrefix(name, "keys.") && filepath.Ext(name) != ".lock" {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

var redirect = regexp.MustCompile(`redirect_uri=([^&\s]+)`)

// wantClosed fails when the loopback address of a page that was shown still listens.
func wantClosed(t *testing.T, text string) {
	t.Helper()
	found := redirect.FindStringSubmatch(text)
	if found == nil {
		return
	}
	address, err := url.QueryUnescape(found[1])
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", u.Host); err == nil {
		_ = conn.Close()
		t.Errorf("%s still listens", u.Host)
	}
}

func TestATerminalHasColorsAndALineThatGoesAway(t *testing.T) {
	m := newMachine(t, emulator.Config{DeviceInterval: time.Second})
	screen := m.terminal("login", "--device")
	screen.waits("Ctrl-C cancels")
	if err := m.server.ApproveDevice(<-m.codes, "alice@example.com"); err != nil {
		t.Fatal(err)
	}
	if code := screen.ends(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	text := screen.shows()
	if !strings.Contains(text, "\x1b[1m") || !strings.HasSuffix(text, eraseLine+"Signed in as alice@example.com (Alice Archer), organization "+m.organization()+".\r\n") {
		t.Errorf("the terminal shows %q", text)
	}

	// What scrolls away where lines are few is the picture, not what it says.
	if last := strings.LastIndexAny(text, "█▀▄"); last < 0 || last > strings.Index(text, "Code  ") || strings.Index(text, "Page  ") < last {
		t.Errorf("the code is not below its picture in %q", text)
	}

	for variable, value := range map[string]string{"NO_COLOR": "1", "TERM": "dumb"} {
		m.env[variable] = value
		screen = m.terminal("whoami", "--nonsense")
		screen.ends()
		if text := screen.shows(); strings.Contains(text, "\x1b[1") {
			t.Errorf("with %s the terminal shows %q", variable, text)
		}
		m.env[variable] = ""
	}
}

func (m *machine) organization() string {
	m.Helper()
	for _, o := range m.server.Organizations() {
		if o.Name == "Acme" {
			return o.ID
		}
	}
	m.Fatal("there is no Acme")
	return ""
}
