package vault_test

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/vault"
)

// stuckKeychain answers when it is told to.
type stuckKeychain struct {
	calls  atomic.Int32
	answer chan struct{}
}

func (k *stuckKeychain) Get(string, string) (string, error) {
	k.calls.Add(1)
	<-k.answer
	return "", vault.ErrNoKey
}

func (k *stuckKeychain) Set(string, string, string) error { return errors.New("read only") }

func TestP04_HangingKeychainCostsOneGoroutine(t *testing.T) {
	k := &stuckKeychain{answer: make(chan struct{})}
	defer close(k.answer)
	before := runtime.NumGoroutine()
	v := open(t, func(c *vault.Config) { c.Passphrase, c.Keychain, c.KeychainTimeout = "", k, 200*time.Millisecond })
	begin := time.Now()
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			v.Storage(context.Background())
			v.Update(context.Background(), "session", put("x"))
		})
	}
	wg.Wait()
	if took := time.Since(begin); took > 10*time.Second { // one after the other: 40 s
		t.Errorf("they waited for each other's deadlines, %v in all", took)
	}
	if n := k.calls.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	mustFallTo(t, before+1)
	mustLoad(t, v, "session", "x")
}

// mustFallTo waits until there are no more than n goroutines: those that have done their work need a moment to end.
func mustFallTo(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, at most %d are due", runtime.NumGoroutine(), n)
		}
	}
}

// Its deadline has long passed by then, which must not count against it.
func TestKeychainIsAskedAgainOnceALateAnswerHasCome(t *testing.T) {
	for range 20 {
		k := &stuckKeychain{answer: make(chan struct{})}
		v := open(t, func(c *vault.Config) { c.Passphrase, c.Keychain, c.KeychainTimeout = "", k, time.Millisecond })
		if s := v.Storage(context.Background()); !errors.Is(s.Cause, vault.ErrHangs) {
			t.Fatalf("%+v", s)
		}
		close(k.answer)
		<-v.KeychainCallOver()
		// A busy machine may not start the next call within its millisecond either; that one's late answer counts then.
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			s := v.Storage(context.Background())
			if s.Kind == vault.InKeychain {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%+v", s)
			}
		}
	}
}

// A caller who goes does not decide that the keychain is broken.
func TestCancelledCallDoesNotGiveUpTheKeychain(t *testing.T) {
	k := &stuckKeychain{answer: make(chan struct{})}
	v := open(t, func(c *vault.Config) { c.Passphrase, c.Keychain = "", k })
	err := v.Update(within(t, 20*time.Millisecond), "session", put("x"))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	close(k.answer)
	if s := v.Storage(context.Background()); s.Kind != vault.InKeychain {
		t.Errorf("%+v", s)
	}
}

// Two find no key at the same moment; the second to get the lock must not put its own over the first one's.
func TestFirstKeyIsMadeOnceByVaultsThatBothFoundNone(t *testing.T) {
	k := &raceKeychain{}
	k.both.Add(2)
	dir := filepath.Join(t.TempDir(), "vault")
	with := func(c *vault.Config) { c.Passphrase, c.Keychain = "", k }
	var wg sync.WaitGroup
	for _, name := range []string{"session", "other"} {
		wg.Go(func() {
			if err := openIn(t, dir, with).Update(context.Background(), name, put(name)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, name := range []string{"session", "other"} {
		mustLoad(t, openIn(t, dir, with), name, name)
	}
}

// raceKeychain makes the first two callers wait for each other.
type raceKeychain struct {
	mu    sync.Mutex
	inner memoryKeychain
	calls int
	both  sync.WaitGroup
}

func (k *raceKeychain) Get(service, user string) (string, error) {
	k.mu.Lock()
	k.calls++
	first := k.calls <= 2
	text, err := k.inner.Get(service, user)
	k.mu.Unlock()
	if first {
		k.both.Done()
		k.both.Wait()
	}
	return text, err
}

func (k *raceKeychain) Set(service, user, text string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.inner.Set(service, user, text)
}

// Some keychains can be read and not written.
func TestKeychainThatKeepsNothingMeansMemory(t *testing.T) {
	for name, k := range map[string]vault.Keychain{"refuses": &readOnlyKeychain{}, "forgets": &forgetfulKeychain{}} {
		v := open(t, func(c *vault.Config) { c.Passphrase, c.Keychain = "", k })
		calls := 0
		err := v.Update(context.Background(), "session", func(old []byte) ([]byte, error) { calls++; return []byte("one"), nil })
		if err != nil || calls != 1 {
			t.Errorf("%s: %d calls, %v", name, calls, err)
		}
		mustLoad(t, v, "session", "one")
		if s := v.Storage(context.Background()); s.Kind != vault.InMemory {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

type readOnlyKeychain struct{ stuckKeychain }

func (*readOnlyKeychain) Get(string, string) (string, error) { return "", vault.ErrNoKey }

type forgetfulKeychain struct{ readOnlyKeychain }

func (*forgetfulKeychain) Set(string, string, string) error { return nil }

func TestMissingToolIsNamed(t *testing.T) {
	_, err := exec.Command("no-such-tool-of-the-keychain").Output()
	v := open(t, func(c *vault.Config) { c.Passphrase, c.Keychain = "", failingKeychain{vault.Classify(err)} })
	if s := v.Storage(context.Background()); !errors.Is(s.Cause, vault.ErrNoTool) || !strings.Contains(s.Why, "no-such-tool") {
		t.Errorf("%+v", s)
	}
}

type failingKeychain struct{ err error }

func (k failingKeychain) Get(string, string) (string, error) { return "", k.err }
func (k failingKeychain) Set(string, string, string) error   { return k.err }
