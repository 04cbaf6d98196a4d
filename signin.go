package authkit

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/authkit-desktop/authkit/internal/browser"
	"github.com/authkit-desktop/authkit/internal/workos"
	"github.com/authkit-desktop/authkit/loopback"
)

// SignInOption shapes one sign-in.
type SignInOption struct{ apply func(*signInRequest) }

type signInRequest struct {
	query    url.Values
	progress func(Progress)
	add      bool // keep the session of whoever is signed in
}

func parameter(name, value string) SignInOption {
	return SignInOption{func(r *signInRequest) { r.query.Set(name, value) }}
}

// SignUp opens the page on its sign-up form.
func SignUp() SignInOption { return parameter("screen_hint", "sign-up") }

// Organization signs in to that organization, by its own way where it has one.
func Organization(id string) SignInOption { return parameter("organization_id", id) }

// LoginHint fills in the e-mail address.
func LoginHint(email string) SignInOption { return parameter("login_hint", email) }

// Provider skips the page and goes straight to a provider, such as GoogleOAuth. Without it AuthKit's page is shown.
func Provider(name string) SignInOption { return parameter("provider", name) }

// Prompt asks for a prompt of OpenID Connect Core §3.1.2.1: "login" makes the person sign in again even if the
// browser remembers them.
func Prompt(value string) SignInOption { return parameter("prompt", value) }

// Invitation accepts an invitation.
func Invitation(token string) SignInOption { return parameter("invitation_token", token) }

// OnProgress is told how the sign-in goes, on a goroutine of its own choosing, one call at a time. An app that
// passes it takes over showing the URL when no browser can be opened. Somebody whom the browser remembers may be back
// before it has opened: then Exchanging comes without Waiting.
func OnProgress(f func(Progress)) SignInOption {
	return SignInOption{func(r *signInRequest) { r.progress = f }}
}

// Step is how far a sign-in has come.
type Step string

// The steps of a sign-in.
const (
	Opening    Step = "opening"    // the browser is being opened
	Waiting    Step = "waiting"    // the person is on the sign-in page
	Exchanging Step = "exchanging" // the person is back; the code is being exchanged
)

// Progress is the state of a sign-in under way.
type Progress struct {
	Step     Step
	URL      string    // of the sign-in page; holds no secret
	Redirect string    // "scheme" or "loopback": how the answer will come back
	Why      string    // why that way
	Begun    time.Time // when the sign-in began
	Deadline time.Time // when it is given up
	Err      error     // Waiting: why no browser could be opened; the URL is to be shown

	reopen func(context.Context) error
}

// Reopen opens the sign-in page in the browser again, for a person who has closed it.
func (p Progress) Reopen(ctx context.Context) error { return p.reopen(ctx) }

// SignIn opens the sign-in page in the person's own browser (RFC 8252 §8.12) and waits until they are back, ctx ends, or
// ten minutes have passed. Whoever was signed in stays so until somebody else is; with AddAccount, longer.
//
// The errors to branch on: those of HandleCallback, ErrSignInTimeout, *BrowserError (only without OnProgress), and
// ctx.Err() when the sign-in was cancelled.
func (c *Client) SignIn(ctx context.Context, options ...SignInOption) (*Session, error) {
	req := signInRequest{query: url.Values{"provider": {"authkit"}}}
	for _, o := range options {
		o.apply(&req)
	}
	if err := c.reachable(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, attemptLife, ErrSignInTimeout)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	to, why := c.chooseRedirect(ctx)
	s := &signIn{client: c, request: req, progress: Progress{Why: why, Redirect: "scheme"}}
	session, err := s.run(ctx, to)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return session, err
}

// reachable asks for the signing keys before a browser is opened: they are needed in a moment, and a person without a
// connection learns it here, not from a browser's error page. Only a connection that cannot be made counts.
func (c *Client) reachable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var unreachable *workos.UnreachableError
	if err := c.verifier.Keys.Warm(ctx); errors.As(err, &unreachable) && !unreachable.Sent && ctx.Err() == nil {
		return signInFailure(err, false)
	}
	return nil
}

// SetSchemeCheck tells the client how to find out whether a link of RedirectURI's scheme would reach this program; an
// error says why it would not, and SignIn then uses FallbackRedirectURI where there is one. Package desktop sets it.
func (c *Client) SetSchemeCheck(check func(context.Context) error) { c.schemeCheck.Store(&check) }

func (c *Client) chooseRedirect(ctx context.Context) (to *redirect, why string) {
	if c.redirect.loopback() {
		return c.redirect, "the app takes the answer on a loopback address"
	}
	check := c.schemeCheck.Load()
	if check == nil {
		return c.redirect, "the app takes the answer through its own scheme"
	}
	err := (*check)(ctx)
	switch {
	case err == nil:
		return c.redirect, "the scheme " + c.redirect.url.Scheme + " leads to this app"
	case c.fallback == nil:
		return c.redirect, "there is no other way, but: " + err.Error()
	}
	return c.fallback, err.Error()
}

// signIn is one run of SignIn.
type signIn struct {
	client   *Client
	request  signInRequest
	job      *job
	expected atomic.Pointer[string] // the state, once there is one
	receiver *loopback.Receiver     // nil: the answer comes through the scheme
	before   string                 // the id of the session that there was; empty: none

	mu       sync.Mutex // guards progress, and keeps the reports in order
	progress Progress
}

func (s *signIn) run(ctx context.Context, to *redirect) (*Session, error) {
	c := s.client
	uri, err := s.listen(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("the sign-in could not begin: %w", err)
	}
	defer s.hangUp()
	if was := c.live.Load(); was != nil && was.session != nil {
		s.before = was.session.ID
	}
	state, a := c.newAttempt(uri, s.request.add)
	s.expected.Store(&state)
	if err := c.keepAttempt(ctx, state, a); err != nil {
		return nil, fmt.Errorf("the sign-in could not begin: %w", err)
	}
	defer c.dropAttempt(ctx, state)
	s.job = c.answers.expect(state, s.report, c.now())
	defer c.answers.forget(state, s.job)
	s.describe(uri, state, a)
	ctx, cancel := context.WithCancelCause(ctx)
	var opening sync.WaitGroup
	defer func() { cancel(nil); opening.Wait() }()
	opening.Go(func() {
		if err := s.open(ctx); err != nil {
			cancel(err)
		}
	})
	session, err := s.answer(ctx, state)
	if failed, ok := errors.AsType[*BrowserError](context.Cause(ctx)); ok && err != nil {
		return nil, failed
	}
	return session, err
}

// answer waits for the person to be back. They may be quick, or the browser's start slow: it is listened for while the
// browser opens.
func (s *signIn) answer(ctx context.Context, state string) (*Session, error) {
	if s.receiver != nil {
		return s.receive(ctx)
	}
	return s.wait(ctx, state)
}

// listen opens the loopback address, if that is the way back, and gives the redirect URI of this attempt.
func (s *signIn) listen(ctx context.Context, to *redirect) (uri string, err error) {
	if !to.loopback() {
		return to.raw, nil
	}
	s.progress.Redirect = "loopback"
	cfg := s.client.cfg
	s.receiver, err = loopback.Listen(ctx, loopback.Config{Host: to.url.Hostname(), Path: to.url.EscapedPath(), Ports: to.ports(cfg.LoopbackPorts),
		AppName: cfg.AppName, Match: s.awaits, Page: cfg.AnswerPage, Logger: s.client.log})
	if err != nil {
		return "", err
	}
	return s.receiver.RedirectURI(), nil
}

// awaits tells the receiver which request is the answer; all others it turns away (A05).
func (s *signIn) awaits(q url.Values) bool {
	state := s.expected.Load()
	return state != nil && len(q["state"]) == 1 && q.Get("state") == *state
}

func (s *signIn) hangUp() {
	if s.receiver != nil {
		_ = s.receiver.Close()
	}
}

func (s *signIn) describe(uri, state string, a attempt) {
	c := s.client
	s.request.query.Set("redirect_uri", uri)
	s.request.query.Set("state", state)
	page := c.wire.AuthorizeURL(s.request.query, oauth2.S256ChallengeFromVerifier(a.Verifier))
	s.progress.URL, s.progress.Begun, s.progress.Deadline = page, a.Begun, a.Begun.Add(attemptLife)
	s.progress.reopen = func(ctx context.Context) error { return c.openBrowser(ctx, page) }
}

// open shows the page. An app that shows progress shows the page's URL too where no browser opens; else the sign-in ends.
func (s *signIn) open(ctx context.Context) error {
	s.report(Opening)
	err := s.progress.reopen(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil && s.request.progress == nil {
		return &BrowserError{URL: s.progress.URL, Err: err}
	}
	s.mu.Lock()
	s.progress.Err = err
	s.mu.Unlock()
	s.report(Waiting)
	return nil
}

func (c *Client) openBrowser(ctx context.Context, page string) error {
	if c.cfg.OpenBrowser != nil {
		return c.cfg.OpenBrowser(ctx, page)
	}
	return browser.Open(ctx, page)
}

// report tells the app. A person may be back before the browser's start-up has returned: what is over is not reported.
func (s *signIn) report(step Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if step == Waiting && s.progress.Step == Exchanging {
		return
	}
	s.progress.Step = step
	if s.request.progress != nil {
		s.request.progress(s.progress)
	}
}

// receive waits at the loopback address.
func (s *signIn) receive(ctx context.Context) (*Session, error) {
	got, err := s.receiver.Wait(ctx)
	if err != nil {
		return nil, err
	}
	session, err := s.client.HandleCallback(ctx, got.URL)
	got.Answer(err)
	return session, err
}

// answerPoll is how often a sign-in looks whether another process of the app has been given the answer.
const answerPoll = time.Second

// wait waits for HandleCallback, in this process or another one that the system has handed the link to.
func (s *signIn) wait(ctx context.Context, state string) (*Session, error) {
	tick := time.NewTicker(answerPoll)
	defer tick.Stop()
	for {
		select {
		case <-s.job.done:
			return s.job.session, s.job.err
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
		if !s.client.pending(ctx, state) && !s.client.answers.taken(s.job) {
			return s.client.answeredElsewhere(ctx, s.before)
		}
	}
}
