package instance

import (
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// intrude connects to the primary of another user, sends it a message and says what it hears.
func intrude(path string) int {
	c, err := net.DialTimeout("unix", path, patience)
	if err != nil {
		say("failed:", err)
		return 1
	}
	defer c.Close()
	_, _ = c.Write(encodeMessage("forged"))
	return hear(c)
}

// trap waits at the path for a process of another user, greets it and says what it hears.
func trap(path string) int {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err == nil {
		l.SetUnlinkOnClose(false)
		err = os.Chmod(path, 0o777)
	}
	if err != nil {
		say("failed:", err)
		return 1
	}
	say("listening")
	c, err := l.Accept()
	if err != nil {
		say("failed:", err)
		return 1
	}
	defer c.Close()
	_, _ = io.WriteString(c, greeting)
	return hear(c)
}

func hear(c net.Conn) int {
	_ = c.SetReadDeadline(time.Now().Add(patience))
	b, _ := io.ReadAll(c)
	say(fmt.Sprintf("heard %q", b))
	return 0
}
