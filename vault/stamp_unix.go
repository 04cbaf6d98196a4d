//go:build unix

package vault

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

const pathSeparator = "/"

func stampOf(path string) (Stamp, error) {
	var st unix.Stat_t
	err := unix.Lstat(path, &st)
	switch {
	case err == nil:
		return Stamp{st.Mtim.Nano(), st.Size, st.Ino}, nil
	case errors.Is(err, fs.ErrNotExist):
		return Stamp{}, nil
	}
	return Stamp{}, &fs.PathError{Op: "lstat", Path: path, Err: err}
}
