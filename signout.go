package authkit

import (
	"context"
	"fmt"

	"github.com/authkit-desktop/authkit/vault"
)

// SignOutOption shapes one sign-out.
type SignOutOption struct{ apply func(*signOutRequest) }

type signOutRequest struct {
	returnTo string
	local    bool
	all      bool
}

// ReturnTo is where the browser goes after the hosted session has ended. It must be registered in the dashboard.
// Without it the dashboard's default is used.
func ReturnTo(uri string) SignOutOption {
	return SignOutOption{func(r *signOutRequest) { r.returnTo = uri }}
}

// LocalOnly leaves the hosted session in the browser alone and opens nothing: the next sign-in may then need no
// password.
func LocalOnly() SignOutOption { return SignOutOption{func(r *signOutRequest) { r.local = true }} }

// SignOut signs the current account out: here at once, without waiting for the network (C29), and then, by opening the logout
// page, in the browser, where the hosted session's cookie lives. ErrSignedOut when nobody is signed in.
//
// A *BrowserError says that the person is signed out here but no browser could be opened; any other error that the
// sealed session could not be removed.
func (c *Client) SignOut(ctx context.Context, options ...SignOutOption) error {
	var req signOutRequest
	for _, o := range options {
		o.apply(&req)
	}
	l, err := c.current(ctx)
	if err != nil {
		return err
	}
	others := false
	if req.all {
		if others, err = c.forgetAside(ctx); err != nil {
			return fmt.Errorf("the other accounts could not be removed from this machine, and everybody is still signed in: %w", err)
		}
	}
	if l.rec == nil && others {
		return nil
	}
	if l.rec == nil {
		return ErrSignedOut
	}
	if err := c.forget(ctx, l); err != nil {
		return fmt.Errorf("the session could not be removed from this machine, and is signed out for this run only: %w", err)
	}
	if req.local {
		return nil
	}
	page := c.wire.LogoutURL(l.session.ID, req.returnTo)
	if err := c.openBrowser(ctx, page); err != nil {
		return &BrowserError{URL: page, Err: err}
	}
	return nil
}

// forget ends the session in this process and removes it from the vault.
func (c *Client) forget(ctx context.Context, l *live) error {
	ctx = context.WithoutCancel(ctx)
	c.reading.Lock()
	defer c.reading.Unlock()
	c.dropAside(ctx, l.session.User.ID)
	stamp, err := c.vault.UpdateStamped(ctx, c.sessionRecord(), func([]byte) ([]byte, error) { return nil, nil })
	if left, unseen := c.vault.Stamp(c.sessionRecord()); unseen == nil && left == (vault.Stamp{}) {
		err = nil // there was nothing to remove, on a disk that takes no change
	}
	over := &live{stamp: stamp}
	c.live.Store(over)
	c.bus.publish(SignedOut, over)
	return err
}
