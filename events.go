package authkit

import (
	"context"
	"sync"
)

// Kind says what happened.
type Kind string

// The kinds of Event.
const (
	Present   Kind = "present"    // the state at the moment of Subscribe: always the first event
	SignedIn  Kind = "signed-in"  // somebody signed in, here or in another process of the app
	SignedOut Kind = "signed-out" // the person signed out, here or in another process, or the server ended the session
	Refreshed Kind = "refreshed"  // the access token is new; so may be roles and permissions
	Switched  Kind = "switched"   // the organization is another
	Troubled  Kind = "troubled"   // a refresh or a save failed; the person is still signed in, Session.Err says why
)

// Event is a change of the session.
type Event struct {
	Kind    Kind
	Session *Session // nil: nobody is signed in
	Err     error    // why, for SignedOut by the server and for Troubled
}

// maxWaiting bounds the events kept for a subscriber that does not keep up. The oldest go first: each event carries
// the whole state, so the newest alone is enough.
const maxWaiting = 64

// bus hands events to subscribers, in order, each on a goroutine of its own, so that a slow subscriber delays nobody.
type bus struct {
	client *Client
	mu     sync.Mutex // guards subs
	subs   map[*subscriber]struct{}
}

type subscriber struct {
	f       func(Event)
	mu      sync.Mutex // guards waiting and stopped
	waiting []Event
	stopped bool
	wake    chan struct{}
	done    chan struct{}
}

// Subscribe calls f with the present state and then with every change, one call at a time and in order, until stop is
// called or the client is closed. Changes made by other processes of the app are noticed while the client is used.
// stop does not wait for a call that is running, so f may call it.
func (c *Client) Subscribe(f func(Event)) (stop func()) {
	s := &subscriber{f: f, wake: make(chan struct{}, 1), done: make(chan struct{})}
	c.bus.add(s)
	if !c.goBehind(func(context.Context) { c.serve(s) }) {
		c.bus.remove(s)
	}
	return func() { c.bus.remove(s) }
}

// serve reads the vault first (the keychain may take its time), then delivers.
func (c *Client) serve(s *subscriber) {
	first := Event{Kind: Present}
	if l, err := c.current(c.life); err == nil {
		first = c.event(Present, l)
	} else if c.life.Err() == nil {
		first.Err = err
	}
	s.call(first)
	for {
		for {
			e, ok := s.next()
			if !ok {
				break
			}
			s.call(e)
		}
		select {
		case <-s.wake:
		case <-s.done:
			return
		case <-c.life.Done():
			return
		}
	}
}

func (s *subscriber) next() (Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return Event{}, false
	}
	e := s.waiting[0]
	s.waiting = s.waiting[1:]
	return e, true
}

func (s *subscriber) call(e Event) {
	s.mu.Lock()
	stopped := s.stopped
	s.mu.Unlock()
	if !stopped {
		s.f(e)
	}
}

func (s *subscriber) put(e Event) {
	s.mu.Lock()
	if len(s.waiting) == maxWaiting {
		s.waiting = s.waiting[1:]
	}
	s.waiting = append(s.waiting, e)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (b *bus) publish(kind Kind, l *live) {
	e := b.client.event(kind, l)
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.subs {
		s.put(e)
	}
}

func (c *Client) event(kind Kind, l *live) Event {
	if l.rec == nil {
		return Event{Kind: kind, Err: l.gone}
	}
	s := c.hand(l)
	return Event{Kind: kind, Session: s, Err: s.Err}
}

func (b *bus) remove(s *subscriber) {
	b.mu.Lock()
	_, ours := b.subs[s]
	delete(b.subs, s)
	b.mu.Unlock()
	if ours {
		s.mu.Lock()
		s.stopped = true
		s.mu.Unlock()
		close(s.done)
	}
}

func (b *bus) add(s *subscriber) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subs == nil {
		b.subs = map[*subscriber]struct{}{}
	}
	b.subs[s] = struct{}{}
}

// heard reports whether anybody subscribes.
func (b *bus) heard() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.subs) > 0
}
