//go:build unix

package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const noFollow = unix.O_NOFOLLOW

// folder is the vault's folder, open. Everything in it is reached through the descriptor, so that nobody can swap the
// folder, or a part of its path, between the check and the use.
type folder struct {
	*os.File
	path string
}

// openFolder opens the folder after making sure that it is ours alone.
func openFolder(path string) (*folder, error) {
	dir, err := os.OpenFile(path, unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		if info, lerr := os.Lstat(path); lerr == nil && !info.IsDir() {
			return nil, unsafef("%s is not a folder but a %s: put a folder of your own there", path, kindOf(info.Mode()))
		}
		return nil, fmt.Errorf("vault: the folder cannot be opened: %w", err)
	}
	if err := checkFolder(dir); err != nil {
		dir.Close()
		return nil, err
	}
	return &folder{dir, path}, nil
}

func checkFolder(dir *os.File) error {
	var st unix.Stat_t
	if err := fstat(dir, &st); err != nil {
		return err
	}
	if int(st.Uid) != os.Geteuid() {
		return unsafef("the folder %s belongs to user %d, and this program runs as user %d: use a folder of your own", dir.Name(), st.Uid, os.Geteuid())
	}
	if st.Mode&0o077 != 0 {
		return unsafef("others can enter the folder %s (mode %04o): type chmod 700 '%s'", dir.Name(), st.Mode&0o7777, dir.Name())
	}
	return nil
}

// createFolder opens the folder, making it first when it is not there.
func createFolder(path string) (*folder, error) {
	f, err := openFolder(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if err := makeFolder(path); err != nil {
		return nil, fmt.Errorf("vault: the folder cannot be made, so nothing can be saved: %w", err)
	}
	return openFolder(path)
}

func makeFolder(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, fs.ErrExist) { // another process was quicker
		return nil
	} else if err != nil {
		return err
	}
	return os.Chmod(path, 0o700) // whatever the umask took away
}

func (f *folder) close() { f.File.Close() }

func (f *folder) at(name string, flags int) (*os.File, error) {
	for {
		fd, err := unix.Openat(int(f.Fd()), name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
		switch {
		case err == nil:
			return os.NewFile(uintptr(fd), filepath.Join(f.path, name)), nil
		case errors.Is(err, unix.EINTR):
			continue
		}
		if info, lerr := os.Lstat(filepath.Join(f.path, name)); lerr == nil && !info.Mode().IsRegular() {
			return nil, notPlain(filepath.Join(f.path, name), info.Mode())
		}
		return nil, &fs.PathError{Op: "open", Path: filepath.Join(f.path, name), Err: err}
	}
}

// openFile opens a file for reading that must be a plain one, with one name, and ours. It returns its size too.
func (f *folder) openFile(name string) (*os.File, int64, error) {
	return f.openPlain(name, unix.O_RDONLY)
}

// openTemp opens a file for writing, whatever was there.
func (f *folder) openTemp(name string) (*os.File, int64, error) {
	if file, size, err := f.openPlain(name, unix.O_WRONLY); err == nil {
		return file, size, nil
	}
	_ = f.unlink(name) // if that fails, the next line says why
	return f.openPlain(name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL)
}

// ensureFile makes an empty file when there is none, and checks the one that there is.
func (f *folder) ensureFile(name string) error {
	file, _, err := f.openPlain(name, unix.O_RDWR|unix.O_CREAT)
	if err == nil {
		file.Close()
	}
	return err
}

func (f *folder) openPlain(name string, flags int) (*os.File, int64, error) {
	file, err := f.at(name, flags|unix.O_NONBLOCK) // a planted pipe must not make us wait
	if err != nil {
		return nil, 0, err
	}
	size, err := checkFile(file)
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, size, nil
}

// checkFile also sets the mode: a strange umask makes new files unusable, and a looser one, as a backup may have left
// it, has done no harm in a folder that only we can enter.
func checkFile(file *os.File) (size int64, err error) {
	var st unix.Stat_t
	if err := fstat(file, &st); err != nil {
		return 0, err
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		info, _ := file.Stat()
		return 0, notPlain(file.Name(), info.Mode())
	case st.Nlink > 1:
		return 0, unsafef("%s has another name elsewhere (a hard link): remove the other, or copy the file", file.Name())
	case int(st.Uid) != os.Geteuid():
		return 0, unsafef("%s belongs to user %d, and this program runs as user %d", file.Name(), st.Uid, os.Geteuid())
	case st.Mode&0o777 != 0o600:
		return st.Size, file.Chmod(0o600)
	}
	return st.Size, nil
}

func (f *folder) setTime(name string, at time.Time) error {
	ts := unix.NsecToTimespec(at.UnixNano())
	return unix.UtimesNanoAt(int(f.Fd()), name, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
}

func fstat(file *os.File, st *unix.Stat_t) error {
	if err := unix.Fstat(int(file.Fd()), st); err != nil {
		return &fs.PathError{Op: "fstat", Path: file.Name(), Err: err}
	}
	return nil
}

func notPlain(path string, mode fs.FileMode) error {
	return unsafef("%s is not a plain file but a %s: look who put it there, and remove it", path, kindOf(mode))
}

func unsafef(format string, a ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsafe, fmt.Sprintf(format, a...))
}

func kindOf(mode fs.FileMode) string {
	switch mode.Type() {
	case 0:
		return "plain file"
	case fs.ModeDir:
		return "folder"
	case fs.ModeSymlink:
		return "symbolic link"
	case fs.ModeNamedPipe:
		return "pipe"
	case fs.ModeSocket:
		return "socket"
	}
	return "device"
}

func (f *folder) rename(from, to string) error {
	if err := unix.Renameat(int(f.Fd()), from, int(f.Fd()), to); err != nil {
		return &os.LinkError{Op: "rename", Old: filepath.Join(f.path, from), New: to, Err: err}
	}
	return nil
}

func (f *folder) unlink(name string) error {
	if err := unix.Unlinkat(int(f.Fd()), name, 0); err != nil {
		return &fs.PathError{Op: "remove", Path: filepath.Join(f.path, name), Err: err}
	}
	return nil
}

// sync makes renames and removals last. Some file systems (FUSE, network) cannot, and say so: there is nothing to do.
func (f *folder) sync() error {
	err := f.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	return err
}

func (f *folder) files() ([]string, error) {
	if _, err := f.Seek(0, 0); err != nil {
		return nil, err
	}
	return f.Readdirnames(-1)
}
