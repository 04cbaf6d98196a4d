package loopback

import (
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// maxVisitors bounds the connections held at once. A browser opens two or three
// ahead of need; the rest is for strays.
const maxVisitors = 32

// door accepts connections and keeps at most maxVisitors of them: when one more
// comes, the oldest has to go, so that connections which are opened and left
// silent cannot keep the browser out.
type door struct {
	*net.TCPListener

	mu      sync.Mutex
	cleared bool          // guarded by mu; whoever comes now has to go
	inside  []*visitor    // guarded by mu; oldest first
	served  chan struct{} // guarded by mu; closed when no awaited visitor is inside, if someone waits for that
}

// visitorKey finds the request's *visitor in its context.
type visitorKey struct{}

// visitor is one connection.
type visitor struct {
	*net.TCPConn
	door    *door
	awaited bool // guarded by door.mu; it brought the redirect and is never sent away
	leaving sync.Once
}

func (d *door) Accept() (net.Conn, error) {
	conn, err := d.AcceptTCP()
	if err != nil {
		return nil, err
	}
	v := &visitor{TCPConn: conn, door: d}
	if leaver := d.admit(v); leaver != nil {
		leaver.reset()
	}
	return v, nil
}

// admit lets v in, and returns who has to go for it.
func (d *door) admit(v *visitor) (leaver *visitor) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cleared {
		return v
	}
	if len(d.inside) >= maxVisitors {
		i := slices.IndexFunc(d.inside, func(v *visitor) bool { return !v.awaited })
		if i < 0 {
			return v
		}
		leaver = d.inside[i]
		d.inside = slices.Delete(d.inside, i, i+1)
	}
	d.inside = append(d.inside, v)
	return leaver
}

func (d *door) keep(v *visitor) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v.awaited = true
}

func (d *door) left(v *visitor) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := slices.Index(d.inside, v); i >= 0 {
		d.inside = slices.Delete(d.inside, i, i+1)
	}
	if d.served != nil && !d.anyAwaited() {
		close(d.served)
		d.served = nil
	}
}

// anyAwaited wants mu held.
func (d *door) anyAwaited() bool {
	return slices.ContainsFunc(d.inside, func(v *visitor) bool { return v.awaited })
}

// waitServed returns when every browser that brought the redirect has its answer
// and has hung up, or after limit. It does not wait for the silent connections
// that browsers open in advance.
func (d *door) waitServed(limit time.Duration) {
	d.mu.Lock()
	if limit <= 0 || !d.anyAwaited() {
		d.mu.Unlock()
		return
	}
	served := make(chan struct{})
	d.served = served
	d.mu.Unlock()
	select {
	case <-served:
	case <-time.After(limit):
	}
}

// clear ends all connections at once.
func (d *door) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cleared = true
	for _, v := range d.inside {
		v.reset()
	}
}

// Close lets the browser hang up first. Whoever closes first keeps the
// connection in TIME_WAIT for a minute, and because bindExclusively forgoes
// SO_REUSEADDR, a fixed port with such a connection could not be opened for the
// next sign-in. One who does not hang up in time is reset, which leaves nothing.
func (v *visitor) Close() error {
	v.leaving.Do(func() {
		if v.SetReadDeadline(time.Now().Add(hangUpTimeout)) == nil {
			_, _ = io.CopyN(io.Discard, v.TCPConn, maxHeaderBytes) // what still comes is thrown away, but not for ever
		}
		v.reset()
		v.door.left(v)
	})
	return nil
}

// reset ends the connection without ceremony; reads and writes under way fail.
func (v *visitor) reset() {
	_ = v.SetLinger(0)
	v.TCPConn.Close()
}
