package loopback

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// soExclusiveAddrUse is SO_EXCLUSIVEADDRUSE of winsock2.h, defined there as the
// complement of SO_REUSEADDR.
const soExclusiveAddrUse = ^windows.SO_REUSEADDR

// bindExclusively keeps other programs from binding the port with SO_REUSEADDR,
// which on Windows takes over a port that is in use (RFC 8252 appendix B.3).
func bindExclusively(fd uintptr) error {
	return os.NewSyscallError("setsockopt", windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, soExclusiveAddrUse, 1))
}

// absent says whether the address does not exist on this machine, as opposed to
// its port being taken.
func absent(err error) bool {
	return errors.Is(err, windows.WSAEADDRNOTAVAIL) || errors.Is(err, windows.WSAEAFNOSUPPORT)
}
