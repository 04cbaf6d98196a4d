package authkit_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
	"github.com/authkit-desktop/authkit/vault"
)

// sessionFiles are the sealed files of the session, with what they hold.
func (w *world) sessionFiles() map[string][]byte {
	w.Helper()
	files := map[string][]byte{}
	paths, err := filepath.Glob(filepath.Join(w.config.Dir, "session-default.sealed"))
	if err != nil {
		w.Fatal(err)
	}
	for _, path := range paths {
		if data, err := os.ReadFile(path); err == nil && len(data) > 0 {
			files[path] = data
		}
	}
	return files
}

func (w *world) eventuallyRewritten(old map[string][]byte) {
	w.Helper()
	eventually(w.T, "the session is written again", func() bool {
		for path, data := range w.sessionFiles() {
			if !bytes.Equal(data, old[path]) {
				return true
			}
		}
		return false
	})
}

// A18: somebody restores the folder from a backup while the app runs.
func TestA18ARestoredBackupIsSurvived(t *testing.T) {
	w, k := atClock(t, emulator.Config{})
	c := w.client()
	w.signIn(c)
	backup := w.sessionFiles()
	k.advance(6 * time.Minute)
	token := w.token(c)
	for path, data := range backup {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	k.advance(2 * time.Second)
	if w.token(c) != token {
		t.Fatal("the spent token of the backup was adopted")
	}
	w.eventuallyRewritten(backup)
	if w.token(w.client()) != token {
		t.Error("the next process has another token")
	}
}

// A file that is damaged while the app runs costs nobody the session either: memory has it.
func TestAFileThatIsDamagedWhileTheAppRunsIsWrittenAgain(t *testing.T) {
	w, k := atClock(t, emulator.Config{})
	c := w.client()
	s := w.signIn(c)
	for path, data := range w.sessionFiles() {
		if err := os.WriteFile(path, data[:len(data)/2], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	k.advance(time.Second)
	if got, err := c.Session(t.Context()); err != nil || got.ID != s.ID {
		t.Fatalf("Session = %v, %v", got, err)
	}
	w.sealedAgain(s)
	k.advance(6 * time.Minute)
	w.token(c)
}

func TestAFolderThatWasTidiedUpIsWrittenAgain(t *testing.T) {
	w, k := atClock(t, emulator.Config{})
	c := w.client()
	s := w.signIn(c)
	if err := os.RemoveAll(w.config.Dir); err != nil {
		t.Fatal(err)
	}
	k.advance(2 * time.Second)
	if got, err := c.Session(t.Context()); err != nil || got.ID != s.ID {
		t.Fatalf("Session = %v, %v", got, err)
	}
	w.sealedAgain(s)
}

// A full or read-only disk keeps nobody from working: the renewed session is in memory, says so, and is saved later.
func TestAFailedSaveKeepsTheSessionInMemoryAndTriesAgain(t *testing.T) {
	w, k := atClock(t, emulator.Config{})
	c := w.client()
	w.signIn(c)
	old := w.sessionFiles()
	mend := w.withoutFolder()
	k.advance(6 * time.Minute)
	token := w.token(c)
	if s, err := c.Session(t.Context()); err != nil || s.Err == nil || s.Stale {
		t.Fatalf("Session = %+v, %v", s, err)
	}
	mend()
	w.eventuallyRewritten(old)
	if w.token(w.client()) != token {
		t.Error("the next process has another token")
	}
	if n := w.server.Count(emulator.Refresh); n != 1 {
		t.Errorf("%d refreshes, want 1", n)
	}
}

// withoutFolder puts a file where the folder should be, so that nothing can be read or written until mend.
func (w *world) withoutFolder() (mend func()) {
	w.Helper()
	aside := w.config.Dir + "-aside"
	if err := errors.Join(os.Rename(w.config.Dir, aside), os.WriteFile(w.config.Dir, nil, 0o600)); err != nil {
		w.Fatal(err)
	}
	return func() {
		w.Helper()
		if err := errors.Join(os.Remove(w.config.Dir), os.Rename(aside, w.config.Dir)); err != nil {
			w.Fatal(err)
		}
	}
}

// A sign-in that could not be saved was undone by the session that it had replaced, as soon as that could be read again.
func TestASignInThatCannotBeSavedReplacesAllTheSame(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	w.signIn(c)
	mend := w.withoutFolder()
	carol := w.signIn(c, authkit.LoginHint("carol@example.com"))
	if carol.Err == nil {
		t.Error("nobody is told that the session cannot be saved")
	}
	mend()
	eventually(t, "the session is saved", func() bool {
		s, err := c.Session(t.Context())
		if err != nil || s.ID != carol.ID {
			t.Fatalf("Session = %v, %v", s, err)
		}
		return s.Err == nil
	})
	if s, err := w.client().Session(t.Context()); err != nil || s.ID != carol.ID {
		t.Errorf("the next start knows %v, %v", s, err)
	}
}

// The answer was lost, the server has rotated: inside the grace period the same token gives the same pair.
func TestALostAnswerIsAskedForAgainWithinTheGrace(t *testing.T) {
	w, k := atClock(t, emulator.Config{Rotation: emulator.RotateGrace})
	c := w.client()
	w.signIn(c)
	k.advance(6 * time.Minute)
	w.server.AddFaults(emulator.Fault{Route: emulator.Refresh, Drop: emulator.DropDone})
	w.token(c)
	if n := w.server.Count(emulator.Refresh); n != 2 {
		t.Errorf("%d refreshes, want 2", n)
	}
}

func TestAnOutageOfTheKeysBlocksNobody(t *testing.T) {
	w := newWorld(t, emulator.Config{Faults: []emulator.Fault{{Route: emulator.JWKS, Status: 503, Times: emulator.Forever}}})
	c := w.client()
	w.signIn(c)
	w.token(c)
}

// A24: a refresh that answers with another person, in the token, in the description or in both, changes nothing.
func TestA24ATokenOfAnotherPersonIsRefused(t *testing.T) {
	w := newWorld(t, emulator.Config{Rotation: emulator.RotateNever})
	bob := w.client(func(cfg *authkit.Config) { cfg.Dir += "-bob" })
	him := map[string]any{"object": "user", "id": w.signIn(bob, authkit.LoginHint("bob@example.com")).User.ID, "email": "bob@example.com"}
	foreign := w.token(bob)
	c := w.client()
	s := w.signIn(c)
	for name, patch := range map[string]map[string]any{
		"his token":      {"access_token": foreign},
		"his name":       {"user": him},
		"nobody's name":  {"user": map[string]any{"object": "user", "email": "alice@example.com"}},
		"token and name": {"access_token": foreign, "user": him},
	} {
		w.server.AddFaults(emulator.Fault{Route: emulator.Refresh, Times: emulator.Forever, Patch: patch})
		if _, err := c.Refresh(t.Context()); !errors.Is(err, authkit.ErrOffline) || !strings.Contains(err.Error(), "person") {
			t.Errorf("%s: Refresh = %v", name, err)
		}
		if got, err := c.Session(t.Context()); err != nil || got.User.ID != s.User.ID || got.User.Email != s.User.Email || got.ID != s.ID {
			t.Errorf("%s: Session = %+v, %v", name, got, err)
		}
		w.server.ClearFaults()
		if _, err := c.Refresh(t.Context()); err != nil {
			t.Errorf("%s: afterwards: %v", name, err)
		}
	}
}

// A16: this machine's clock is a day off, either way, and the server does or does not tell the time.
func TestA16AClockThatIsADayOff(t *testing.T) {
	for _, off := range []time.Duration{24 * time.Hour, -24 * time.Hour} {
		for _, silent := range []bool{true, false} {
			w := newWorld(t, emulator.Config{NoDate: silent})
			k := &clock{add: off}
			w.config.Now = k.now
			c := w.client()
			w.signIn(c)
			first := w.token(c)
			if w.token(w.client()) != first {
				t.Errorf("off by %v: another process does not take the token", off)
			}
			k.advance(6 * time.Minute)
			if w.token(c) == first {
				t.Errorf("off by %v: an old token was handed out", off)
			}
			if n := w.server.Count(emulator.Refresh); n != 1 {
				t.Errorf("off by %v: %d refreshes, want 1", off, n)
			}
		}
	}
}

// A16: a clock that jumps costs a refresh at most.
func TestA16AClockThatJumps(t *testing.T) {
	w := newWorld(t, emulator.Config{Rotation: emulator.RotateStrict})
	k := &clock{}
	w.config.Now = k.now
	c := w.client()
	w.signIn(c)
	for _, jump := range []time.Duration{36 * time.Hour, -72 * time.Hour, 36 * time.Hour} {
		k.advance(jump)
		w.token(c)
		w.token(w.client())
	}
	if _, err := c.Session(t.Context()); err != nil {
		t.Error(err)
	}
	if n := w.server.Count(emulator.Refresh); n > 4 {
		t.Errorf("%d refreshes", n)
	}
}

func TestARefreshIsFinishedBeforeCloseReturns(t *testing.T) {
	w, k := atClock(t, emulator.Config{Faults: []emulator.Fault{{Route: emulator.Refresh, Latency: 300 * time.Millisecond}}})
	c := w.client()
	w.signIn(c)
	k.advance(6 * time.Minute)
	go func() { _, _ = c.AccessToken(context.WithoutCancel(t.Context())) }()
	eventually(t, "the refresh is under way", func() bool { return w.server.Count(emulator.Refresh) == 1 })
	_ = c.Close()
	w.token(w.client()) // the rotated token is in the vault
	if n := w.server.Count(emulator.Refresh); n != 1 {
		t.Errorf("%d refreshes, want 1: the answer was thrown away", n)
	}
}

func TestOfflineComesAndGoesByItselfForThoseWhoSubscribe(t *testing.T) {
	w, k := atClock(t, emulator.Config{})
	c := w.client()
	w.signIn(c)
	states := make(chan bool, 100)
	defer c.Subscribe(func(e authkit.Event) { states <- e.Session != nil && e.Session.Err != nil })()
	<-states
	k.advance(6 * time.Minute)
	w.server.AddFaults(emulator.Fault{Route: emulator.Refresh, Status: 503, Times: 8})
	if _, err := c.AccessToken(t.Context()); !errors.Is(err, authkit.ErrOffline) || !strings.Contains(err.Error(), "stays signed in") {
		t.Fatalf("AccessToken = %v", err)
	}
	for want := range 2 {
		for deadline := time.After(20 * time.Second); ; {
			select {
			case offline := <-states:
				if offline != (want == 0) {
					continue
				}
			case <-deadline:
				t.Fatalf("subscribers were not told; step %d", want)
			}
			break
		}
	}
}

// A22: a process that is stopped keeps the lock. The others wait for it once, then go on without.
func TestA22AStoppedProcessKeepsNobodyFromRefreshing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{})
	c := w.client()
	s := w.signIn(c)
	w.holdRefreshLock()
	if got, err := c.Refresh(t.Context()); err != nil || got.ID != s.ID {
		t.Errorf("Refresh = %v, %v", got, err)
	}
}

// C26, A22: without the lock, invalid_grant is no proof that the session has ended: the process that is stopped may have
// spent the token, and not saved the next one yet.
func TestC26A22WithoutTheLockNobodyIsSignedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{})
	c := w.client()
	s := w.signIn(c)
	unlock := w.holdRefreshLock()
	w.server.RevokeSession(s.ID)
	if _, err := c.Refresh(t.Context()); !errors.Is(err, authkit.ErrOffline) {
		t.Errorf("with the lock held: %v", err)
	}
	unlock()
	if _, err := c.Refresh(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
		t.Errorf("with the lock: %v", err)
	}
}

// holdRefreshLock is a process that was stopped in the middle of a refresh.
func (w *world) holdRefreshLock() (unlock func()) {
	w.Helper()
	v, err := vault.New(vault.Config{Dir: w.config.Dir, AppID: w.config.AppID, Passphrase: testSecret})
	if err != nil {
		w.Fatal(err)
	}
	unlock, err = v.Lock(w.Context(), "refresh-default")
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(unlock)
	return unlock
}
