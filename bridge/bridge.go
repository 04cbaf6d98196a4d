// Package bridge is what a web page in an app's window may see and do: one State, nine calls, one event. It imports
// no UI framework: give it the function that emits an event to all windows.
//
//	b := bridge.New(client, func(name string, data any) { app.Event.Emit(name, data) })
//	defer b.Close()
//
// Bind the Service to the page and the rest of the program stays out of the page's reach. The refresh token, the
// verifier and the key of the vault are in no type of this package.
package bridge

import (
	"context"
	"reflect"
	"sync"
	"time"

	"github.com/authkit-desktop/authkit"
)

// EventState is the name of the event that carries a new State.
const EventState = "authkit:state"

// Bridge keeps the State and tells the windows of every change. It is safe for concurrent use.
type Bridge struct {
	client *authkit.Client
	emit   func(name string, data any)
	stop   func()

	life   context.Context // ends with Close
	end    context.CancelFunc
	behind sync.WaitGroup

	mu      sync.Mutex // guards what follows
	state   State
	attempt *signIn
	expiry  *time.Timer   // nil: none; see expireAt
	known   chan struct{} // closed when the first look at the vault is over

	sending sync.Mutex // keeps the events in the order of their Seq
}

// New makes a bridge for client. emit must be safe for concurrent use and should not block.
func New(client *authkit.Client, emit func(name string, data any)) *Bridge {
	b := &Bridge{client: client, emit: emit, known: make(chan struct{})}
	b.life, b.end = context.WithCancel(context.Background())
	b.state.signedOut()
	b.state.Status = Loading
	b.state.Notices = []Notice{}
	b.stop = client.Subscribe(b.on)
	return b
}

// Close cancels a sign-in under way and stops the events.
func (b *Bridge) Close() {
	b.stop()
	b.end()
	b.expireAt(time.Time{})
	b.behind.Wait()
}

// on takes an event of the client into the state.
func (b *Bridge) on(e authkit.Event) {
	storage := Storage{}
	if e.Kind == authkit.Present || e.Kind == authkit.SignedIn {
		s := b.client.Storage(b.life)
		storage = Storage{Kind: StorageKind(s.Kind), Why: s.Why}
	}
	b.follow(e, func(s *State) {
		if storage.Kind != "" {
			s.Storage = storage
		}
		switch {
		case e.Kind == authkit.SignedIn:
			s.Error = nil
		case e.Kind == authkit.SignedOut && e.Err != nil, e.Kind == authkit.Present && e.Err != nil && e.Session == nil:
			s.Error = newError(e.Err)
		}
	})
	switch e.Kind {
	case authkit.Present:
		close(b.known)
	case authkit.Troubled: // it is being tried again already
		return
	}
	if e.Session == nil {
		b.expireAt(time.Time{})
	} else {
		b.expireAt(e.Session.ExpiresAt)
	}
}

// expireAt looks at the session once when its token has run out, for windows in which nobody does anything. The look
// starts a renewal behind, and its outcome is an event: a new token, no connection, or a session that was ended from
// afar. The zero time takes the look back.
func (b *Bridge) expireAt(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.expiry != nil {
		b.expiry.Stop()
		b.expiry = nil
	}
	if !at.IsZero() && b.life.Err() == nil {
		b.expiry = time.AfterFunc(time.Until(at), func() { _, _ = b.client.Session(b.life) })
	}
}

// follow takes the session that is current now into the state, after an event or a call of a page. Not the session that
// either of them came with: another window may have changed it since, and older news must not come last.
func (b *Bridge) follow(e authkit.Event, edit func(*State)) State {
	b.sending.Lock()
	defer b.sending.Unlock()
	session := e.Session
	if e.Kind != authkit.Present { // the first is what was just read, and a keychain that said no is not asked again
		session, _ = b.client.Session(b.life)
	}
	return b.publish(func(s *State) {
		if session == nil {
			s.signedOut()
		} else {
			s.signedIn(session)
		}
		edit(s)
	})
}

// settled is the state after a call of a page that has changed the session.
func (b *Bridge) settled() State { return b.follow(authkit.Event{}, func(*State) {}) }

// change edits the state and emits it.
func (b *Bridge) change(edit func(*State)) State {
	b.sending.Lock()
	defer b.sending.Unlock()
	return b.publish(edit)
}

// publish emits the state if it has become another: most calls of a page have been told by an event already. b.sending is
// held.
func (b *Bridge) publish(edit func(*State)) State {
	b.mu.Lock()
	before := b.state
	edit(&b.state)
	same := reflect.DeepEqual(before, b.state)
	if !same {
		b.state.Seq++
	}
	now := b.state
	b.mu.Unlock()
	if !same && b.life.Err() == nil {
		b.emit(EventState, now)
	}
	return now
}

// Notice shows the person a text until it is replaced by another with the same id; an empty text takes it away.
func (b *Bridge) Notice(id, text string) { b.change(func(s *State) { s.notice(id, text) }) }

// SetDemo tells the page that the app runs against an emulator.
func (b *Bridge) SetDemo(d Demo) { b.change(func(s *State) { s.Demo = &d }) }

// Failed shows the person that a link could not be used. A link that answers no sign-in is not worth their attention
// while one is under way.
func (b *Bridge) Failed(err error) {
	b.mu.Lock()
	waiting := b.attempt != nil
	b.mu.Unlock()
	if !waiting {
		b.change(func(s *State) { s.Error = newError(err) })
	}
}
