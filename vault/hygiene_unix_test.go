//go:build unix

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
	"time"

	"github.com/authkit-desktop/authkit/vault"
)

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

// A19 too: whatever the umask, and what a backup or a careless person made of the modes of files.
func TestP01_FolderIs0700AndFilesAre0600WhateverTheUmask(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o077, 0o777} {
		dir := filepath.Join(t.TempDir(), "vault")
		v := openIn(t, dir)
		before := syscall.Umask(umask)
		for range 2 { // the second write has the first one's file to write over
			mustSave(t, v, "session", "one")
		}
		unlock, err := v.Lock(context.Background(), "refresh")
		syscall.Umask(before)
		if err != nil {
			t.Fatal(err)
		}
		unlock()
		if m := modeOf(t, dir); m != fs.ModeDir|0o700 {
			t.Errorf("umask %03o: the folder is %v", umask, m)
		}
		for file := range everything(t, dir) {
			if m := modeOf(t, filepath.Join(dir, file)); m != 0o600 {
				t.Errorf("umask %03o: %s is %v", umask, file, m)
			}
		}
	}
}

func TestP01_LooserFileIsTightenedAndRead(t *testing.T) {
	v := open(t)
	mustSave(t, v, "session", "one")
	file := filepath.Join(v.Storage(context.Background()).Path, "session.sealed")
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, v, "session", "one")
	if m := modeOf(t, file); m != 0o600 {
		t.Errorf("it is %v", m)
	}
}

// refusals are things in the place of the folder, or of a file in it, that somebody else may have planted.
var folderRefusals = map[string]struct {
	plant func(dir, elsewhere string) error
	says  string
}{
	"looser":   {func(dir, _ string) error { return os.Mkdir(dir, 0o755) }, "chmod 700"},
	"link":     {func(dir, other string) error { return errors.Join(os.Mkdir(other, 0o700), os.Symlink(other, dir)) }, "symbolic link"},
	"dangling": {func(dir, other string) error { return os.Symlink(other, dir) }, "symbolic link"},
	"file":     {func(dir, _ string) error { return os.WriteFile(dir, nil, 0o600) }, "plain file"},
}

func TestP01_FolderThatIsNotOursAloneIsRefused(t *testing.T) {
	for kind, c := range folderRefusals {
		t.Run(kind, func(t *testing.T) {
			base := t.TempDir()
			dir, other := filepath.Join(base, "vault"), filepath.Join(base, "elsewhere")
			if err := c.plant(dir, other); err != nil {
				t.Fatal(err)
			}
			if kind == "looser" {
				os.Chmod(dir, 0o755) // whatever the umask of whoever runs the tests
			}
			mustRefuse(t, openIn(t, dir), c.says)
			if left := everything(t, other); len(left) > 0 {
				t.Errorf("written elsewhere: %v", left)
			}
		})
	}
}

func mustRefuse(t *testing.T, v *vault.Vault, says string) {
	t.Helper()
	ctx := within(t, 10*time.Second)
	_, loaded := v.Load(ctx, "session")
	saved := v.Update(ctx, "session", put("secret"))
	for what, err := range map[string]error{"load": loaded, "update": saved} {
		if !errors.Is(err, vault.ErrUnsafe) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q in it", what, err, says)
		}
	}
}

func TestA19_FileThatSomebodyPlantedIsRefused(t *testing.T) {
	for kind, plant := range map[string]func(path, other string) error{
		"symbolic link": func(path, other string) error { return os.Symlink(other, path) },
		"hard link":     func(path, other string) error { return os.Link(other, path) },
		"pipe":          func(path, _ string) error { return syscall.Mkfifo(path, 0o600) },
		"folder":        func(path, _ string) error { return os.Mkdir(path, 0o700) },
	} {
		t.Run(kind, func(t *testing.T) {
			v := open(t)
			mustSave(t, v, "session", "one")
			dir := v.Storage(context.Background()).Path
			path, other := filepath.Join(dir, "session.sealed"), filepath.Join(filepath.Dir(dir), "other")
			if err := errors.Join(os.Rename(path, other), plant(path, other)); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(other)
			mustRefuse(t, v, kind)
			if after, _ := os.ReadFile(other); string(after) != string(before) {
				t.Error("the file that it leads to was changed")
			}
		})
	}
}

// What stands in the way of a write is replaced, and never written through.
func TestA19_LinksInTheWayOfAWriteAreNotFollowed(t *testing.T) {
	v := open(t)
	mustSave(t, v, "session", "one")
	dir := v.Storage(context.Background()).Path
	other := filepath.Join(t.TempDir(), "other")
	for _, plant := range []func(string) error{
		func(path string) error { return os.Symlink(other, path) },
		func(path string) error { return os.Link(other, path) },
		func(path string) error { return syscall.Mkfifo(path, 0o600) },
	} {
		temp := filepath.Join(dir, "session.sealed.tmp")
		os.Remove(temp)
		if err := errors.Join(os.WriteFile(other, []byte("precious"), 0o600), plant(temp)); err != nil {
			t.Fatal(err)
		}
		mustSave(t, v, "session", "two")
		mustLoad(t, v, "session", "two")
		if got, _ := os.ReadFile(other); string(got) != "precious" {
			t.Fatalf("written through: %.40q", got)
		}
		os.Remove(other)
	}
}

func TestA19_PlantedLockIsRefused(t *testing.T) {
	for name, lock := range map[string]func(v *vault.Vault) error{
		"refresh.lock": func(v *vault.Vault) error { _, err := v.Lock(within(t, 10*time.Second), "refresh"); return err },
		".lock":        func(v *vault.Vault) error { return v.Update(within(t, 10*time.Second), "session", put("x")) },
	} {
		v := open(t)
		mustSave(t, v, "other", "one")
		path := filepath.Join(v.Storage(context.Background()).Path, name)
		os.Remove(path)
		if err := os.Symlink(filepath.Join(t.TempDir(), "target"), path); err != nil {
			t.Fatal(err)
		}
		if err := lock(v); !errors.Is(err, vault.ErrUnsafe) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestA19_WhatBelongsToSomebodyElseIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	v := open(t)
	mustSave(t, v, "session", "one")
	dir := v.Storage(context.Background()).Path
	file := filepath.Join(dir, "session.sealed")
	if err := os.Chown(file, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, v, "belongs to user 65534")
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, v, "use a folder of your own")
}

func TestDamagedFileThatCannotBeMovedIsReportedAllTheSame(t *testing.T) {
	v := open(t)
	mustSave(t, v, "session", "one")
	dir := v.Storage(context.Background()).Path
	err := errors.Join(os.WriteFile(filepath.Join(dir, "session.sealed"), []byte("junk"), 0o600),
		os.MkdirAll(filepath.Join(dir, "session.corrupt.2", "full"), 0o700),
		os.MkdirAll(filepath.Join(dir, "session.corrupt.1", "full"), 0o700),
		os.MkdirAll(filepath.Join(dir, "session.corrupt", "full"), 0o700))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := v.Load(context.Background(), "session")
		if d, ok := errors.AsType[*vault.DamagedError](err); !ok || d.KeptAs != "" || !strings.Contains(err.Error(), "could not be set aside") {
			t.Fatal(err)
		}
	}
	mustSave(t, v, "session", "two")
	mustLoad(t, v, "session", "two")
}
