package vault_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/authkit-desktop/authkit/vault"
)

// onDisk runs a test on a file system of its own of the given size, in a child process with its own view of the mounts:
// nothing is left behind, however it ends. Root can do that, and so can others where user namespaces are allowed.
func onDisk(t *testing.T, size string, test func(t *testing.T, disk string)) {
	t.Helper()
	if disk := os.Getenv("VAULT_TEST_DISK"); disk != "" {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size="+size); err != nil {
			t.Fatal(err)
		}
		test(t, disk)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "VAULT_TEST_DISK="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skip("this system lets nobody but root mount a small disk to fill")
	}
	if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Fatalf("%v\n%s", err, out)
	}
}

func fill(t *testing.T, disk string) (file string) {
	t.Helper()
	file = filepath.Join(disk, "ballast")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	return file
}

func TestP02_FullDiskKeepsTheOldRecordAndSaysSo(t *testing.T) {
	onDisk(t, "64k", func(t *testing.T, disk string) {
		v, ctx := openIn(t, filepath.Join(disk, "vault")), context.Background()
		mustSave(t, v, "session", "old")
		ballast := fill(t, disk)
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
	onDisk(t, "1m", func(t *testing.T, disk string) {
		dir := filepath.Join(disk, "vault")
		mustSave(t, openIn(t, dir), "session", "old")
		if err := unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
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
