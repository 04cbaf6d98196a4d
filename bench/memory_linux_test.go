package main

import (
	"os"
	"runtime"
	"testing"
)

// A child's account began with what its parent had in memory, so that a hello world needed as much as the bench.
func TestTheMemoryOfAProgramIsItsOwn(t *testing.T) {
	ours := make([]byte, 64<<20)
	for i := 0; i < len(ours); i += 4096 {
		ours[i] = 1
	}
	peak, err := peakMemory(t.Context(), os.Environ(), []string{"/bin/true"})
	if err != nil {
		t.Fatal(err)
	}
	if peak <= 0 || peak > 16<<20 {
		t.Errorf("/bin/true took %d bytes", peak)
	}
	runtime.KeepAlive(ours)
}

func TestAProgramThatFailsIsNotMeasured(t *testing.T) {
	if peak, err := peakMemory(t.Context(), os.Environ(), []string{"/bin/false"}); err == nil {
		t.Errorf("/bin/false took %d bytes", peak)
	}
}

func TestTheMemoryOfARunningProcessIsRead(t *testing.T) {
	if peak, err := peakSoFar(os.Getpid()); err != nil || peak <= 0 {
		t.Errorf("peakSoFar = %d, %v", peak, err)
	}
}
