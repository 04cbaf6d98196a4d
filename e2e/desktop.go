//go:build linux

// Package e2e is the flagship test: a person's whole sign-in on a Linux desktop of its own, with the built app, a real
// browser, a real keyring and the system's own link handling. The emulator is the only stand-in, and it stands where the
// network is.
//
// The test sees the windows as a screen reader does, through the accessibility bus, and acts as a person does, through the
// pointer and the keyboard of the X server. So the app under test is the very binary that `make run` starts.
package e2e

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// patience is how long any condition may take. A whole run takes seconds; a machine under load gets ten times that.
const patience = 60 * time.Second

// The display's size in pixels.
const (
	displayWidth  = 1280
	displayHeight = 860
)

// Desktop is a login session of its own: a display, a bus, an unlocked keyring, and empty folders for everything that a
// program may want to keep.
type Desktop struct {
	t    *testing.T
	Home string
	Env  []string
	log  *os.File
	bus  *dbus.Conn
}

// NewDesktop starts the session; the end of the test ends it, with every process that was started in it.
func NewDesktop(t *testing.T) *Desktop {
	t.Helper()
	home, err := os.MkdirTemp("", "e2e") // short: the path of a socket must fit into 108 bytes
	must(t, err)
	d := &Desktop{t: t, Home: home}
	d.log = d.create("session.log")
	mark := "E2E_SESSION=" + rand.Text()
	d.Env = append(d.folders(), mark, "PATH="+os.Getenv("PATH"), "LANG=C.UTF-8", "GDK_BACKEND=x11")
	t.Cleanup(func() { d.end(mark) })
	d.startDisplay()
	d.startBus()
	d.unlockKeyring()
	return d
}

func (d *Desktop) folders() []string {
	env := []string{"HOME=" + d.Home}
	for name, folder := range map[string]string{
		"XDG_DATA_HOME": "data", "XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache", "XDG_STATE_HOME": "state", "XDG_RUNTIME_DIR": "run",
	} {
		path := filepath.Join(d.Home, folder)
		must(d.t, os.Mkdir(path, 0o700))
		env = append(env, name+"="+path)
	}
	return append(env, "XDG_DATA_DIRS=/usr/local/share:/usr/share", "XDG_CONFIG_DIRS=/etc/xdg")
}

// startDisplay lets the server choose its number, so that it meets no other display on this machine.
func (d *Desktop) startDisplay() {
	read, write, err := os.Pipe()
	must(d.t, err)
	defer read.Close()
	cmd := d.Command("Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", displayWidth, displayHeight), "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{write}
	must(d.t, cmd.Start())
	write.Close()
	must(d.t, read.SetReadDeadline(time.Now().Add(patience)))
	number, err := bufio.NewReader(read).ReadString('\n')
	must(d.t, err)
	d.Env = append(d.Env, "DISPLAY=:"+strings.TrimSpace(number))
	d.Run("xsetroot", "-solid", "#d5dbe6")
	d.Start("openbox", "--sm-disable")
}

func (d *Desktop) startBus() {
	cmd := d.Command("dbus-daemon", "--session", "--nofork", "--print-address=1")
	out, err := cmd.StdoutPipe()
	must(d.t, err)
	must(d.t, cmd.Start())
	address, err := bufio.NewReader(out).ReadString('\n')
	must(d.t, err)
	d.Env = append(d.Env, "DBUS_SESSION_BUS_ADDRESS="+strings.TrimSpace(address))
	d.bus, err = dbus.Connect(d.variable("DBUS_SESSION_BUS_ADDRESS"))
	must(d.t, err)
	d.t.Cleanup(func() { d.bus.Close() })
}

// unlockKeyring does what a login does: the collection is made with a password, and open.
func (d *Desktop) unlockKeyring() {
	cmd := d.Command("gnome-keyring-daemon", "--unlock", "--foreground", "--components=secrets")
	in, err := cmd.StdinPipe()
	must(d.t, err)
	must(d.t, cmd.Start())
	_, err = io.WriteString(in, "flagship")
	must(d.t, err)
	must(d.t, in.Close())
	collection := d.bus.Object("org.freedesktop.secrets", "/org/freedesktop/secrets/aliases/default")
	d.Wait("the keyring is open", func() bool {
		var locked bool
		// Not asked in the usual way: the bus would start a second, locked daemon if ours is not there yet.
		err := collection.Call("org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart,
			"org.freedesktop.Secret.Collection", "Locked").Store(&locked)
		return err == nil && !locked
	})
}

// Command is a program in this session. What it prints goes to the session's log unless the caller takes it.
func (d *Desktop) Command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = d.Env
	cmd.Dir = d.Home
	cmd.Stderr = d.log
	return cmd
}

// Start runs a program until the session ends.
func (d *Desktop) Start(name string, args ...string) *exec.Cmd {
	d.t.Helper()
	cmd := d.Command(name, args...)
	cmd.Stdout = d.log
	must(d.t, cmd.Start())
	return cmd
}

// Run runs a program to its end and gives what it printed.
func (d *Desktop) Run(name string, args ...string) string {
	d.t.Helper()
	out, err := d.Command(name, args...).Output()
	if err != nil {
		d.t.Fatalf("%s %s: %v (its words are in %s)", name, strings.Join(args, " "), err, d.log.Name())
	}
	return strings.TrimSpace(string(out))
}

// Wait waits until the condition holds. When patience ends the test fails, with what was seen instead.
func (d *Desktop) Wait(what string, holds func() bool, seen ...any) {
	d.t.Helper()
	again := time.NewTicker(30 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(patience); !holds(); <-again.C {
		if time.Now().After(end) {
			_ = d.Command("import", "-silent", "-window", "root", d.out("failure")).Run()
			d.t.Fatalf("waited %v in vain until %s; see out/failure.png\n%s", patience, what, describe(seen))
		}
	}
}

func describe(seen []any) string {
	var lines []string
	for _, one := range seen {
		lines = append(lines, fmt.Sprint(reflect.Indirect(reflect.ValueOf(one))))
	}
	return strings.Join(lines, "\n")
}

func (d *Desktop) create(name string) *os.File {
	file, err := os.Create(filepath.Join(d.Home, name))
	must(d.t, err)
	return file
}

func (d *Desktop) write(name, content string, mode os.FileMode) string {
	path := filepath.Join(d.Home, name)
	must(d.t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(d.t, os.WriteFile(path, []byte(content), mode))
	return path
}

// end kills what carries the session's mark in its environment: also what the browser or the bus started, and nothing else on
// this machine. The folder goes when nobody writes into it any more; after a failure it stays.
func (d *Desktop) end(mark string) {
	d.Wait("the session has ended", func() bool {
		ended := true
		for _, pid := range processes() {
			environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
			if bytes.Contains(environ, []byte(mark)) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
				ended = false
			}
		}
		return ended && (d.t.Failed() || os.RemoveAll(d.Home) == nil)
	})
	if d.t.Failed() {
		d.t.Logf("the session's folder is kept: %s", d.Home)
	}
}

func processes() []int {
	var all []int
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			all = append(all, pid)
		}
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
