package vault_test

import (
	"bufio"
	"context"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Kills at moments that nobody chose, in the middle of many writes; crash_linux_test.go kills at each system call.
func TestP02_KillAtRandomLeavesTheOldRecordOrTheNew(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	dir := filepath.Join(t.TempDir(), "vault")
	for round := range rounds {
		p := start(t, "write for ever", dir)
		said := 0
		if round%4 > 0 { // else it may be killed before its first write
			said, _ = strconv.Atoi(p.says(t))
		}
		time.Sleep(time.Duration(rand.IntN(10_000)) * time.Microsecond) // the moment is the test's input
		p.Process.Kill()
		mustHold(t, dir, lastSaid(p.stdout, said))
		p.Wait()
	}
	if v := openIn(t, dir); numberIn(v.Load(context.Background(), "session")) < rounds/2 {
		t.Error("hardly anything was written: the test proved nothing")
	}
}

// lastSaid is the number that a process says last; n, when it says no more.
func lastSaid(r *bufio.Reader, n int) int {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return n
		}
		n, _ = strconv.Atoi(strings.TrimSpace(line))
	}
}

// mustHold looks for the number that was last said to be saved, or the one after it.
func mustHold(t *testing.T, dir string, said int) {
	t.Helper()
	v := openIn(t, dir)
	got := numberIn(v.Load(context.Background(), "session"))
	if said > 0 && got != said && got != said+1 {
		t.Fatalf("%d was saved, and %d is there", said, got)
	}
	mustBeWhole(t, dir)
}

// mustBeWhole makes sure that nothing was set aside, and that no more is left than belongs to two records.
func mustBeWhole(t *testing.T, dir string) {
	t.Helper()
	files := everything(t, dir)
	for name := range files {
		if strings.Contains(name, ".corrupt") {
			t.Fatalf("%s was made", name)
		}
	}
	if len(files) > 5 {
		t.Fatalf("files are left behind: %d", len(files))
	}
}
