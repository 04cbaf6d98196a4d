package emulator

import (
	"net"
	"net/http"
	"strings"
	"sync"
)

// maxConnections bounds what idle and slow clients can hold: one more is closed at once, so that a
// flood costs descriptors and not memory. The time-outs of the server free the others.
const maxConnections = 2048

// bounded closes connections over the limit as soon as they are accepted. Waiting instead, as a
// limit listener commonly does, would let slow clients lock out everybody.
func bounded(l net.Listener, limit int) net.Listener {
	return &boundedListener{Listener: l, free: make(chan struct{}, limit)}
}

type boundedListener struct {
	net.Listener
	free chan struct{}
}

func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.free <- struct{}{}:
			return &boundedConn{Conn: conn, leave: sync.OnceFunc(func() { <-l.free })}, nil
		default:
			conn.Close()
		}
	}
}

type boundedConn struct {
	net.Conn
	leave func()
}

func (c *boundedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

// unused are the connections on which nothing has come yet. Browsers and pools open them in advance, and
// a shutdown would wait seconds for their first request.
type unused struct {
	mu    sync.Mutex
	conns map[net.Conn]bool
}

func (u *unused) note(c net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.conns == nil {
		u.conns = map[net.Conn]bool{}
	}
	if state == http.StateNew {
		u.conns[c] = true
		return
	}
	delete(u.conns, c)
}

func (u *unused) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for c := range u.conns {
		c.Close()
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// quiet passes the http package's own messages on to the configured logger.
type quiet struct{ s *Server }

func (q quiet) Write(p []byte) (int, error) {
	q.s.config().Logger.Debug("emulator: " + strings.TrimSpace(string(p)))
	return len(p), nil
}
