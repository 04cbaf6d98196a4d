//go:build linux || freebsd || netbsd || openbsd || dragonfly

package vault

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/godbus/dbus/v5"
)

// reach looks whether there is a session bus before go-keyring does: without an address that starts dbus-launch, where
// it is installed, and leaves a daemon behind for every program that tried. It also notes the keyring's state, to tell one
// that waits for the person from one that is frozen, and one that is locked from none.
func (k *systemKeychain) reach() error {
	probe, err := dbus.SessionBusPrivateNoAutoStartup()
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrNoBus, err)
	}
	probe.Close()
	bus, err := dbus.SessionBus() // shared with go-keyring
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrNoBus, err)
	}
	locked, err := defaultIsLocked(bus)
	k.locked.Store(locked)
	k.bare.Store(err != nil)
	return nil
}

// defaultIsLocked looks at the keyring that go-keyring uses.
func defaultIsLocked(bus *dbus.Conn) (locked bool, err error) {
	for _, path := range []dbus.ObjectPath{"/org/freedesktop/secrets/collection/login", "/org/freedesktop/secrets/aliases/default"} {
		var v dbus.Variant
		if v, err = bus.Object("org.freedesktop.secrets", path).GetProperty("org.freedesktop.Secret.Collection.Locked"); err == nil {
			locked, _ = v.Value().(bool)
			return locked, nil
		}
	}
	return false, err
}

func classifySystem(err error) error {
	if e, ok := errors.AsType[dbus.Error](err); ok {
		return classifyReply(e.Name)
	}
	if _, ok := errors.AsType[*net.OpError](err); ok || errors.Is(err, dbus.ErrClosed) {
		return ErrNoBus
	}
	if strings.Contains(err.Error(), "failed to unlock") { // go-keyring has no value for it
		return ErrLocked
	}
	return nil
}

func classifyReply(name string) error {
	switch name {
	case "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.Timeout", "org.freedesktop.DBus.Error.TimedOut":
		return ErrHangs
	case "org.freedesktop.Secret.Error.IsLocked":
		return ErrLocked
	case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
		"org.freedesktop.DBus.Error.UnknownObject", "org.freedesktop.Secret.Error.NoSuchObject":
		return ErrNoService
	}
	if strings.HasPrefix(name, "org.freedesktop.DBus.Error.Spawn.") {
		return ErrNoService
	}
	return nil
}
