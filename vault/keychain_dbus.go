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
// it is installed, and leaves a daemon behind for every program that tried. It also notes whether the keyring is
// locked, to tell one that waits for the person from one that is frozen.
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
	k.locked.Store(defaultIsLocked(bus))
	return nil
}

func defaultIsLocked(bus *dbus.Conn) bool {
	for _, path := range []dbus.ObjectPath{"/org/freedesktop/secrets/collection/login", "/org/freedesktop/secrets/aliases/default"} {
		v, err := bus.Object("org.freedesktop.secrets", path).GetProperty("org.freedesktop.Secret.Collection.Locked")
		if locked, ok := v.Value().(bool); err == nil && ok {
			return locked
		}
	}
	return false
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
