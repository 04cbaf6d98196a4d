package main

import (
	"testing"
	"time"
)

func TestAProcesssLineIsReadWhateverItsNameIs(t *testing.T) {
	line := "42 (a ) b (c) S 7 42 42 0 -1 4194560 1 0 0 0 150 50 9 9 20 0 1 0 100 1 1 1"
	pid, parent, cpu, ok := parseStat(line)
	if pid != 42 || parent != 7 || cpu != 2*time.Second || !ok {
		t.Errorf("pid %d, parent %d, %v, %v", pid, parent, cpu, ok)
	}
	for _, broken := range []string{"", "unknown", "42 (a) S 7", "42 (a) S x 42 42 0 -1 4194560 1 0 0 0 150 50"} {
		if _, _, _, ok := parseStat(broken); ok {
			t.Errorf("%q was taken", broken)
		}
	}
}

func TestAProcessOwnsWhatItHasStarted(t *testing.T) {
	parents := map[int]int{2: 1, 10: 2, 11: 10, 12: 11, 20: 2}
	for pid, want := range map[int]bool{10: true, 11: true, 12: true, 20: false, 2: false, 1: false, 99: false} {
		if got := descends(parents, pid, 10); got != want {
			t.Errorf("%d: %v", pid, got)
		}
	}
}
