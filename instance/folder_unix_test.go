//go:build linux || darwin

package instance

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

func TestFolderIsTheRunTimeFolderIfItIsPrivate(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	private := filepath.Join(t.TempDir(), "run")
	open := filepath.Join(t.TempDir(), "open")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(open, 0o755); err != nil {
		t.Fatal(err)
	}
	uid := strconv.Itoa(os.Geteuid())
	without := filepath.Join(temp, testApp+"-"+uid)
	if checkPrivate("/run/user/"+uid) == nil {
		without = filepath.Join("/run/user", uid, testApp)
	}
	for _, test := range []struct{ name, runtime, flatpak, want string }{
		{"private", private, "", filepath.Join(private, testApp)},
		{"in a Flatpak", private, "org.example.Notes", filepath.Join(private, "app", "org.example.Notes", testApp)},
		{"in a Flatpak with an odd name", private, "../x", filepath.Join(private, testApp)},
		{"unset", "", "", without},
		{"relative", "run", "", without},
		{"missing", filepath.Join(temp, "missing"), "", without},
		{"open to others", open, "", without},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("XDG_RUNTIME_DIR", test.runtime)
			t.Setenv("FLATPAK_ID", test.flatpak)
			got, err := folder(Config{AppID: testApp})
			if err != nil || got != test.want {
				t.Errorf("got %s, %v, want %s", got, err, test.want)
			}
		})
	}
}

func TestWithoutARunTimeFolderThereIsStillOnePrimary(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("XDG_RUNTIME_DIR", "")
	mustClaim(t, "")
	mustHandOver(t, "", "")
}

// The lock file was deleted under the primary, as a cleaner of old files may do. Whoever opened it before must not take the
// lock on the deleted file for the lock.
func TestLockOnADeletedFileDoesNotCount(t *testing.T) {
	path := filepath.Join(t.TempDir(), lockName)
	lock, err := takeLock(path)
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	defer func() { _ = lock.Unlock() }()
	if !stillAt(path, lock) {
		t.Error("the lock does not count though its file is there")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if stillAt(path, lock) {
		t.Error("the lock counts though its file is gone")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if stillAt(path, lock) {
		t.Error("the lock counts though another file is in its place")
	}
}

func TestP03_LockFileOutlivesItsPrimary(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, testApp, lockName)
	before := mustClose(t, mustClaim(t, dir), path)
	if after := mustClose(t, mustClaim(t, dir), path); !os.SameFile(before, after) {
		t.Error("the lock file was made anew")
	}
	if before.Mode().Perm() != 0o600 {
		t.Errorf("the lock file has mode %v", before.Mode())
	}
	if _, err := os.Lstat(filepath.Join(dir, testApp, socketName)); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}

func mustClose(t *testing.T, p *Primary, path string) os.FileInfo {
	t.Helper()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestFilesStayFreshForCleaners(t *testing.T) {
	dir := t.TempDir()
	p := mustClaim(t, dir)
	old := time.Now().Add(-72 * time.Hour)
	paths := []string{filepath.Join(dir, testApp, lockName), filepath.Join(dir, testApp, socketName)}
	for _, path := range paths {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.listener.keepFresh(ctx, time.Millisecond)
	}()
	defer func() { cancel(); <-done }()
	for _, path := range paths {
		mustBecomeFresh(t, path)
	}
}

func mustBecomeFresh(t *testing.T, path string) {
	t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for end := time.After(patience); ; {
		select {
		case <-end:
			t.Fatalf("%s was not touched", path)
		case <-look.C:
			if info, err := os.Lstat(path); err == nil && time.Since(info.ModTime()) < time.Hour {
				return
			}
		}
	}
}
