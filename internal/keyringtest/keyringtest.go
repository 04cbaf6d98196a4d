//go:build linux

// Package keyringtest gives tests a real D-Bus session bus with a real gnome-keyring, healthy or broken in a chosen way.
//
// Everything is private to the test: the bus, the keyring's files, and DBUS_SESSION_BUS_ADDRESS, which is set with
// t.Setenv, so such tests cannot be parallel. It needs dbus-daemon and gnome-keyring-daemon (packages dbus and
// gnome-keyring), and neither a display nor a login.
package keyringtest

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	secrets  = "org.freedesktop.secrets"
	prompter = "org.gnome.keyring.SystemPrompter"
	login    = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
)

// patience is how long a daemon may take to come up on a busy machine.
const patience = 20 * time.Second

// Bus is a session bus of its own.
type Bus struct {
	t       testing.TB
	Address string // what DBUS_SESSION_BUS_ADDRESS is set to
	dir     string
	conn    *dbus.Conn
}

// Keyring is a bus with a gnome-keyring on it.
type Keyring struct {
	*Bus
	daemon *os.Process
}

// Start starts a bus with an unlocked, empty keyring.
func Start(t testing.TB) *Keyring {
	t.Helper()
	b := StartBus(t)
	cmd := exec.Command("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets", "--control-directory="+b.dir)
	cmd.Env = append(os.Environ(), "HOME="+b.dir, "XDG_DATA_HOME="+b.dir, "XDG_RUNTIME_DIR="+b.dir)
	cmd.Stdin = strings.NewReader("the keyring's password")
	b.start(cmd, "gnome-keyring")
	b.waitForOwner(secrets)
	return &Keyring{b, cmd.Process}
}

// StartBus starts a bus that has no services and can start none.
func StartBus(t testing.TB) *Bus {
	t.Helper()
	dir, err := os.MkdirTemp("", "bus") // t.TempDir is too long for a socket when the test's name is long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	b := &Bus{t: t, dir: dir}
	b.Address = b.startDaemon()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", b.Address)
	b.conn = b.connect()
	t.Cleanup(hangUp)
	return b
}

// NoBus points the environment at a bus that is not there.
func NoBus(t testing.TB) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "no-such-bus"))
}

// Lock locks the keyring, as after a log-in without a password. Nobody is there to be asked for one.
func (k *Keyring) Lock() {
	k.t.Helper()
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	call := k.conn.Object(secrets, "/org/freedesktop/secrets").Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{login})
	if err := call.Store(&locked, &prompt); err != nil || len(locked) != 1 {
		k.t.Fatalf("the keyring was not locked: %v, %v", locked, err)
	}
}

// Forget removes the keyring that new items go to, as on an account that never had one.
func (k *Keyring) Forget() {
	k.t.Helper()
	if err := k.conn.Object(secrets, login).Call("org.freedesktop.Secret.Collection.Delete", 0).Err; err != nil {
		k.t.Fatal(err)
	}
}

// LockWithPrompt locks the keyring and lets it ask somebody who never answers.
func (k *Keyring) LockWithPrompt() {
	k.t.Helper()
	k.own(prompter)
	k.Lock()
}

// Freeze stops the keyring in its tracks, and Thaw lets it go on.
func (k *Keyring) Freeze() { k.signal(syscall.SIGSTOP) }

// Thaw undoes Freeze.
func (k *Keyring) Thaw() { k.signal(syscall.SIGCONT) }

func (k *Keyring) signal(s os.Signal) {
	k.t.Helper()
	if err := k.daemon.Signal(s); err != nil {
		k.t.Fatal(err)
	}
}

// Hang puts a service in the keyring's place that takes every call and answers none.
func (b *Bus) Hang() { b.own(secrets) }

func (b *Bus) own(name string) {
	b.t.Helper()
	conn := b.connect()
	swallowed := make(chan *dbus.Message, 64)
	go func() {
		for range swallowed { // until the connection closes it
		}
	}()
	conn.Eavesdrop(swallowed)
	// The first reply would be swallowed too: the name is asked for without waiting for one.
	conn.Object("org.freedesktop.DBus", "/org/freedesktop/DBus").Go("org.freedesktop.DBus.RequestName", dbus.FlagNoReplyExpected, nil, name, uint32(4))
	b.waitForOwner(name)
}

func (b *Bus) startDaemon() (address string) {
	b.t.Helper()
	config := filepath.Join(b.dir, "bus.conf")
	err := os.WriteFile(config, []byte(`<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir=`+b.dir+`</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`), 0o600)
	if err != nil {
		b.t.Fatal(err)
	}
	// The shell ends the bus, and with it the keyring, when the pipe closes: also when the test is killed.
	cmd := exec.Command("sh", "-c", `exec 3<&0; "$@" </dev/null & cat <&3 >/dev/null; kill $!; wait`, "sh",
		"dbus-daemon", "--nofork", "--nopidfile", "--print-address", "--config-file="+config)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	stop := sync.OnceFunc(func() { stdin.Close(); io.Copy(io.Discard, stdout); cmd.Wait() })
	b.t.Cleanup(stop)
	address, err = bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		stop()
		b.t.Fatalf("dbus-daemon did not start (is the package dbus installed?): %v\n%s", err, &said)
	}
	return strings.TrimSpace(address)
}

func (b *Bus) start(cmd *exec.Cmd, pkg string) {
	b.t.Helper()
	if err := cmd.Start(); err != nil {
		b.t.Fatalf("%v (is the package %s installed?)", err, pkg)
	}
	b.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
}

func (b *Bus) connect() *dbus.Conn {
	b.t.Helper()
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	return conn
}

func (b *Bus) waitForOwner(name string) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		var owned bool
		if err := b.conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, name).Store(&owned); err != nil {
			b.t.Fatal(err)
		} else if owned {
			return
		}
	}
	b.t.Fatalf("%s did not come up within %v", name, patience)
}

// hangUp closes the connection that this process shares (go-keyring uses it), so that the next test gets one to its own
// bus.
func hangUp() {
	if conn, err := dbus.SessionBus(); err == nil {
		conn.Close()
	}
}
