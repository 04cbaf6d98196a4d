package instance

import (
	"fmt"
	"os"
	"path/filepath"
)

// defaultFolder is in %LocalAppData%, which Windows keeps closed to other users and does not copy to other machines.
func defaultFolder(appID string) (string, error) {
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, appID), err
}

func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("instance: no folder for the lock: %w", err)
	}
	return nil
}
