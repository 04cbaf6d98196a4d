package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
)

const noFollow = 0

// folder is the vault's folder. On Windows the files inherit the access list of the person's profile folder, which
// keeps other people out; a folder elsewhere is as private as its parents. There are no modes to check.
type folder struct{ path string }

func openFolder(path string) (*folder, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, fmt.Errorf("vault: the folder cannot be opened: %w", err)
	}
	if !info.IsDir() {
		return nil, unsafef("%s is a link or a file: put a folder of your own there", path)
	}
	return &folder{path}, nil
}

func createFolder(path string) (*folder, error) {
	if f, err := openFolder(path); !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("vault: the folder cannot be made, so nothing can be saved: %w", err)
	}
	return openFolder(path)
}

func (f *folder) close() {}

func (f *folder) join(name string) string { return filepath.Join(f.path, name) }

func (f *folder) openFile(name string) (*os.File, int64, error) {
	return f.openPlain(name, os.O_RDONLY)
}

func (f *folder) openTemp(name string) (*os.File, int64, error) {
	_ = f.unlink(name) // if that fails, the next line says why
	return f.openPlain(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
}

func (f *folder) ensureFile(name string) error {
	file, _, err := f.openPlain(name, os.O_RDWR|os.O_CREATE)
	if err == nil {
		file.Close()
	}
	return err
}

func (f *folder) openPlain(name string, flags int) (*os.File, int64, error) {
	if info, err := os.Lstat(f.join(name)); err == nil && !info.Mode().IsRegular() {
		return nil, 0, unsafef("%s is not a plain file: look who put it there, and remove it", f.join(name))
	}
	file, err := patiently(func() (*os.File, error) { return os.OpenFile(f.join(name), flags, 0o600) })
	if err != nil {
		return nil, 0, err
	}
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(windows.Handle(file.Fd()), &info); err != nil {
		file.Close()
		return nil, 0, err
	}
	if info.NumberOfLinks > 1 {
		file.Close()
		return nil, 0, unsafef("%s has another name elsewhere (a hard link): remove the other, or copy the file", f.join(name))
	}
	return file, int64(info.FileSizeHigh)<<32 | int64(info.FileSizeLow), nil
}

func (f *folder) setTime(name string, at time.Time) error { return os.Chtimes(f.join(name), at, at) }

func (f *folder) rename(from, to string) error {
	_, err := patiently(func() (*os.File, error) { return nil, os.Rename(f.join(from), f.join(to)) })
	return err
}

func (f *folder) unlink(name string) error {
	_, err := patiently(func() (*os.File, error) { return nil, os.Remove(f.join(name)) })
	return err
}

// A file that a reader or a virus scanner has open cannot be replaced or removed: they have it for milliseconds.
func patiently(f func() (*os.File, error)) (*os.File, error) {
	pause, patience := time.Millisecond, time.Now().Add(2*time.Second)
	for {
		file, err := f()
		busy := errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
		if !busy || time.Now().After(patience) {
			return file, err
		}
		time.Sleep(pause) //nolint:forbidigo // Windows tells nobody when a file is closed
		pause = min(2*pause, 50*time.Millisecond)
	}
}

// NTFS journals renames; a folder cannot be flushed.
func (f *folder) sync() error { return nil }

func (f *folder) files() ([]string, error) {
	dir, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Readdirnames(-1)
}

func unsafef(format string, a ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsafe, fmt.Sprintf(format, a...))
}
