// Package browser opens a page in the person's own browser.
package browser

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// ErrNoBrowser says that nothing on this machine can open a page: there is no
// display, no program for it, or every program failed. The address should then
// be shown to the person, who can open it by hand, also on another machine.
var ErrNoBrowser = errors.New("no browser can be opened from here")

// Open shows the page at address in the person's browser. It returns once the
// browser, or the program that finds one, has taken the address; it does not
// wait for the page, nor for the browser to end. A browser that has been
// started outlives ctx and this process.
//
// Only https addresses, and http ones on this machine, are opened. The error
// wraps ErrNoBrowser when the address should be shown instead, and never
// contains the address.
func Open(ctx context.Context, address string) error {
	if err := check(address); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return open(ctx, address)
}

// check lets through what is meant for a browser. Openers understand more: a
// file address, or the scheme of some installed program, must not be started
// because a server's answer contained it.
func check(address string) error {
	for i := range len(address) {
		if !isURLByte(address[i]) {
			return fmt.Errorf("the page is not opened: its address has the character %q at %d, which no URL has", address[i], i)
		}
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return errors.New("the page is not opened: its address is not an absolute web address")
	case u.User != nil:
		return errors.New("the page is not opened: its address has a user name in it, which hides where it leads")
	case u.Scheme == "https", u.Scheme == "http" && isThisMachine(u.Hostname()):
		return nil
	}
	return fmt.Errorf("the page is not opened: its scheme is %q; only https is, and http on this machine", u.Scheme)
}

// isURLByte is true for the characters of RFC 3986 §2. The rest (spaces, quotes,
// backslashes, control characters) is what confuses the scripts between us and
// the browser.
func isURLByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' ||
		strings.IndexByte("-._~:/?#[]@!$&'()*+,;=%", c) >= 0
}

func isThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || host == "localhost"
}

// opener is one way to open a page.
type opener struct {
	name string
	open func(ctx context.Context) error
}

// tryAll opens the page in the first way that works.
func tryAll(ctx context.Context, openers []opener) error {
	var failures []string
	for _, o := range openers {
		err := o.open(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		failures = append(failures, o.name+": "+err.Error())
	}
	return fmt.Errorf("%w (%s)", ErrNoBrowser, strings.Join(failures, "; "))
}
