//go:build !windows

package loopback

import (
	"syscall"
	"testing"
)

func TestC18_NoSO_REUSEADDR(t *testing.T) {
	r := listen(t, Config{})
	raw, err := r.door.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var value int
	raw.Control(func(fd uintptr) {
		value, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR)
	})
	if err != nil || value != 0 {
		t.Errorf("SO_REUSEADDR is %d (%v)", value, err)
	}
}
