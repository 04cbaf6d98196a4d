package instance

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func find(t *testing.T, dir string, timeout time.Duration) (int, error) {
	t.Helper()
	return Find(t.Context(), Config{AppID: testApp, Dir: dir, Timeout: timeout})
}

func mustFind(t *testing.T, dir string, want int) {
	t.Helper()
	if pid, err := find(t, dir, patience); pid != want || err != nil {
		t.Fatalf("Find returned %d, %v; want %d", pid, err, want)
	}
}

func TestFindNamesThePrimaryAndTellsItNothing(t *testing.T) {
	dir := t.TempDir()
	mustFind(t, dir, 0)
	if _, err := os.Stat(filepath.Join(dir, testApp)); !errors.Is(err, os.ErrNotExist) {
		t.Error("to look for an app left a folder behind")
	}
	first := startApp(t, dir, "")
	first.mustSay("primary")
	for range 100 {
		mustFind(t, dir, first.cmd.Process.Pid)
	}
	mustHandOver(t, dir, "the first word")
	first.mustSay("message the first word")
	first.kill()
	mustFind(t, dir, 0)
	mustClaim(t, dir)
}

func TestA22_FindNamesAStoppedPrimaryWithinTheTimeout(t *testing.T) {
	dir := t.TempDir()
	first := startApp(t, dir, "")
	first.mustSay("primary")
	suspend(t, first)
	_, err := find(t, dir, 200*time.Millisecond)
	if pid := strconv.Itoa(first.cmd.Process.Pid); !errors.Is(err, ErrUnresponsive) || !strings.Contains(err.Error(), "process "+pid) {
		t.Fatalf("Find returned %v, want ErrUnresponsive with process %s", err, pid)
	}
	resume(t, first)
	mustFind(t, dir, first.cmd.Process.Pid)
}
