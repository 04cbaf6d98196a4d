package authkit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/authkit-desktop/authkit/internal/workos"
	"github.com/authkit-desktop/authkit/vault"
)

// answers holds the sign-ins that this process waits for, and the callbacks it has worked on in the last ten minutes, so
// that a link that is delivered twice (C24), by the system and by a framework, say, is one sign-in.
type answers struct {
	mu   sync.Mutex // guards jobs, and busy of each
	jobs map[string]*job
}

// job is the answering of one state.
type job struct {
	begun   time.Time
	report  func(Step)    // tells the SignIn that waits; nil when none does
	busy    chan struct{} // closed when the callback being worked on has been; nil when none is
	done    chan struct{} // closed when the state has been answered for good
	session *Session      // valid once done is closed
	err     error
}

// of gives the job of a state, a new one if need be. a.mu is held.
func (s *answers) of(state string, now time.Time) *job {
	for old, j := range s.jobs {
		if now.Sub(j.begun).Abs() > attemptLife {
			delete(s.jobs, old)
		}
	}
	if s.jobs == nil {
		s.jobs = map[string]*job{}
	}
	j := s.jobs[state]
	if j == nil {
		j = &job{begun: now, done: make(chan struct{})}
		s.jobs[state] = j
	}
	return j
}

// expect is for a SignIn that will wait for the answer.
func (s *answers) expect(state string, report func(Step), now time.Time) *job {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.of(state, now)
	j.report = report
	return j
}

// claim gives the job of a callback. busy is nil for the one who is to do it; others wait for it and come again.
func (s *answers) claim(state string, now time.Time) (j *job, busy <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j = s.of(state, now)
	if j.busy != nil {
		return j, j.busy
	}
	j.busy = make(chan struct{})
	return j, nil
}

// finish lets the others go on. A callback that took no attempt has answered nothing: the true one may be on its way.
func (s *answers) finish(state string, j *job, session *Session, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(j.busy)
	if errors.Is(err, ErrNoAttempt) {
		j.busy = nil
		if j.report == nil {
			delete(s.jobs, state)
		}
		return
	}
	j.session, j.err = session, err
	close(j.done) // busy stays closed: whoever comes later finds the outcome
}

// forget drops the job of a SignIn that was given up.
func (s *answers) forget(state string, j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-j.done:
	default:
		if j.busy == nil {
			delete(s.jobs, state)
		}
	}
}

// taken reports whether this process works on the answer, or has it.
func (s *answers) taken(j *job) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return j.busy != nil
}

func (j *job) answered() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// HandleCallback finishes the sign-in that url answers. Call it with every link that the system or the framework
// delivers: what is not an answer to a sign-in of this app is refused with an error that says so, and harms no
// sign-in that is under way. The same link again gives the session that it has led to.
//
// The errors to branch on: ErrNoAttempt, *SignInError, *OrganizationSelectionError, ErrUnreachable.
func (c *Client) HandleCallback(ctx context.Context, url string) (*Session, error) {
	cb, err := parseCallback(url)
	if err != nil {
		return nil, err
	}
	for {
		j, busy := c.answers.claim(cb.state, c.now())
		if busy == nil {
			session, err := c.answer(ctx, cb, j)
			c.answers.finish(cb.state, j, session, err)
			return session, err
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if j.answered() && j.err != nil {
			return nil, j.err
		}
		if j.answered() {
			return c.Session(ctx)
		}
	}
}

func (c *Client) answer(ctx context.Context, cb *callback, j *job) (*Session, error) {
	a, err := c.takeAttempt(ctx, cb)
	if err != nil {
		return nil, err
	}
	if cb.errorCode != "" {
		return nil, &SignInError{Code: workos.Clean(cb.errorCode, 80), Description: workos.Clean(cb.errorDescription, 300)}
	}
	if j.report != nil {
		j.report(Exchanging)
	}
	reply, err := c.redeemCode(ctx, secret(cb.code), secret(a.Verifier))
	if err != nil {
		return nil, signInFailure(err, a.Add)
	}
	return c.signedIn(ctx, reply, a.Add)
}

// redeemCode exchanges a code once. Only a request that certainly never left is sent again: a code whose redemption
// may have reached the server is spent (C13).
func (c *Client) redeemCode(ctx context.Context, code, verifier workos.Secret) (*workos.Answer, error) {
	for try := 0; ; try++ {
		reply, err := c.wire.ExchangeCode(ctx, code, verifier)
		var unreachable *workos.UnreachableError
		if err == nil || try == 2 || !errors.As(err, &unreachable) || unreachable.Sent {
			return reply, err
		}
		if !sleep(ctx, 250*time.Millisecond<<try) {
			return nil, err
		}
	}
}

// signInFailure puts an error of the wire into words for a person at the button.
func signInFailure(err error, add bool) error {
	var refused *workos.Error
	var unreachable *workos.UnreachableError
	switch {
	case errors.As(err, &refused) && refused.Code == "organization_selection_required":
		return newOrganizationSelectionError(refused, add)
	case errors.As(err, &refused):
		return &SignInError{Code: refused.Code, Description: refused.Description}
	case errors.As(err, &unreachable):
		return fmt.Errorf("%w: %w; nothing has changed, sign in again when the connection is back", ErrUnreachable, err)
	}
	return fmt.Errorf("the sign-in could not be finished, and nothing has changed: %w", err)
}

// signedIn makes the answer to a sign-in the session of all processes. Whoever was signed in before is set aside when
// the sign-in adds an account, and replaced otherwise.
func (c *Client) signedIn(ctx context.Context, reply *workos.Answer, add bool) (*Session, error) {
	rec, err := c.accept(ctx, reply, nil)
	if err != nil {
		return nil, signInFailure(err, add)
	}
	if add {
		unlock, _ := c.engine.lock(ctx)
		defer unlock()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockWait)
	defer cancel()
	c.reading.Lock()
	defer c.reading.Unlock()
	next, err := c.newLive(rec, vault.Stamp{}, c.now())
	if err != nil {
		return nil, signInFailure(err, add)
	}
	if add {
		if err := c.makeRoom(ctx); err != nil {
			return nil, fmt.Errorf("the account was not added, because the session of whoever is signed in could not be set aside; nothing has changed: %w", err)
		}
	}
	next.stamp, err = c.vault.UpdateStamped(ctx, c.sessionRecord(), func([]byte) ([]byte, error) { return rec.encode() })
	if err != nil {
		next.unsaved = true
		if was := c.live.Load(); was != nil {
			next.stamp = was.stamp // what it replaces, once it can be saved
		}
		next.err = fmt.Errorf("the session could not be saved, so it is kept in memory and saving is tried again: %w", err)
	}
	c.dropAside(ctx, next.session.User.ID)
	c.live.Store(next)
	c.bus.publish(SignedIn, next)
	c.followUp(next)
	return c.hand(next), nil
}

// followUp starts what a new state needs behind.
func (c *Client) followUp(l *live) {
	if l.unsaved {
		c.log.Warn("authkit: " + l.err.Error())
		c.engine.saveLater(time.Second)
	}
	if !l.rec.Verified {
		c.engine.verifyLater()
	}
}

// elsewhereTime is how long another process may take for an answer: to redeem the code, which is one request, and to save.
const elsewhereTime = 25 * time.Second

// answeredElsewhere is for a SignIn whose attempt another process of the app has taken. That process may still be redeeming the
// code, so it waits until the session is another than the one before.
func (c *Client) answeredElsewhere(ctx context.Context, before string) (*Session, error) {
	for end := time.Now().Add(elsewhereTime); ; {
		c.lookAt.Store(0)
		session, err := c.Session(ctx)
		switch over := !time.Now().Before(end); {
		case err == nil && (over || session.ID != before), err != nil && !errors.Is(err, ErrSignedOut):
			return session, err
		case over:
			return nil, fmt.Errorf("%w: the sign-in was answered in another window of the app, and did not succeed there", ErrNoAttempt)
		}
		if !sleep(ctx, answerPoll) {
			return nil, ctx.Err()
		}
	}
}
