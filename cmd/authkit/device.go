package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"sync"

	"github.com/authkit-desktop/authkit"
)

// byDevice shows a code and waits until somebody has confirmed it in a browser, anywhere.
func (l *login) byDevice(ctx context.Context, client *authkit.Client) (*authkit.Session, error) {
	var w *wait
	defer func() {
		if w != nil {
			w.stop()
		}
	}()
	var told sync.WaitGroup
	defer told.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	options := []authkit.SignInOption{authkit.OnProgress(func(at authkit.Progress) {
		if at.Err != nil {
			w.say("The server does not answer; trying again until the code ends")
			return
		}
		w.say(waitingForCode)
	})}
	if l.add {
		options = append(options, authkit.AddAccount())
	}
	session, err := client.DeviceSignIn(ctx, func(code authkit.DeviceCode) error {
		l.err.say("%s", l.err.invitation(code))
		w = l.err.wait(waitingForCode, l.deadline(code.ExpiresAt))
		if l.onCode != nil {
			told.Go(func() { l.onCode(ctx, code) })
		}
		return nil
	}, options...)
	if err != nil || l.org == "" || session.OrganizationID == l.org {
		return session, err
	}
	switched, err := client.SwitchOrganization(ctx, l.org)
	if err != nil {
		return nil, fmt.Errorf("you are signed in as %s, but not to the organization that you asked for: %w", describe(session), err)
	}
	return switched, nil
}

const waitingForCode = "Waiting until you have confirmed the code"

// invitation tells the person what to do. The code is always shown, also beside an address that holds it: it is what
// the page asks them to compare (RFC 8628 §3.3.1).
func (s *screen) invitation(code authkit.DeviceCode) string {
	where := "on any device"
	if u, err := url.Parse(code.VerificationURI); err == nil && net.ParseIP(u.Hostname()).IsLoopback() {
		where = "on this machine" // as an emulator's is
	}
	text := fmt.Sprintf("Open this page in a browser %s, and type or compare the code:\n\n  Page  %s\n  Code  %s\n", where,
		s.bold(code.VerificationURI), s.bold(code.UserCode))
	if code.VerificationURIComplete == "" {
		return text
	}
	if picture := qrCode(code.VerificationURIComplete, s.width(), s.color); picture != "" {
		return picture + "\n" + text // in this order the code stays in sight where lines are few
	}
	return text + fmt.Sprintf("  Both  %s\n", code.VerificationURIComplete)
}
