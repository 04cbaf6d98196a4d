package bridge

import (
	"context"
	"errors"

	"github.com/authkit-desktop/authkit"
)

// signIn is the sign-in under way. Its pointer tells it from the one before, whose last words do not count any more.
type signIn struct {
	cancel   context.CancelFunc
	progress authkit.Progress
}

// signIn begins a sign-in in the place of the one under way.
func (b *Bridge) signIn(options []authkit.SignInOption) State {
	ctx, cancel := context.WithCancel(b.life)
	this := &signIn{cancel: cancel}
	b.mu.Lock()
	before := b.attempt
	b.attempt = this
	b.mu.Unlock()
	if before != nil {
		before.cancel()
	}
	state := b.change(func(s *State) {
		s.Error = nil
		s.notice(noticeSignOut, "")
		s.Attempt = &Attempt{Step: authkit.Opening, BrowserOpened: true}
	})
	b.behind.Go(func() {
		defer cancel()
		_, err := b.client.SignIn(ctx, append(options, authkit.OnProgress(func(p authkit.Progress) { b.progress(this, p) }))...)
		b.ended(this, err)
	})
	return state
}

func (b *Bridge) progress(this *signIn, p authkit.Progress) {
	b.changeIf(this, func(s *State) {
		this.progress = p
		s.Attempt = &Attempt{Step: p.Step, Redirect: Redirect(p.Redirect), Why: p.Why, StartedAt: p.Begun, ExpiresAt: p.Deadline,
			BrowserOpened: p.Err == nil, URL: p.URL}
	})
}

// ended takes the outcome into the state. Being cancelled is no failure to show.
func (b *Bridge) ended(this *signIn, err error) {
	b.changeIf(this, func(s *State) {
		s.Attempt, b.attempt = nil, nil
		if err != nil && !errors.Is(err, context.Canceled) {
			s.Error = newError(err)
		}
	})
}

// changeIf changes the state while this is the sign-in under way.
func (b *Bridge) changeIf(this *signIn, edit func(*State)) {
	b.mu.Lock()
	current := b.attempt == this
	b.mu.Unlock()
	if current {
		b.change(func(s *State) {
			if b.attempt == this {
				edit(s)
			}
		})
	}
}

func (b *Bridge) cancelSignIn() State {
	return b.change(func(s *State) {
		if b.attempt != nil {
			b.attempt.cancel()
		}
		s.Attempt, b.attempt, s.Error = nil, nil, nil
	})
}

func (b *Bridge) reopenSignIn(ctx context.Context) (State, error) {
	b.mu.Lock()
	this := b.attempt
	var p authkit.Progress
	if this != nil {
		p = this.progress
	}
	b.mu.Unlock()
	if p.URL == "" {
		return State{}, &Error{Code: CodeNotExpected, Message: "no sign-in is under way", Hint: "Sign in first."}
	}
	err := p.Reopen(ctx)
	b.changeIf(this, func(s *State) {
		if s.Attempt != nil {
			next := *s.Attempt // windows may be reading the one that was emitted
			next.BrowserOpened = err == nil
			s.Attempt = &next
		}
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state, nil
}
