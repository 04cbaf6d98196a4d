package authkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"time"

	"github.com/authkit-desktop/authkit/internal/workos"
	"github.com/authkit-desktop/authkit/vault"
)

// replayGrace is the part of the server's grace period that is used: within it a refresh token whose answer was lost
// may be sent again and gives the same new pair. Sources say 30 s.
const replayGrace = 20 * time.Second

// patience is how long a caller may be kept waiting at the server's request.
const patience = 2 * time.Second

// exchange redeems the refresh token of l and makes the answer the state of all processes. The error is ErrOffline
// when it may succeed later; the session is then as it was, with the reason in it.
func (e *engine) exchange(ctx context.Context, l *live, org string, alone bool) (*live, error) {
	c := e.client
	answer, err := e.redeem(ctx, l, org)
	if refused, ok := errors.AsType[*workos.Error](err); ok {
		if workos.Terminal(refused.Code) && (alone || refused.Code != "invalid_grant") {
			return e.finish(ctx, l, refused.Code)
		}
		if org != "" && !refused.Transient() {
			return nil, &OrganizationError{OrganizationID: org, Code: refused.Code, Description: refused.Description}
		}
	}
	if err != nil {
		return nil, c.trouble(l, err)
	}
	rec, err := c.accept(ctx, answer, l)
	if err != nil {
		return nil, c.trouble(l, err)
	}
	return c.save(ctx, l, rec)
}

// redeem sends the refresh token, again when the answer was lost.
func (e *engine) redeem(ctx context.Context, l *live, org string) (*workos.Answer, error) {
	stay := or(org, l.session.OrganizationID)
	begun := time.Now()
	for try := 0; ; try++ {
		answer, err := e.client.wire.Refresh(ctx, secret(l.rec.RefreshToken), stay)
		if err == nil {
			return answer, nil
		}
		if org == "" && stay != "" && organizationGone(err) {
			stay = "" // the person left the organization; the session itself may go on
			continue
		}
		pause, again := again(err, try)
		if !again || time.Since(begun)+pause > replayGrace || !sleep(ctx, pause) {
			return nil, err
		}
	}
}

func organizationGone(err error) bool {
	var refused *workos.Error
	return errors.As(err, &refused) && (refused.Code == "organization_not_found" ||
		refused.Code == "organization_membership_not_found" || refused.Code == "invalid_organization_id")
}

// again decides whether a refresh that failed is sent again at once, with the same token. Yes when the server may have
// done the work and the answer was lost; no when the request never left (the network is down: say so soon) and no
// when the server asks for more patience than a caller has.
func again(err error, try int) (time.Duration, bool) {
	pause := 100 * time.Millisecond << (2 * try)
	pause = pause/2 + rand.N(pause)
	var refused *workos.Error
	var unreachable *workos.UnreachableError
	var bad *workos.BadAnswerError
	switch {
	case try >= 3:
		return 0, false
	case errors.As(err, &refused):
		return max(pause, refused.RetryAfter), refused.Transient() && refused.RetryAfter <= patience
	case errors.As(err, &unreachable):
		return pause, unreachable.Sent
	case errors.As(err, &bad):
		return max(pause, bad.RetryAfter), (bad.Status == 200 || bad.Status >= 500) && bad.RetryAfter <= patience
	}
	return 0, false
}

// accept verifies an answer. l is the session that it renews; nil for a sign-in.
func (c *Client) accept(ctx context.Context, a *workos.Answer, l *live) (*record, error) {
	arrived := c.now()
	claims, err := c.verifier.Verify(ctx, a.AccessToken, a.Date)
	verified := err == nil
	if err != nil && !errors.Is(err, workos.ErrKeysUnavailable) {
		return nil, err
	}
	if !verified {
		// The token came from the token endpoint over TLS, so an outage of the keys blocks nobody (docs/decisions);
		// it is verified as soon as the keys can be had.
		c.log.Warn("authkit: the access token's signature could not be checked yet", "reason", err.Error())
	}
	var user User
	if err := json.Unmarshal(a.User, &user); err != nil || user.ID == "" {
		return nil, errors.New("the answer does not say who the person is")
	}
	if user.ID != claims.Subject {
		return nil, &workos.TokenError{Reason: "it belongs to another person than the answer says"}
	}
	var previous *record
	if l != nil {
		if claims.Subject != l.session.User.ID || claims.SessionID != l.session.ID && !c.cfg.AllowEmulator {
			// The vendor's own emulator names every refresh a new session; WorkOS does not.
			return nil, &workos.TokenError{Reason: "it belongs to another person or session than the one that was refreshed"}
		}
		previous = l.rec
	}
	return c.newRecord(a, claims, verified, arrived, previous), nil
}

// errElsewhere says that the file holds something newer than what was to be saved.
var errElsewhere = errors.New("another process has changed the session")

// save seals rec in the place of l, if the file still holds what l was. It is told apart from the exchange because it
// must be finished even when everything else is being shut down.
func (c *Client) save(ctx context.Context, l *live, rec *record) (*live, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockWait)
	defer cancel()
	c.reading.Lock()
	defer c.reading.Unlock()
	was := c.live.Load()
	if was != nil && was.rec == nil {
		return nil, was.signedOut() // signed out in this process while the exchange was under way
	}
	next, err := c.newLive(rec, vault.Stamp{}, c.now())
	if err != nil {
		return nil, err
	}
	err = c.replace(ctx, l, next)
	if errors.Is(err, errElsewhere) {
		if next = c.live.Load(); next.rec == nil {
			return nil, next.signedOut()
		}
		return next, nil
	}
	if err != nil {
		next.err = fmt.Errorf("the renewed session could not be saved, so it is kept in memory and saving is tried again: %w", err)
	}
	c.live.Store(next)
	c.announceSaved(was, next)
	return next, nil
}

func (c *Client) announceSaved(was, next *live) {
	kind := Refreshed
	if was != nil && was.session.OrganizationID != next.session.OrganizationID {
		kind = Switched
	}
	c.bus.publish(kind, next)
	c.followUp(next)
}

// replace seals next by compare and swap, if the file is still the one that known was read from or saved to, or holds
// what next comes after: the loser of a race never overwrites the winner (A10). errElsewhere says that it has adopted
// what the file holds instead. After any other failure next is unsaved. c.reading is held.
func (c *Client) replace(ctx context.Context, known, next *live) error {
	gone := c.folderGone()
	var theirs *record
	stamp, err := c.vault.UpdateStamped(ctx, c.sessionRecord(), func(old []byte) ([]byte, error) {
		present, err := c.vault.Stamp(c.sessionRecord())
		if err == nil && present == known.stamp || old == nil && gone {
			return next.rec.encode()
		}
		if old == nil {
			return nil, errElsewhere // signed out by another process
		}
		got, err := c.decodeRecord(old)
		if err == nil && got.RefreshToken != known.rec.RefreshToken && !c.olderSave(got, next.rec) {
			theirs = got
			return nil, errElsewhere
		}
		return next.rec.encode()
	})
	switch {
	case err == nil:
		next.stamp, next.unsaved = stamp, false
	case errors.Is(err, errElsewhere):
		c.adopt(c.live.Load(), theirs, stamp)
	default:
		next.stamp, next.unsaved = known.stamp, true
	}
	return err
}

// olderSave reports whether got is an earlier save of the same session as rec: a file restored from a backup (A18).
func (c *Client) olderSave(got, rec *record) bool {
	mine, err1 := c.verifier.Read(secret(rec.AccessToken))
	its, err2 := c.verifier.Read(secret(got.AccessToken))
	return err1 == nil && err2 == nil && mine.SessionID == its.SessionID && got.Seq < rec.Seq
}

// folderGone reports whether the whole folder of the vault has been removed, which no sign-out does.
func (c *Client) folderGone() bool {
	_, err := os.Stat(c.cfg.Dir)
	return c.cfg.Dir != "" && errors.Is(err, fs.ErrNotExist)
}

// finish ends the session that the server has ended, unless the file holds another one by now (C26).
func (e *engine) finish(ctx context.Context, l *live, code string) (*live, error) {
	c := e.client
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockWait)
	defer cancel()
	c.reading.Lock()
	defer c.reading.Unlock()
	var theirs *record
	stamp, err := c.vault.UpdateStamped(ctx, c.sessionRecord(), func(old []byte) ([]byte, error) {
		if old != nil {
			if got, err := c.decodeRecord(old); err == nil && got.RefreshToken != l.rec.RefreshToken {
				theirs = got
				return nil, errElsewhere
			}
		}
		return nil, nil
	})
	if theirs != nil {
		return c.adopt(c.live.Load(), theirs, stamp), nil
	}
	if err != nil {
		c.log.Warn("authkit: the ended session could not be removed from the disk", "reason", err.Error())
	}
	c.dropAside(ctx, l.session.User.ID)
	over := &live{stamp: stamp, gone: &SessionEndedError{Code: code}}
	c.live.Store(over)
	c.bus.publish(SignedOut, over)
	return nil, over.gone
}

// trouble notes why a refresh failed, in the session that stays, and gives the caller ErrOffline.
func (c *Client) trouble(l *live, cause error) error {
	err := fmt.Errorf("%w: %w", ErrOffline, cause)
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.live.Load() != l {
		return err // somebody has signed out or in meanwhile
	}
	noted := *l
	noted.err = err
	c.live.Store(&noted)
	if l.err == nil {
		c.log.Warn("authkit: the session could not be renewed, and will be tried again", "reason", cause.Error())
		c.bus.publish(Troubled, &noted)
	}
	return err
}
