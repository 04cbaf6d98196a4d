package authkit

import (
	"context"
	"errors"
	"time"

	"github.com/authkit-desktop/authkit/internal/workos"
)

// What failed in a way that leaves the person signed in is tried again behind: saving, and checking a signature.

// saveLater tries to save what only memory holds, first after that time, until it is saved or out of date.
func (e *engine) saveLater(first time.Duration) { e.repair(&e.saving, first, e.saved) }

// verifyLater checks the signature of a token that was taken without, as soon as the keys can be had.
func (e *engine) verifyLater() { e.repair(&e.checking, workos.KeyCooldown, e.verified) }

// repair runs f, with pauses that double from first to a minute, until it reports that nothing is left to do.
func (e *engine) repair(running *bool, first time.Duration, f func(context.Context) bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if *running {
		return
	}
	*running = e.client.goBehind(func(ctx context.Context) {
		for pause := first; sleep(ctx, pause) && !f(ctx); pause = min(max(2*pause, time.Second), time.Minute) {
		}
		e.mu.Lock()
		*running = false
		e.mu.Unlock()
	})
}

func (e *engine) saved(ctx context.Context) bool {
	c := e.client
	c.reading.Lock()
	defer c.reading.Unlock()
	l := c.live.Load()
	if l.rec == nil || !l.unsaved {
		return true
	}
	kept := *l
	if !errors.Is(l.err, ErrOffline) {
		kept.err = nil
	}
	if err := c.replace(ctx, l, &kept); err != nil {
		return errors.Is(err, errElsewhere)
	}
	c.live.Store(&kept)
	c.bus.publish(Refreshed, &kept)
	return true
}

func (e *engine) verified(ctx context.Context) bool {
	c := e.client
	l := c.live.Load()
	if l == nil || l.rec == nil || l.rec.Verified || l.token == "" {
		return true
	}
	// The zero time: exp was checked when the token arrived, and the question now is who signed it.
	_, err := c.verifier.Verify(ctx, secret(l.token), time.Time{})
	if errors.Is(err, workos.ErrKeysUnavailable) {
		return false
	}
	c.settle(ctx, l.token, err)
	return true
}

// settle notes how the late check of a token's signature ended. A token with a wrong one is taken away, and the session
// has to be renewed before it gives another.
func (c *Client) settle(ctx context.Context, token string, refused error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	l := c.live.Load()
	if l.rec == nil || l.token != token {
		return
	}
	settled, rec := *l, *l.rec
	rec.Verified = refused == nil
	settled.rec = &rec
	if refused != nil {
		settled.token, settled.err = "", refused
		rec.Lifetime = 0 // ended for the other processes and the next start too
	}
	err := c.replace(ctx, l, &settled)
	if errors.Is(err, errElsewhere) {
		return // that token is nobody's any more
	}
	c.live.Store(&settled)
	if err != nil {
		c.engine.saveLater(time.Second)
	}
	if refused != nil {
		c.log.Error("authkit: the access token's signature turned out to be wrong, and the token is not used any more", "reason", refused.Error())
		c.bus.publish(Troubled, &settled)
	}
}
