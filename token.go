package authkit

import (
	"context"
	"fmt"
)

// AccessToken gives an access token that is valid now. While it is fresh this is one atomic load; in the last part of
// its life the answer is still immediate and a refresh runs behind; once it has run out the call waits for the one
// refresh in flight, of this process or another.
//
// The errors to branch on: ErrSignedOut (errors.Is; a *SessionEndedError when the server ended the session) and
// ErrOffline. A token is a secret: keep it in memory, and send it in the Authorization header only (RFC 6750 §5.3).
func (c *Client) AccessToken(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if c.life.Err() != nil {
		return "", ErrClosed
	}
	now, l := c.now(), c.live.Load()
	if l == nil || c.lookDue(now) {
		var err error
		if l, err = c.look(ctx); err != nil {
			return "", err
		}
	}
	if l.rec == nil {
		return "", l.signedOut()
	}
	switch l.phaseAt(now) {
	case fresh:
		return l.token, nil
	case ending:
		c.refreshBehind(l)
		return l.token, nil
	}
	l, err := c.engine.wait(ctx, c.engine.join(demand{from: l, patient: true}))
	if err != nil {
		return "", err
	}
	if l.token == "" {
		return "", fmt.Errorf("%w: %w", ErrOffline, l.err)
	}
	return l.token, nil
}

// Refresh renews the session now, whether or not the access token has run out: after a change of roles, or when a
// server has refused a token that looked valid. One refresh serves all callers that wait at the same time.
func (c *Client) Refresh(ctx context.Context) (*Session, error) {
	l, err := c.current(ctx)
	if err != nil {
		return nil, err
	}
	if l.rec == nil {
		return nil, l.signedOut()
	}
	l, err = c.engine.wait(ctx, c.engine.join(demand{from: l}))
	if err != nil {
		return nil, err
	}
	return c.hand(l), nil
}

// refreshBehind starts a refresh that nobody waits for, unless one runs or failed a moment ago.
func (c *Client) refreshBehind(l *live) { c.engine.join(demand{from: l, patient: true}) }
