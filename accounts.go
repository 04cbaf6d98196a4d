package authkit

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/authkit-desktop/authkit/vault"
)

// ErrUnknownAccount says that nobody of that id is signed in to the app.
var ErrUnknownAccount = errors.New("nobody of that id is signed in to this app, so nothing was switched; sign in with AddAccount")

// Account is a person who is signed in to the app. One of them is the current one, whom Session and AccessToken are
// about; the sessions of the others are set aside, sealed, until SwitchAccount takes one out.
type Account struct {
	ID             string // the user's id: what SwitchAccount takes
	User           User
	OrganizationID string // empty: none
	Current        bool
}

// AddAccount keeps the session of whoever is signed in, set aside for SwitchAccount, instead of replacing it. The
// browser may remember the first person: combine it with Prompt("login") to be asked who signs in.
func AddAccount() SignInOption { return SignInOption{func(r *signInRequest) { r.add = true }} }

// AllAccounts signs out everybody, not only the current account. The browser ends the current account's hosted
// session; those of the others end by themselves at WorkOS.
func AllAccounts() SignOutOption { return SignOutOption{func(r *signOutRequest) { r.all = true }} }

// Accounts lists everybody who is signed in: the current account first, the others by their address. It does not ask
// the network; an account that the server has ended meanwhile is told from the others when it is switched to.
func (c *Client) Accounts(ctx context.Context) ([]Account, error) {
	l, err := c.current(ctx)
	if err != nil {
		return nil, err
	}
	aside, err := c.loadAside(ctx)
	if err != nil {
		return nil, err
	}
	var list []Account
	if l.rec != nil {
		delete(aside, l.session.User.ID)
	}
	for id, rec := range aside {
		a := Account{ID: id, OrganizationID: rec.OrganizationID}
		if c.usable(rec) == nil && json.Unmarshal(rec.User, &a.User) == nil {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b Account) int {
		return cmp.Or(cmp.Compare(a.User.Email, b.User.Email), cmp.Compare(a.ID, b.ID))
	})
	if l.rec != nil {
		s := l.session.clone()
		list = slices.Insert(list, 0, Account{ID: s.User.ID, User: s.User, OrganizationID: s.OrganizationID, Current: true})
	}
	return list, nil
}

// SwitchAccount makes another of the Accounts the current one, in all processes of the app and for its next start. It
// needs neither the browser nor the network: when the access token of that account has run out, a refresh starts
// behind, and its outcome reaches those who subscribed. ErrUnknownAccount when there is no such account.
func (c *Client) SwitchAccount(ctx context.Context, id string) (*Session, error) {
	l, err := c.current(ctx)
	if err != nil {
		return nil, err
	}
	if l.rec == nil || l.session.User.ID != id {
		if l, err = c.swap(ctx, id); err != nil {
			return nil, err
		}
	}
	if c.age(l) == ended {
		c.refreshBehind(l)
	}
	return c.hand(l), nil
}

// swap sets the current session aside and takes out another. The refresh lock keeps a refresh of the current session
// from ending after its record has moved. A crash in between leaves a session in both places at worst, never in none;
// what is current counts.
func (c *Client) swap(ctx context.Context, id string) (*live, error) {
	unlock, _ := c.engine.lock(ctx)
	defer unlock()
	if l, err := c.look(ctx); err != nil || l.rec != nil && l.session.User.ID == id {
		return l, err // another process was quicker
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	present, err := c.present(ctx)
	if err != nil {
		return nil, err
	}
	var chosen *record
	err = c.changeAside(ctx, func(aside map[string]*record) error {
		if chosen = aside[id]; chosen == nil || c.usable(chosen) != nil {
			return ErrUnknownAccount
		}
		return setAside(aside, present)
	})
	if err != nil {
		return nil, err
	}
	next, err := c.newLive(chosen, vault.Stamp{}, c.now())
	if err != nil {
		return nil, err
	}
	next.stamp, err = c.vault.UpdateStamped(ctx, c.sessionRecord(), func([]byte) ([]byte, error) { return chosen.encode() })
	if err != nil {
		return nil, fmt.Errorf("the account could not be switched, and everybody stays as they were: %w", err)
	}
	c.live.Store(next)
	c.bus.publish(SignedIn, next) // it is sealed: nobody waits for the tidying
	c.dropAside(ctx, id)
	c.followUp(next)
	return next, nil
}

// present is the current session's newest record: the file's, or the one of which memory holds a later save. nil when
// nobody is signed in. c.reading is held.
func (c *Client) present(ctx context.Context) (*record, error) {
	rec, err := c.load(ctx)
	_, lost := errors.AsType[*vault.DamagedError](err)
	if err != nil && !lost {
		return nil, err
	}
	l := c.live.Load()
	if l == nil || l.rec == nil || (rec == nil && !lost && !l.unsaved) || (rec != nil && !c.olderSave(rec, l.rec)) {
		return rec, nil
	}
	return l.rec, nil
}

// makeRoom sets the current session aside for a sign-in that adds an account. c.reading is held.
func (c *Client) makeRoom(ctx context.Context) error {
	present, err := c.present(ctx)
	if err != nil || present == nil {
		return err
	}
	return c.changeAside(ctx, func(aside map[string]*record) error { return setAside(aside, present) })
}

func setAside(aside map[string]*record, rec *record) error {
	if rec == nil {
		return nil
	}
	var user User
	if err := json.Unmarshal(rec.User, &user); err != nil {
		return err
	}
	aside[user.ID] = rec
	return nil
}

// dropAside forgets a session that was set aside, if there is one: that person is current now, or has signed out.
func (c *Client) dropAside(ctx context.Context, id string) {
	if aside, err := c.loadAside(ctx); err == nil && aside[id] == nil {
		return // as nearly always, and a look costs less than the lock
	}
	err := c.changeAside(ctx, func(aside map[string]*record) error {
		if aside[id] == nil {
			return vault.ErrUnchanged
		}
		delete(aside, id)
		return nil
	})
	if err != nil {
		c.log.Warn("authkit: an account that was set aside could not be removed", "reason", err.Error())
	}
}

// The sessions that are set aside are one record, by user id, so that every change of them is one step.
func (c *Client) asideRecord() string { return "accounts-" + c.cfg.Profile }

func (c *Client) loadAside(ctx context.Context) (map[string]*record, error) {
	data, err := c.vault.Load(ctx, c.asideRecord())
	var damaged *vault.DamagedError
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.As(err, &damaged) {
		return nil, err
	}
	return decodeAside(data), nil
}

// forgetAside reports whether there was anybody to forget.
func (c *Client) forgetAside(ctx context.Context) (found bool, err error) {
	if aside, err := c.loadAside(ctx); err == nil && len(aside) == 0 {
		return false, nil
	}
	return true, c.vault.Update(context.WithoutCancel(ctx), c.asideRecord(), func([]byte) ([]byte, error) { return nil, nil })
}

func (c *Client) changeAside(ctx context.Context, change func(map[string]*record) error) error {
	return c.vault.Update(ctx, c.asideRecord(), func(old []byte) ([]byte, error) {
		aside := decodeAside(old)
		if err := change(aside); err != nil {
			return nil, err
		}
		if len(aside) == 0 {
			return nil, nil
		}
		return json.Marshal(aside)
	})
}

func decodeAside(data []byte) map[string]*record {
	aside := map[string]*record{}
	if len(data) > 0 && json.Unmarshal(data, &aside) != nil {
		return map[string]*record{}
	}
	for id, rec := range aside {
		if rec == nil {
			delete(aside, id)
		}
	}
	return aside
}
