//go:build unix && !darwin

package browser

import (
	"context"
	"errors"
	"os"

	"github.com/godbus/dbus/v5"
)

var (
	errNoDisplay = errors.New("DISPLAY and WAYLAND_DISPLAY are empty")
	errNoBus     = errors.New("there is no D-Bus session")
)

// openByPortal asks the desktop portal, which serves sandboxes that have no
// opener of their own. The portal answers before the browser is up.
func openByPortal(ctx context.Context, address string) error {
	// Not dbus.SessionBus: without an address that starts a bus, and leaves it.
	bus := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if bus == "" || bus == "disabled:" {
		return errNoBus
	}
	conn, err := dbus.Connect(bus, dbus.WithContext(ctx))
	if err != nil {
		return err
	}
	defer conn.Close()
	portal := conn.Object("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop")
	return portal.CallWithContext(ctx, "org.freedesktop.portal.OpenURI.OpenURI", 0,
		"", address, map[string]dbus.Variant{}).Err
}
