//go:build linux || darwin

package instance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// defaultFolder prefers the run-time folder: it is this user's alone, on a local file system, and gone after a restart. The
// program that delivers a link may have another environment than the one that was clicked (cron, su, a browser's helper), so
// where Linux keeps that folder is looked at even when the variable is missing.
func defaultFolder(appID string) (string, error) {
	uid := strconv.Itoa(os.Geteuid())
	for _, dir := range []string{os.Getenv("XDG_RUNTIME_DIR"), "/run/user/" + uid} {
		if filepath.IsAbs(dir) && checkPrivate(dir) == nil {
			return filepath.Join(sharedInFlatpak(dir), appID), nil
		}
	}
	return filepath.Join(os.TempDir(), appID+"-"+uid), nil
}

// sharedInFlatpak names the one part of the run-time folder that all sandboxes of a Flatpak app see.
// https://docs.flatpak.org/en/latest/sandbox-permissions.html
func sharedInFlatpak(dir string) string {
	if id := os.Getenv("FLATPAK_ID"); checkAppID(id) == nil {
		return filepath.Join(dir, "app", id)
	}
	return dir
}

// makePrivate makes the folder, or checks that the one it finds is this user's alone (A13). In the temp folder anybody could
// have made it first.
func makePrivate(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return fmt.Errorf("instance: no folder for the lock: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("instance: no folder for the lock: %w", err)
	}
	return checkPrivate(dir)
}

func checkPrivate(dir string) error {
	info, err := os.Lstat(dir) //nolint:gosec // a folder that the environment names is the user's own choice, and is looked at here
	if err != nil {
		return fmt.Errorf("instance: no folder for the lock: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("instance: %s is not a folder: remove it", dir)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("instance: %s belongs to another user: it is not used", dir)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("instance: %s can be entered by other users: run chmod 700 on it", dir)
	}
	return nil
}
