package authkit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/authkit-desktop/authkit/internal/workos"
)

// ErrNoDeviceFlow says that the environment offers no sign-in by device code.
var ErrNoDeviceFlow = errors.New("this environment offers no sign-in by device code; switch it on in the WorkOS dashboard, or sign in with a browser")

// DeviceCode is what a person needs to let this program in from a browser anywhere. None of it is secret.
type DeviceCode struct {
	UserCode                string    // to be shown always, so that the person can compare it with the page's (RFC 8628 §3.3.1)
	VerificationURI         string    // where to type it
	VerificationURIComplete string    // the same with the code in it, for a link or a QR code; empty: the server gave none
	ExpiresAt               time.Time // when the code ends, on this machine's clock
}

// DeviceSignIn signs in where no browser can open: on a server, in a container, over SSH (RFC 8628). It calls show once
// with what the person has to do, then waits until they have done it, ctx ends, or the code runs out. An error of
// show ends the sign-in and is returned as it is. Whoever was signed in stays so until somebody else is.
//
// Nothing is kept until the person is in, so a sign-in that is given up leaves nothing behind. Of the options, AddAccount
// and OnProgress apply; those that shape the page have no place in the device flow and are refused.
//
// The errors to branch on: ErrNoDeviceFlow, *SignInError (access_denied; expired_token, also when the code ran out here),
// *OrganizationSelectionError, ErrUnreachable, and ctx.Err().
func (c *Client) DeviceSignIn(ctx context.Context, show func(DeviceCode) error, options ...SignInOption) (*Session, error) {
	req := signInRequest{query: url.Values{}}
	for _, o := range options {
		o.apply(&req)
	}
	if len(req.query) > 0 {
		return nil, fmt.Errorf("a sign-in by device code cannot carry %s, so it was not begun; leave the option out, or sign in with a browser",
			strings.Join(slices.Sorted(maps.Keys(req.query)), ", "))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	grant, err := c.wire.AuthorizeDevice(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case isDenied(err):
		return nil, ErrNoDeviceFlow
	case err != nil:
		return nil, signInFailure(err, req.add)
	}
	w := c.newDeviceWait(grant, req)
	if err := show(w.code); err != nil {
		return nil, err
	}
	reply, err := w.answer(ctx)
	if err != nil {
		return nil, err
	}
	return c.signedIn(ctx, reply, req.add)
}

func isDenied(err error) bool {
	refused, ok := errors.AsType[*workos.Error](err)
	return ok && refused.Code == "access_denied"
}

// deviceWait is the wait for one person.
type deviceWait struct {
	client   *Client
	request  signInRequest
	code     DeviceCode
	secret   workos.Secret // the device code: never shown, never logged (C34)
	begun    time.Time
	life     time.Duration
	interval time.Duration // the server's least time between two polls
	stretch  float64       // how much longer we wait, see pause
	failures int           // in a row
	trouble  error         // why the latest poll got no answer; nil when it got one
}

func (c *Client) newDeviceWait(grant *workos.DeviceAuthorization, req signInRequest) *deviceWait {
	now := c.now()
	return &deviceWait{client: c, request: req, secret: grant.DeviceCode, begun: now, life: grant.ExpiresIn, interval: grant.Interval,
		stretch: 1.1, code: DeviceCode{UserCode: grant.UserCode, VerificationURI: grant.VerificationURI,
			VerificationURIComplete: grant.VerificationURIComplete, ExpiresAt: now.Add(grant.ExpiresIn)}}
}

var errCodeExpired = errors.New("the device code has expired")

// answer polls until the server says yes or no. The end is timed by the monotonic clock alone: a wall clock that is set
// meanwhile ends nothing, and after a night's sleep the server is asked once more and knows best.
func (w *deviceWait) answer(ctx context.Context) (*workos.Answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, w.life, errCodeExpired)
	defer cancel()
	w.report(nil)
	var asked time.Duration // what the server asked for in Retry-After
	for w.pause(ctx, asked) {
		reply, err := w.client.wire.PollDevice(ctx, w.secret)
		if err == nil {
			return reply, nil
		}
		if ctx.Err() != nil {
			break
		}
		var goOn bool
		if asked, goOn = w.heed(err); !goOn {
			return nil, signInFailure(err, w.request.add)
		}
		w.report(w.trouble)
	}
	return nil, w.over(ctx)
}

// over is why the wait has ended without an answer.
func (w *deviceWait) over(ctx context.Context) error {
	switch {
	case context.Cause(ctx) != errCodeExpired: //nolint:errorlint // a cause is never wrapped
		return ctx.Err()
	case w.trouble != nil:
		return signInFailure(w.trouble, w.request.add)
	}
	return &SignInError{Code: "expired_token", Description: fmt.Sprintf("nobody used the code within %s", w.life)}
}

const (
	slowDownStep = 5 * time.Second
	longestPause = time.Minute // between polls that failed
)

// heed decides what a poll without tokens means (RFC 8628 §3.5): whether to go on, and how long the server wants to be
// left alone.
func (w *deviceWait) heed(err error) (asked time.Duration, goOn bool) {
	refused, ok := errors.AsType[*workos.Error](err)
	switch {
	case !ok || refused.Transient():
		// "On encountering a connection timeout, clients MUST unilaterally reduce their polling frequency before
		// retrying." An answer that is not the protocol's comes from a proxy or a server in trouble.
		w.failures++
		w.trouble = err
		if !ok {
			return 0, true
		}
		return refused.RetryAfter, true
	case refused.Code == "authorization_pending":
	case refused.Code == "slow_down":
		// "the interval MUST be increased by 5 seconds for this and all subsequent requests"
		w.interval += slowDownStep
		w.stretch = min(w.stretch+0.2, 2)
	default:
		// "Upon receiving any other error code, the client MUST stop polling"
		return 0, false
	}
	w.failures, w.trouble = 0, nil
	return refused.RetryAfter, true
}

// pause waits until the next poll may be sent, and reports whether it may.
//
// Virtual machines, WSL among them, have monotonic clocks that run fast, by a few in a hundred, and wall clocks that are put
// right now and then. To the server such a client polls early every time, and slow_down alone never ends that. So each
// pause is a little longer than asked for, and longer still after a slow_down; and what the wall clock says is missing is
// waited for too, once, for the wall clock may just have been set back.
func (w *deviceWait) pause(ctx context.Context, asked time.Duration) bool {
	least := max(time.Duration(float64(w.interval)*w.stretch), asked)
	if w.failures > 0 {
		least = max(least, min(w.interval<<min(w.failures, 10), longestPause))
	}
	began := w.client.now().UnixNano()
	if !sleep(ctx, least) {
		return false
	}
	missing := least - time.Duration(w.client.now().UnixNano()-began)
	return missing <= 0 || sleep(ctx, min(missing, least))
}

// report tells the app that the wait goes on.
func (w *deviceWait) report(trouble error) {
	if w.request.progress == nil {
		return
	}
	page := or(w.code.VerificationURIComplete, w.code.VerificationURI)
	w.request.progress(Progress{Step: Waiting, URL: page, Redirect: "device", Why: "the app shows a code", Begun: w.begun,
		Deadline: w.code.ExpiresAt, Err: trouble,
		reopen: func(ctx context.Context) error { return w.client.openBrowser(ctx, page) }})
}
