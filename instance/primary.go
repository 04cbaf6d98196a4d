package instance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
)

const (
	// queueLength is how many messages wait for Serve. A person who clicks impatiently while the app starts makes a handful;
	// with the largest message it bounds the memory at 4 MiB.
	queueLength = 64

	// exchanges is how many processes are talked to at once; more of them wait in the system's backlog.
	exchanges = 16
)

// Primary is the running instance. Its methods are safe for concurrent use.
type Primary struct {
	lock     *flock.Flock
	listener *listener
	timeout  time.Duration

	closing context.Context // ends when Close begins
	stop    context.CancelFunc
	workers sync.WaitGroup // the accept loop, the exchanges and the upkeep

	queue     chan string // closed by Close once no worker can send
	serving   atomic.Bool
	delivered chan struct{} // closed when the goroutine of Serve has emptied the closed queue

	close func() error
}

func newPrimary(cfg Config, lock *flock.Flock, l *listener) *Primary {
	p := &Primary{
		lock:      lock,
		listener:  l,
		timeout:   cfg.Timeout,
		queue:     make(chan string, queueLength),
		delivered: make(chan struct{}),
	}
	p.closing, p.stop = context.WithCancel(context.Background())
	p.close = sync.OnceValue(p.shutDown)
	p.workers.Go(p.acceptAll)
	p.workers.Go(func() { l.keepFresh(p.closing, time.Hour) })
	return p
}

// Serve has deliver called with each message, one at a time and in the order of acceptance, from a goroutine of its own. It
// returns at once. Messages that came since Claim are delivered first; up to 64 are kept, and further processes are asked to wait.
//
// A message comes from a process of the same user and from nowhere else, but says whatever that process was started with: treat
// it as input from outside. The empty message means that the app was started again.
//
// Serve may be called once; a second call panics.
func (p *Primary) Serve(deliver func(message string)) {
	if p.serving.Swap(true) {
		panic("instance: Serve was called twice")
	}
	go func() {
		defer close(p.delivered)
		for message := range p.queue {
			deliver(message)
		}
	}()
}

// Close ends the claim: the next process becomes primary. What was accepted is delivered first, for up to [Config.Timeout];
// an error says how many messages were not. A process that is connecting at this moment finds the lock free and takes over with
// its message. Do not call Close from within the function given to Serve: it would wait for itself until the time is up.
func (p *Primary) Close() error { return p.close() }

func (p *Primary) shutDown() error {
	p.stop()
	err := p.listener.Close()
	p.workers.Wait()
	close(p.queue)
	return errors.Join(err, p.drain(), p.lock.Unlock())
}

// drain waits until the accepted messages are delivered.
func (p *Primary) drain() error {
	if p.serving.Load() {
		select {
		case <-p.delivered:
			return nil
		case <-time.After(p.timeout):
			return fmt.Errorf("instance: closed while a message was being delivered, with %d more waiting", len(p.queue))
		}
	}
	if n := len(p.queue); n > 0 {
		return fmt.Errorf("instance: closed before Serve: %d accepted messages are lost", n)
	}
	return nil
}

func (p *Primary) acceptAll() {
	slots := make(chan struct{}, exchanges)
	for {
		c, err := p.listener.accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of file descriptors, or a process of another user: neither may end nor spin the loop
			p.pause(5 * time.Millisecond)
			continue
		}
		slots <- struct{}{}
		p.workers.Go(func() {
			defer func() { <-slots }()
			defer c.Close()
			p.receive(c)
		})
	}
}

func (p *Primary) pause(d time.Duration) {
	select {
	case <-p.closing.Done():
	case <-time.After(d):
	}
}

// receive is the primary's side of the exchange. Whoever stalls is cut off at the deadline, or when Close begins; but once a
// message is whole, Close waits for the answer, since the second process would otherwise deliver the message a second time.
func (p *Primary) receive(c conn) {
	_ = c.SetDeadline(time.Now().Add(p.timeout))
	stop := context.AfterFunc(p.closing, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := io.WriteString(c, greeting); err != nil {
		return
	}
	message, err := readMessage(c)
	if err != nil || !stop() {
		return
	}
	_ = c.SetDeadline(time.Now().Add(p.timeout)) // however long the message took: it counts now, and its sender has to learn that
	_, _ = c.Write([]byte{p.keep(message)})
}

func (p *Primary) keep(message string) byte {
	select {
	case p.queue <- message:
		return accepted
	default:
		return full
	}
}
