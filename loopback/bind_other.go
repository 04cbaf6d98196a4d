//go:build !windows

package loopback

import (
	"errors"
	"os"
	"syscall"
)

// bindExclusively takes back SO_REUSEADDR, which Go sets on every listener:
// with it, and SO_REUSEPORT, a second program could bind the same port
// (RFC 8252 appendix B.5). The price is that a port with connections in
// TIME_WAIT cannot be bound; see visitor.Close for how these are avoided.
func bindExclusively(fd uintptr) error {
	return os.NewSyscallError("setsockopt", syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 0))
}

// absent says whether the address does not exist on this machine, as opposed to
// its port being taken.
func absent(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
}
