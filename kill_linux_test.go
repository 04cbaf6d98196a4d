package authkit_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
	"github.com/authkit-desktop/authkit/internal/killtest"
)

// The first promise: kill -9 at any instant loses no session. The server rotates strictly, and answers a spent token
// again for 30 s, as WorkOS documents it.

// mustStillBe fails unless the session is known to a new process and can be renewed.
func (w *world) mustStillBe(id string) {
	w.Helper()
	c := w.client()
	defer func() { _ = c.Close() }()
	if s, err := c.Session(w.Context()); err != nil || s.ID != id {
		w.Fatalf("the session is lost: %v, %v", s, err)
	}
	if s, err := c.Refresh(w.Context()); err != nil || s.ID != id {
		w.Fatalf("the session cannot be renewed: %v, %v", s, err)
	}
	if broken, _ := filepath.Glob(filepath.Join(w.config.Dir, "*.corrupt*")); len(broken) > 0 {
		w.Fatalf("broken files: %v", broken)
	}
}

// killEverywhere kills a role at each of its stops in turn, or at every step-th, and calls after for each.
func (w *world) killEverywhere(role string, step int, env []string, after func(killed bool)) (stops int) {
	w.Helper()
	for n := 0; ; n += step {
		outcome, err := killtest.Run(append(w.childEnv(role, 0), env...), n)
		if err != nil {
			w.Fatalf("%s, stop %d: %v", role, n, err)
		}
		after(outcome.Killed)
		if w.Failed() {
			w.Fatalf("%s, killed at stop %d", role, n)
		}
		if !outcome.Killed {
			if n < 20 {
				w.Fatalf("%s has only %d stops: the test proved nothing", role, n)
			}
			return n
		}
	}
}

func TestP02ARefreshIsKilledAtEverySystemCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Rotation: emulator.RotateGrace})
	id := w.signIn(w.client()).ID
	stops := w.killEverywhere("refresh", size(1, 11), nil, func(bool) { w.mustStillBe(id) })
	t.Logf("%d stops", stops)
}

// Accounts move between two files; a kill in between must leave each in one of them at least.
func TestP02ASwitchOfAccountIsKilledAtEverySystemCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Rotation: emulator.RotateGrace})
	c := w.client()
	alice, carol := w.twoAccounts(c)
	_ = c.Close()
	env := []string{childAccount + "=" + alice.User.ID}
	stops := w.killEverywhere("switch account", size(1, 11), env, func(killed bool) {
		next := w.client()
		defer func() { _ = next.Close() }()
		if got := w.accounts(next); len(got) != 2 || !killed && got[0] != "alice@example.com" {
			t.Errorf("accounts %v", got)
			return
		}
		for _, s := range []*authkit.Session{alice, carol} { // carol last: she is current for the next round
			if _, err := next.SwitchAccount(t.Context(), s.User.ID); err != nil {
				t.Errorf("to %s: %v", s.User.Email, err)
			} else if got, err := next.Refresh(t.Context()); err != nil || got.ID != s.ID {
				t.Errorf("%s cannot be renewed: %v, %v", s.User.Email, got, err)
			}
		}
	})
	t.Logf("%d stops", stops)
}

func TestP02ASignOutIsKilledAtEverySystemCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{})
	c := w.client()
	w.signIn(c)
	_ = c.Close()
	w.killEverywhere("sign out", size(1, 5), nil, func(killed bool) {
		next := w.client()
		defer func() { _ = next.Close() }()
		_, err := next.Session(t.Context())
		if err != nil && !errors.Is(err, authkit.ErrSignedOut) || !killed && err == nil {
			t.Errorf("killed %v: %v", killed, err)
		}
		w.signIn(next)
	})
}

// Two processes at a time, one of which is killed at a random moment: the other gets on, and nothing is lost.
func TestP02ProcessesAreKilledAtRandomWhileOthersRefresh(t *testing.T) {
	t.Parallel()
	const workers = 2
	rounds := size(800, 40)
	var group sync.WaitGroup
	for range workers {
		w := newWorld(t, emulator.Config{Rotation: emulator.RotateGrace})
		id := w.signIn(w.client()).ID
		begun := time.Now()
		if out, err := w.child("refresh", 0).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		whole := time.Since(begun)
		group.Go(func() {
			for range rounds / workers {
				w.killOneOfTwo(rand.N(whole))
				if t.Failed() {
					return
				}
				w.mustStillBe(id)
			}
		})
	}
	group.Wait()
}

func (w *world) killOneOfTwo(after time.Duration) {
	victim, other := w.child("refresh", 0), w.child("refresh", 0)
	var said bytes.Buffer
	other.Stdout, other.Stderr = &said, &said
	if err := errors.Join(victim.Start(), other.Start()); err != nil {
		w.Error(err)
		return
	}
	time.Sleep(after) // the moment is the point
	_ = victim.Process.Kill()
	_ = victim.Wait()
	if err := other.Wait(); err != nil {
		w.Errorf("the other process: %v: %s", err, &said)
	}
}
