package authkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/authkit-desktop/authkit/vault"
)

// attemptLife is how long a sign-in may take from the click to the callback (C08). The server's codes live as long.
const attemptLife = 10 * time.Minute

// attempt is a sign-in under way: what must be remembered until the callback, sealed in the vault so that another
// process of the app, or one that the callback has to start first, can finish it.
type attempt struct {
	Verifier    string    `json:"verifier"`
	RedirectURI string    `json:"redirect_uri"`
	Begun       time.Time `json:"begun"`
	ClientID    string    `json:"client_id"`
	APIURL      string    `json:"api_url"`
	Profile     string    `json:"profile"`
	Add         bool      `json:"add,omitempty"` // AddAccount
}

// maxAttempts bounds the attempts that are kept: a person who presses the button in anger leaves a few behind.
const maxAttempts = 20

// newAttempt makes verifier and state from 256 random bits each (C05, C06), in the alphabet that survives every
// decoding and re-encoding on the way (wire.md: base64url).
func (c *Client) newAttempt(redirectURI string, add bool) (state string, a attempt) {
	return oauth2.GenerateVerifier(), attempt{Verifier: oauth2.GenerateVerifier(), RedirectURI: redirectURI,
		Begun: c.now().Round(0), ClientID: c.cfg.ClientID, APIURL: c.cfg.APIURL, Profile: c.cfg.Profile, Add: add}
}

// live reports whether the attempt has not expired. An attempt from the future, by a clock that was set back, has the
// same ten minutes.
func (a attempt) live(now time.Time) bool { return now.Sub(a.Begun).Abs() <= attemptLife }

func (c *Client) ours(a attempt) bool {
	return a.ClientID == c.cfg.ClientID && a.APIURL == c.cfg.APIURL && a.Profile == c.cfg.Profile
}

// changeAttempts edits the pending attempts of all processes in one step. Expired ones go on the way.
func (c *Client) changeAttempts(ctx context.Context, change func(map[string]attempt) error) error {
	return c.vault.Update(ctx, attemptsRecord, func(old []byte) ([]byte, error) {
		pending := map[string]attempt{}
		if len(old) > 0 && json.Unmarshal(old, &pending) != nil {
			pending = map[string]attempt{}
		}
		for state, a := range pending {
			if !a.live(c.now()) {
				delete(pending, state)
			}
		}
		if err := change(pending); err != nil {
			return nil, err
		}
		if len(pending) == 0 {
			return nil, nil
		}
		return json.Marshal(pending)
	})
}

// unsaved are attempts that could not be sealed, on a read-only disk, say: this process alone can finish them.
type unsaved struct {
	mu      sync.Mutex
	pending map[string]attempt
}

func (u *unsaved) change(change func(map[string]attempt) error) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.pending == nil {
		u.pending = map[string]attempt{}
	}
	return change(u.pending)
}

func (c *Client) keepAttempt(ctx context.Context, state string, a attempt) error {
	keep := func(pending map[string]attempt) error {
		for len(pending) >= maxAttempts {
			delete(pending, oldest(pending))
		}
		pending[state] = a
		return nil
	}
	err := c.changeAttempts(ctx, keep)
	if err == nil || ctx.Err() != nil {
		return err
	}
	c.log.Warn("authkit: the sign-in could not be sealed, so only this process can finish it", "reason", err.Error())
	return c.unsaved.change(keep)
}

func oldest(pending map[string]attempt) (state string) {
	for s, a := range pending {
		if state == "" || a.Begun.Before(pending[state].Begun) {
			state = s
		}
	}
	return state
}

// takeAttempt gives the attempt that cb answers, and removes it in the same step, so that a state works once for all
// processes together (C08). A callback that fits no attempt, or arrives at another place than the attempt's redirect
// (C11), takes nothing.
func (c *Client) takeAttempt(ctx context.Context, cb *callback) (attempt, error) {
	var taken attempt
	take := func(pending map[string]attempt) error {
		a, found := pending[cb.state]
		if !found || !c.ours(a) || !a.live(c.now()) {
			return ErrNoAttempt
		}
		redirect, err := parseRedirect(a.RedirectURI)
		if err != nil || !redirect.matches(cb.url) {
			return fmt.Errorf("%w: it came to another address than the sign-in asked for", ErrNoAttempt)
		}
		taken = a
		delete(pending, cb.state)
		return nil
	}
	if err := c.unsaved.change(take); err == nil {
		return taken, nil
	}
	err := c.changeAttempts(ctx, take)
	return taken, err
}

// dropAttempt forgets an attempt that was given up, also when the caller's context has ended.
func (c *Client) dropAttempt(ctx context.Context, state string) {
	drop := func(pending map[string]attempt) error {
		if _, found := pending[state]; !found {
			return vault.ErrUnchanged
		}
		delete(pending, state)
		return nil
	}
	if c.unsaved.change(drop) == nil {
		return
	}
	err := c.changeAttempts(context.WithoutCancel(ctx), drop)
	if err != nil && !errors.Is(err, vault.ErrUnchanged) {
		c.log.Warn("authkit: a sign-in that was given up could not be forgotten; it expires in ten minutes", "reason", err.Error())
	}
}

// pending reports whether the attempt is still to be answered.
func (c *Client) pending(ctx context.Context, state string) bool {
	find := func(pending map[string]attempt) error {
		if _, found := pending[state]; !found {
			return ErrNoAttempt
		}
		return nil
	}
	if c.unsaved.change(find) == nil {
		return true
	}
	data, err := c.vault.Load(ctx, attemptsRecord)
	pending := map[string]attempt{}
	return err == nil && json.Unmarshal(data, &pending) == nil && find(pending) == nil
}
