package vault_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/authkit-desktop/authkit/internal/disktest"
	"github.com/authkit-desktop/authkit/vault"
)

func TestP02_FullDiskKeepsTheOldRecordAndSaysSo(t *testing.T) {
	disktest.On(t, "64k", func(t *testing.T, disk string) {
		v, ctx := openIn(t, filepath.Join(disk, "vault")), context.Background()
		mustSave(t, v, "session", "old")
		ballast := disktest.Fill(t, disk)
		err := v.Update(ctx, "session", put(strings.Repeat("new", 5000)))
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "the earlier one is intact") {
			t.Fatal(err)
		}
		mustLoad(t, v, "session", "old")
		mustLoad(t, openIn(t, filepath.Join(disk, "vault")), "session", "old")
		if err := v.Update(ctx, "session", remove); err != nil {
			t.Fatalf("signing out needs no room: %v", err)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		mustSave(t, v, "session", "new")
		mustLoad(t, v, "session", "new")
	})
}

func TestP02_ReadOnlyDiskIsReadAndNotWritten(t *testing.T) {
	disktest.On(t, "1m", func(t *testing.T, disk string) {
		dir := filepath.Join(disk, "vault")
		mustSave(t, openIn(t, dir), "session", "old")
		disktest.SetReadOnly(t, disk, true)
		v := openIn(t, dir)
		mustLoad(t, v, "session", "old")
		for _, change := range []func([]byte) ([]byte, error){put("new"), remove} {
			if err := v.Update(context.Background(), "session", change); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "was not changed") {
				t.Errorf("update: %v", err)
			}
		}
		mustLoad(t, v, "session", "old")
		elsewhere := openIn(t, filepath.Join(disk, "none"))
		mustBeAbsent(t, elsewhere, "session")
		if err := elsewhere.Update(context.Background(), "session", put("x")); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "nothing can be saved") {
			t.Errorf("update: %v", err)
		}
	})
}

func TestFolderRemovedWhileRunningIsMadeAgain(t *testing.T) {
	v := open(t)
	dir := v.Storage(context.Background()).Path
	mustSave(t, v, "session", "one")
	unlock, err := v.Lock(context.Background(), "refresh")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	mustBeAbsent(t, v, "session")
	if s, err := v.Stamp("session"); err != nil || s != (vault.Stamp{}) {
		t.Error(s, err)
	}
	mustSave(t, v, "session", "two")
	unlock()
	mustLoad(t, openIn(t, dir), "session", "two")
	mustBeFree(t, v)
	if _, err := os.Stat(filepath.Join(dir, "refresh.lock")); err != nil {
		t.Errorf("the lock is not on the disk: %v", err)
	}
}

// The folder goes while somebody waits for the lock: what they get must be the lock that others ask for, too.
func TestFolderRemovedWhileWaitingForTheLock(t *testing.T) {
	v := open(t)
	dir := v.Storage(context.Background()).Path
	other := openIn(t, dir)
	unlock, err := v.Lock(context.Background(), "refresh")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan func())
	go func() {
		u, err := other.Lock(context.Background(), "refresh")
		if err != nil {
			t.Error(err)
		}
		got <- u
	}()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	unlock()
	theirs := <-got
	if _, err := os.Stat(filepath.Join(dir, "refresh.lock")); errors.Is(err, fs.ErrNotExist) {
		t.Error("the lock that was taken is on no disk")
	}
	theirs()
}
