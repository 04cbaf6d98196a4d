package authkit

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/authkit-desktop/authkit/internal/workos"
)

// A24: an answer whose header never ends is cut off before it fills the memory.
func TestA24AnEndlessHeaderIsCutOff(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	taken := make(chan int, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			taken <- 0
			return
		}
		line, sum := []byte("X-Line: "+strings.Repeat("x", 4<<10)+"\r\n"), 0
		_, err = conn.Write([]byte("HTTP/1.1 200 OK\r\n"))
		for err == nil {
			_, err = conn.Write(line)
			sum += len(line)
		}
		_ = conn.Close()
		taken <- sum
	}()
	wire := newWire(&url.URL{Scheme: "http", Host: l.Addr().String()}, Config{ClientID: "client_1"})
	_, err = wire.Refresh(t.Context(), "token", "")
	if _, ok := errors.AsType[*workos.UnreachableError](err); !ok {
		t.Errorf("Refresh = %v", err)
	}
	wire.HTTP.CloseIdleConnections()
	if n := <-taken; n < maxHeader || n > 9<<20 { // what is read, and what the system's buffers take
		t.Errorf("%d bytes of an endless header were taken", n)
	}
}
