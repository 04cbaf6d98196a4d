package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheDiskIsThatOfTheNearestMountAbove(t *testing.T) {
	mounts := filepath.Join(t.TempDir(), "mounts")
	list := "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmp/bench xfs rw 0 0\n"
	if err := os.WriteFile(mounts, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]string{"/home": "ext4", "/tmp": "tmpfs", "/tmp/benchmarks": "tmpfs", "/tmp/bench/x": "xfs"} {
		if got := fileSystem(mounts, folder); got != want {
			t.Errorf("%s is on %s, want %s", folder, got, want)
		}
	}
	if got := fileSystem(filepath.Join(t.TempDir(), "none"), "/"); got != "unknown" {
		t.Errorf("without a list: %s", got)
	}
}
