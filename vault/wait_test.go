package vault

import (
	"path/filepath"
	"testing"

	"github.com/gofrs/flock"
)

// The lock comes in the very moment in which the last to want it goes: too short to be hit from outside.
func TestWaitThatIsOverWhenItIsAbandonedLetsTheLockGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	w := startWait(flock.New(path))
	w.done <- <-w.done // until it has the lock
	w.abandon()
	if w.resume() {
		t.Error("there is nothing left to take over")
	}
	next := flock.New(path)
	defer next.Close()
	if free, err := next.TryLock(); !free || err != nil {
		t.Errorf("the lock is held by nobody: %v, %v", free, err)
	}
}
