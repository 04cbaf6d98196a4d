package vault

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync/atomic"
	"time"

	"github.com/zalando/go-keyring"
)

// What can be wrong with a keychain. [Storage].Cause is one of these, with the detail wrapped beside it.
var (
	ErrNoBus      = errors.New("there is no D-Bus session bus")
	ErrNoService  = errors.New("no keychain service answers")
	ErrLocked     = errors.New("the keychain is locked")
	ErrHangs      = errors.New("the keychain does not answer in time")
	ErrNoTool     = errors.New("the program that talks to the keychain is missing")
	ErrForeignKey = errors.New("the keychain item holds something else than a key")
	ErrKeychain   = errors.New("the keychain failed")
)

// ErrNoKey is returned by [Keychain.Get] when the item does not exist.
var ErrNoKey = errors.New("vault: no such item in the keychain")

// Keychain stores short texts under a service and a user. It is called by one goroutine at a time, and may block: the
// vault waits no longer than Config.KeychainTimeout.
type Keychain interface {
	Get(service, user string) (string, error) // ErrNoKey when there is no such item
	Set(service, user, text string) error
}

// systemKeychain is the Secret Service, the Keychain of macOS, or the Credential Manager of Windows.
type systemKeychain struct {
	locked atomic.Bool // as of the last call
	bare   atomic.Bool // there is no default keyring to keep things in
}

func (k *systemKeychain) Get(service, user string) (string, error) {
	if err := k.reach(); err != nil {
		return "", err
	}
	text, err := keyring.Get(service, user)
	if errors.Is(err, keyring.ErrNotFound) {
		return "", ErrNoKey
	}
	return text, k.explain(err)
}

func (k *systemKeychain) Set(service, user, text string) error {
	if err := k.reach(); err != nil {
		return err
	}
	return k.explain(keyring.Set(service, user, text))
}

// explain knows that go-keyring says of a keyring that does not exist that it could not be unlocked.
func (k *systemKeychain) explain(err error) error {
	if err = classify(err); errors.Is(err, ErrLocked) && k.bare.Load() {
		return fmt.Errorf("%w: it has no default keyring", ErrNoService)
	}
	return err
}

// classify finds the name for what went wrong, and keeps the detail.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if name := classifySystem(err); name != nil {
		return fmt.Errorf("%w (%w)", name, err)
	}
	if _, ok := errors.AsType[*exec.Error](err); ok {
		return fmt.Errorf("%w (%w)", ErrNoTool, err)
	}
	if errors.Is(err, keyring.ErrUnsupportedPlatform) {
		return fmt.Errorf("%w (%w)", ErrNoService, err)
	}
	return fmt.Errorf("%w (%w)", ErrKeychain, err)
}

// advice tells the person what to do about a keychain that cannot be used.
func advice(err error) string {
	const orPassphrase = ", or give the program an encryption secret (`" + goodPassphrase + "`)"
	switch {
	case errors.Is(err, ErrNoFolder):
		return "give the account a home folder (HOME), or the program a folder of its own"
	case errors.Is(err, ErrNoBus):
		return "start the program in a desktop session" + orPassphrase
	case errors.Is(err, ErrNoService):
		return "install and start a keyring such as gnome-keyring or KWallet" + orPassphrase
	case errors.Is(err, ErrLocked):
		return "unlock the keychain and start the program again" + orPassphrase
	case errors.Is(err, ErrForeignKey):
		return "remove that item if nothing else needs it" + orPassphrase
	}
	return "restart the keychain or log in again" + orPassphrase
}

// unavailable says that the keychain cannot be used now, as against: it works and has no such key.
type unavailable struct {
	error
	hanging *call // the call that was left behind, if one was
}

func (u unavailable) Unwrap() error { return u.error }

func isUnavailable(err error) bool {
	_, ok := errors.AsType[unavailable](err)
	return ok
}

// patientKeychain puts a deadline on a keychain. The calls cannot be cancelled, so one that hangs is left behind; no
// other is made until it returns, which keeps it at one goroutine. One goroutine at a time may use it.
type patientKeychain struct {
	Keychain
	timeout time.Duration
	hanging *call // nil: none
}

type call struct {
	began time.Time
	done  chan struct{}
	text  string
	err   error
}

// run survives a panic: go-keyring's takes what the service sends on trust, and the end of the bus for an answer.
func (c *call) run(f func() (string, error)) {
	defer close(c.done)
	defer func() {
		if r := recover(); r != nil {
			c.err = fmt.Errorf("%w (%v)", ErrKeychain, r)
		}
	}()
	c.text, c.err = f()
}

func newPatientKeychain(k Keychain, timeout time.Duration) *patientKeychain {
	if k == nil {
		k = &systemKeychain{}
	}
	if timeout <= 0 {
		timeout = 3 * time.Second
	}
	return &patientKeychain{Keychain: k, timeout: timeout}
}

func (p *patientKeychain) get(ctx context.Context, service, user string) (string, error) {
	return p.do(ctx, func() (string, error) { return p.Get(service, user) })
}

func (p *patientKeychain) set(ctx context.Context, service, user, text string) error {
	_, err := p.do(ctx, func() (string, error) { return "", p.Set(service, user, text) })
	return err
}

func (p *patientKeychain) do(ctx context.Context, f func() (string, error)) (string, error) {
	if p.hanging != nil { // its answer may be to another question: only its end matters
		if err := p.wait(ctx, p.hanging); err != nil {
			return "", err
		}
	}
	c := &call{began: time.Now(), done: make(chan struct{})}
	p.hanging = c
	go c.run(f)
	if err := p.wait(ctx, c); err != nil {
		return "", err
	}
	if c.err != nil && !errors.Is(c.err, ErrNoKey) && !errors.Is(c.err, keyring.ErrNotFound) {
		return "", unavailable{c.err, nil}
	} else if c.err != nil {
		return "", ErrNoKey
	}
	return c.text, nil
}

// wait counts from the beginning of the call, so that of many who ask at once none waits longer than the first.
func (p *patientKeychain) wait(ctx context.Context, c *call) error {
	deadline := time.NewTimer(time.Until(c.began.Add(p.timeout)))
	defer deadline.Stop()
	select {
	case <-c.done:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-deadline.C:
		if !c.over() { // it may have ended in the meantime, after being left behind
			return unavailable{p.whyNoAnswer(), c}
		}
	}
	p.hanging = nil
	return nil
}

// A locked keychain asks the person, and answers when they have. That is another thing than one that is frozen.
func (p *patientKeychain) whyNoAnswer() error {
	if s, ok := p.Keychain.(*systemKeychain); ok && s.locked.Load() {
		return fmt.Errorf("%w and nobody answered its prompt within %v", ErrLocked, p.timeout)
	}
	return fmt.Errorf("%w (%v)", ErrHangs, p.timeout)
}

// answered says whether a call that was left behind has come to a good end since.
func (c *call) answered() bool {
	return c != nil && c.over() && (c.err == nil || errors.Is(c.err, ErrNoKey))
}

func (c *call) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}
