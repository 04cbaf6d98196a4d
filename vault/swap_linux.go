package vault

import (
	"os"

	"golang.org/x/sys/unix"
)

// swap lets two files change names in one step, so that the old version becomes the temporary file of the next write.
// Where the file system cannot do that, or there is no old version, it is a rename.
func (f *folder) swap(temp, name string) error {
	if unix.Renameat2(int(f.Fd()), temp, int(f.Fd()), name, unix.RENAME_EXCHANGE) == nil {
		return nil
	}
	return f.rename(temp, name)
}

// syncData waits until the content is on the disk, and of the rest only what is needed to read it: when the file was
// written over, there is nothing else, and the file system's journal is left alone.
func syncData(file *os.File) error {
	for {
		if err := unix.Fdatasync(int(file.Fd())); err != unix.EINTR {
			return err
		}
	}
}
