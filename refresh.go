package authkit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/authkit-desktop/authkit/internal/workos"
)

const (
	// lockWait is how long a refresh waits for another process's. A holder that was killed has already let go; one
	// that is stopped never will, so after this the refresh goes on without the lock, and then does not believe an
	// invalid_grant (A22).
	lockWait = 15 * time.Second

	// flightTime bounds a whole refresh: the wait for the lock and every try.
	flightTime = 60 * time.Second

	backoffFirst = 500 * time.Millisecond
	backoffMost  = 30 * time.Second
)

// engine makes refreshes: never two at a time in this process, and by the vault's lock never two in all processes.
type engine struct {
	client *Client
	flight atomic.Pointer[flight] // read by a crowd; written with mu held

	mu       sync.Mutex // guards what follows
	failures int
	notYet   time.Time // after a failure: no refresh that can wait starts before
	failure  error
	saving   bool // a save that failed is being tried again
	checking bool // a token that could not be verified is being tried again
	retrying bool // a refresh that failed is being tried again for subscribers
}

// demand is what a refresh is wanted for.
type demand struct {
	from    *live  // the state that is not good enough any more
	org     string // the organization to switch to; empty: stay
	patient bool   // do not ask the server again before the back-off has passed
}

// flight is one refresh and everybody who waits for it.
type flight struct {
	org  string
	done chan struct{}
	live *live // valid once done is closed
	err  error
}

func landed(l *live, err error) *flight {
	f := &flight{done: make(chan struct{}), live: l, err: err}
	close(f.done)
	return f
}

// join returns the refresh that serves d: the one in flight, or a new one.
func (e *engine) join(d demand) *flight {
	if f := e.flight.Load(); f != nil {
		return f
	}
	c := e.client
	e.mu.Lock()
	defer e.mu.Unlock()
	if f := e.flight.Load(); f != nil {
		return f
	}
	if l := c.live.Load(); d.org == "" && l != nil && l.rec != nil && l.token != d.from.token && c.age(l) != ended {
		return landed(l, nil) // it happened while the caller was on the way here
	}
	if wait := e.notYet.Sub(c.now()); d.patient && e.failure != nil && wait > 0 && wait <= time.Hour {
		return landed(nil, e.failure)
	}
	f := &flight{org: d.org, done: make(chan struct{})}
	started := c.goBehind(func(context.Context) {
		f.live, f.err = e.fly(d)
		e.land(f, d)
	})
	if !started {
		return landed(nil, ErrClosed)
	}
	e.flight.Store(f)
	return f
}

// wait is for one who joined. The refresh goes on when the caller's context ends: others may wait for it, and the
// server may already have spent the old token.
func (e *engine) wait(ctx context.Context, f *flight) (*live, error) {
	select {
	case <-f.done:
		return f.live, f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (e *engine) land(f *flight, d demand) {
	e.mu.Lock()
	e.flight.Store(nil)
	if f.err == nil || errors.Is(f.err, ErrSignedOut) || (d.org != "" && !errors.Is(f.err, ErrOffline)) {
		e.failures, e.failure, e.notYet = 0, nil, time.Time{}
	} else {
		e.notYet = e.client.now().Add(e.pause(f.err))
		e.failure = f.err
		e.failures++
	}
	again := e.failure != nil && !e.retrying
	e.retrying = e.retrying || again
	e.mu.Unlock()
	close(f.done)
	if again && !e.client.goBehind(e.retry) {
		e.mu.Lock()
		e.retrying = false
		e.mu.Unlock()
	}
}

// pause is the back-off after a failure: doubling, with jitter so that a building full of clients does not come back
// in step, and never shorter than the server asked for. e.mu is held.
func (e *engine) pause(err error) time.Duration {
	d := min(backoffFirst<<min(e.failures, 10), backoffMost)
	d = d/2 + rand.N(d)
	if refused, ok := errors.AsType[*workos.Error](err); ok {
		d = max(d, refused.RetryAfter)
	}
	if bad, ok := errors.AsType[*workos.BadAnswerError](err); ok {
		d = max(d, bad.RetryAfter)
	}
	return d
}

// retry keeps asking while somebody subscribes, so that a window's offline mark goes by itself. Without subscribers
// the next caller asks.
func (e *engine) retry(ctx context.Context) {
	for {
		e.mu.Lock()
		wait := e.notYet.Sub(e.client.now())
		if e.failure == nil || !e.client.bus.heard() {
			e.retrying = false
			e.mu.Unlock()
			return
		}
		e.mu.Unlock()
		if !sleep(ctx, min(max(wait, 0), time.Hour)+time.Millisecond) {
			return
		}
		l := e.client.live.Load()
		if l == nil || l.rec == nil {
			e.mu.Lock()
			e.failure = nil
			e.mu.Unlock()
			continue
		}
		_, _ = e.wait(ctx, e.join(demand{from: l, patient: true}))
	}
}

// sleep waits, and reports whether it was not cut short.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// fly is one refresh: lock, look again whether the work is still to be done, do it.
func (e *engine) fly(d demand) (*live, error) {
	c := e.client
	ctx, cancel := context.WithTimeout(c.grace, flightTime)
	defer cancel()
	unlock, alone := e.lock(ctx)
	defer unlock()
	for range 3 { // once; again only when another process's newer state has run out meanwhile too
		l, err := c.look(ctx)
		if err != nil {
			return nil, err
		}
		if l.rec == nil {
			return nil, l.signedOut()
		}
		if d.org != "" && l.session.User.ID != d.from.session.User.ID {
			return nil, errElsewhere
		}
		if l.token != d.from.token && c.age(l) != ended && (d.org == "" || l.session.OrganizationID == d.org) {
			return l, nil
		}
		next, err := e.exchange(ctx, l, d.org, alone)
		if next == nil || err != nil || c.age(next) != ended {
			return next, err
		}
	}
	return nil, fmt.Errorf("%w: the session keeps changing in another process", ErrOffline)
}

// lock takes the refresh lock of all processes. alone reports whether no other process can be refreshing now: not when
// one holds the lock and does not let go, but also on a disk that nobody can write a lock to, nor a newer session.
func (e *engine) lock(ctx context.Context) (unlock func(), alone bool) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	unlock, err := e.client.vault.Lock(ctx, "refresh-"+e.client.cfg.Profile)
	if err != nil {
		e.client.log.Warn("authkit: going on without the lock between processes", "reason", err.Error())
		return func() {}, ctx.Err() == nil
	}
	return unlock, true
}
