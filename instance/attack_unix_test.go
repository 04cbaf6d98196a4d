//go:build linux || darwin

package instance

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestA13_FolderThatIsNotThisUsersAloneIsRefused(t *testing.T) {
	for name, plant := range map[string]func(path string) error{
		"open to a group":  func(path string) error { return errors.Join(os.Mkdir(path, 0o700), os.Chmod(path, 0o750)) },
		"open to all":      func(path string) error { return errors.Join(os.Mkdir(path, 0o700), os.Chmod(path, 0o777)) },
		"link to a folder": func(path string) error { return os.Symlink(t.TempDir(), path) },
		"link to nowhere":  func(path string) error { return os.Symlink("nowhere", path) },
		"file":             func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"pipe":             func(path string) error { return syscall.Mkfifo(path, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, testApp)
			if err := plant(path); err != nil {
				t.Fatal(err)
			}
			mustRefuse(t, dir, path)
			if left, _ := filepath.Glob(path + "/*"); left != nil {
				t.Errorf("%v was made all the same", left)
			}
		})
	}
}

func TestA13_FolderOfAnotherUserIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, testApp)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, int(otherUser(t)), -1); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, dir, path)
}

func TestA13_WhatLiesInTheLocksPlaceIsRefusedAndNotTouched(t *testing.T) {
	for name, plant := range map[string]func(path string) error{
		"link":   func(path string) error { return os.Symlink(filepath.Join(t.TempDir(), "victim"), path) },
		"folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
	} {
		t.Run(name, func(t *testing.T) { plantInside(t, lockName, plant) })
	}
}

func TestA13_WhatLiesInTheSocketsPlaceIsRefusedAndNotTouched(t *testing.T) {
	for name, plant := range map[string]func(path string) error{
		"link":   func(path string) error { return os.Symlink(filepath.Join(t.TempDir(), "victim"), path) },
		"folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"file":   func(path string) error { return os.WriteFile(path, []byte("somebody's"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) { plantInside(t, socketName, plant) })
	}
}

func plantInside(t *testing.T, name string, plant func(path string) error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, testApp, name)
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := plant(path); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Lstat(path)
	mustRefuse(t, dir, path)
	if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("it was replaced: %v", err)
	}
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	mustClaim(t, dir) // what was refused has left no lock behind
}

func mustRefuse(t *testing.T, dir, named string) {
	t.Helper()
	primary, err := claim(t, dir, "")
	if primary != nil || err == nil || errors.Is(err, ErrHandedOver) || errors.Is(err, ErrUnresponsive) {
		t.Fatalf("Claim returned %v", err)
	}
	if !strings.Contains(err.Error(), named) {
		t.Errorf("the error does not name %s: %v", named, err)
	}
}

// A primary that crashed leaves its socket; so could a program that wants to receive what is meant for it.
func TestA13_SocketThatIsThereAlreadyIsReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, testApp, socketName)
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	planted, err := new(net.ListenConfig).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer planted.Close()
	next := collect(t, mustClaim(t, dir))
	mustHandOver(t, dir, "to the one that has the lock")
	next()
}

// The folder keeps other users out. Here it is opened to them, to see that they are refused all the same.
func TestA13_ProcessOfAnotherUserIsNotTalkedTo(t *testing.T) {
	dir := publicDir(t)
	next := collect(t, mustClaim(t, dir))
	path := filepath.Join(dir, testApp, socketName)
	if err := errors.Join(os.Chmod(filepath.Dir(path), 0o755), os.Chmod(path, 0o777)); err != nil {
		t.Fatal(err)
	}
	startAsOther(t, "intruder", path).mustSay(`heard ""`)
	if err := os.Chmod(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	mustHandOver(t, dir, "from this user")
	if got := next(); got != "from this user" {
		t.Errorf("delivered %q", got)
	}
}

// The other user's socket has got into the folder, and the lock is held, so that a second process would connect to it.
func TestA13_SocketOfAnotherUserIsToldNothing(t *testing.T) {
	dir := publicDir(t)
	own := filepath.Join(dir, testApp)
	theirs := filepath.Join(dir, "theirs")
	if err := errors.Join(os.Mkdir(own, 0o700), os.Mkdir(theirs, 0o700), os.Chown(theirs, int(otherUser(t)), -1)); err != nil {
		t.Fatal(err)
	}
	lock, err := takeLock(filepath.Join(own, lockName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Unlock() }()
	trap := startAsOther(t, "trap", filepath.Join(theirs, socketName))
	trap.mustSay("listening")
	if err := os.Rename(filepath.Join(theirs, socketName), filepath.Join(own, socketName)); err != nil {
		t.Fatal(err)
	}
	_, err = claim(t, dir, "code=secret")
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("user %d", otherUser(t))) {
		t.Errorf("Claim returned %v, want an error that names the user", err)
	}
	trap.mustSay(`heard ""`)
}

// otherUser is nobody.
func otherUser(t *testing.T) uint32 {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can start a process of another user")
	}
	return 65534
}

// startAsOther starts a copy of this test binary, since the other user may not enter the folder that it is in.
func startAsOther(t *testing.T, part, path string) *process {
	t.Helper()
	program := filepath.Join(publicDir(t), "part")
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Dir = "/"
	cmd.Env = []string{partVar + "=" + part, dirVar + "=" + path}
	cmd.Stderr = os.Stderr
	user := otherUser(t)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
	return start(t, cmd)
}

// publicDir is a folder that other users can enter, which those of t.TempDir are not.
func publicDir(t *testing.T) string {
	t.Helper()
	otherUser(t)
	dir, err := os.MkdirTemp("", "instance") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
