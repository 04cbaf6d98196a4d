package vault

import (
	"errors"
	"io/fs"
	"os"
)

const pathSeparator = `\`

// The file index would need the file to be opened: the time, in steps of 100 ns, and the size must do.
func stampOf(path string) (Stamp, error) {
	info, err := os.Lstat(path)
	switch {
	case err == nil:
		return Stamp{info.ModTime().UnixNano(), info.Size(), 0}, nil
	case errors.Is(err, fs.ErrNotExist):
		return Stamp{}, nil
	}
	return Stamp{}, err
}
