package authkit

import (
	"time"

	"github.com/authkit-desktop/authkit/vault"
)

// live is what this process knows of the session now. It is immutable: a change swaps the whole of it, so that the
// hot path is one atomic load.
type live struct {
	rec     *record  // nil: signed out
	session *Session // nil: signed out
	token   string   // empty: none that may be handed out
	stamp   vault.Stamp

	seen     time.Time     // when ageThen was taken; with a monotonic reading
	seenWall int64         // seen, as wall clock nanoseconds
	ageThen  time.Duration // the token's age at seen
	ahead    time.Duration // age from which a refresh starts behind
	end      time.Duration // age from which the token is not handed out

	unsaved bool  // newer than the file, because saving failed
	err     error // why the latest refresh or save failed
	gone    error // signed out: why, when the server ended the session
}

// An access token's age, in the three parts that matter.
type phase int

const (
	fresh  phase = iota // hand it out
	ending              // hand it out, and refresh behind
	ended               // refresh first
)

// Where a token's life is divided. A fifth of its life, at most two minutes, is left for the refresh ahead; the last
// few seconds are not used, since a request takes a while to arrive.
const (
	aheadPart = 5
	aheadMost = 2 * time.Minute
	endPart   = 30
	endMost   = 10 * time.Second
)

// backwards is how far the wall clock may step back before a token's age is not believed any more.
const backwards = 5 * time.Second

// clockFrom sets the token's age, as of now. arrived may be a time of another run of this program: then only the wall
// clock links the two.
func (l *live) clockFrom(now, arrived time.Time, lifetime time.Duration) {
	l.seen, l.seenWall = now, now.UnixNano()
	l.ageThen = time.Duration(now.UnixNano() - arrived.UnixNano())
	l.ahead = lifetime - min(lifetime/aheadPart, aheadMost)
	l.end = lifetime - min(lifetime/endPart, endMost)
	if l.ageThen < -backwards {
		l.ageThen = lifetime // the clock was set back since: the true age is not known
	}
}

// age measures the token against the monotonic clock, which stands still while a machine sleeps, and the wall clock,
// which somebody may set: whichever says more counts (A16).
func (c *Client) age(l *live) phase { return l.phaseAt(c.now()) }

func (l *live) phaseAt(now time.Time) phase {
	age := l.ageThen + max(now.Sub(l.seen), time.Duration(now.UnixNano()-l.seenWall))
	switch {
	case l.token == "" || age >= l.end:
		return ended
	case age >= l.ahead:
		return ending
	}
	return fresh
}

func (l *live) signedOut() error {
	if l.gone != nil {
		return l.gone
	}
	return ErrSignedOut
}

// newLive makes the state of a record that was read or made at now.
func (c *Client) newLive(r *record, stamp vault.Stamp, now time.Time) (*live, error) {
	claims, err := c.verifier.Read(secret(r.AccessToken))
	if err != nil {
		return nil, err
	}
	session, err := newSession(r, claims, r.ArrivedAt.Add(r.Lifetime))
	if err != nil {
		return nil, err
	}
	l := &live{rec: r, session: session, token: r.AccessToken, stamp: stamp}
	l.clockFrom(now, r.ArrivedAt, r.Lifetime)
	return l, nil
}
