package loopback

import (
	"net"
	"testing"

	"golang.org/x/sys/windows"
)

func TestC18_A04_NobodyElseCanBindThePort(t *testing.T) {
	r := listen(t, Config{})
	port := r.door.Addr().(*net.TCPAddr).Port
	for _, address := range [][4]byte{{127, 0, 0, 1}, {0, 0, 0, 0}} {
		socket, err := windows.Socket(windows.AF_INET, windows.SOCK_STREAM, windows.IPPROTO_TCP)
		if err != nil {
			t.Fatal(err)
		}
		defer windows.Closesocket(socket)
		// On Windows this option takes a port over from a listener that did not protect itself.
		if err := windows.SetsockoptInt(socket, windows.SOL_SOCKET, windows.SO_REUSEADDR, 1); err != nil {
			t.Fatal(err)
		}
		if err := windows.Bind(socket, &windows.SockaddrInet4{Port: port, Addr: address}); err == nil {
			t.Errorf("%v:%d could be bound a second time", address, port)
		}
	}
}

// TestC18_ThePortIsExclusive asks for the option itself, because Wine refuses a
// second listener with and without it, and Windows only with it.
func TestC18_ThePortIsExclusive(t *testing.T) {
	r := listen(t, Config{})
	raw, err := r.door.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var value int
	raw.Control(func(fd uintptr) {
		value, err = windows.GetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, soExclusiveAddrUse)
	})
	if err != nil || value == 0 {
		t.Errorf("SO_EXCLUSIVEADDRUSE is %d (%v)", value, err)
	}
}
