package instance

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"
)

// suspend and resume are a file per system.

func TestA22_StoppedPrimaryIsNamedWithinTheTimeoutAndNeverActsOnTheMessage(t *testing.T) {
	dir := t.TempDir()
	first := startApp(t, dir, "")
	first.mustSay("primary")
	suspend(t, first)
	for range 3 {
		const timeout = 200 * time.Millisecond
		start := time.Now()
		_, err := claimWithin(t, timeout, dir, "the caller keeps it")
		if took := time.Since(start); !errors.Is(err, ErrUnresponsive) || took < timeout || took > patience/2 {
			t.Fatalf("after %v Claim returned %v, want ErrUnresponsive", took, err)
		}
	}
	resume(t, first)
	mustHandOver(t, dir, "after the stop")
	first.mustSay("message after the stop")
}

func TestA22_StoppedPrimaryIsReplacedOnceItIsEnded(t *testing.T) {
	dir := t.TempDir()
	first := startApp(t, dir, "")
	first.mustSay("primary")
	suspend(t, first)
	_, err := claimWithin(t, 100*time.Millisecond, dir, "")
	if pid := strconv.Itoa(first.cmd.Process.Pid); err == nil || !strings.Contains(err.Error(), "process "+pid) {
		t.Fatalf("Claim returned %v, want the process id %s in it", err, pid)
	}
	first.kill()
	mustClaim(t, dir)
}

// Claims that wait for a stopped primary are answered when it goes on.
func TestA22_PrimaryThatGoesOnInTimeTakesTheWaitingMessages(t *testing.T) {
	dir := t.TempDir()
	first := startApp(t, dir, "")
	first.mustSay("primary")
	suspend(t, first)
	waiting := startMany(t, dir, 5)
	if _, err := claimWithin(t, 100*time.Millisecond, dir, ""); !errors.Is(err, ErrUnresponsive) {
		t.Fatal(err)
	}
	resume(t, first)
	for range waiting {
		first.says()
	}
	for _, p := range waiting {
		p.mustSay("handed over")
	}
}
