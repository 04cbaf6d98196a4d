//go:build linux || darwin

package instance

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const socketName = "instance.sock"

// longestPath is the room for a path in the system's sockaddr_un, without the final zero: 108 bytes on Linux, 104 on macOS.
const longestPath = len(unix.RawSockaddrUnix{}.Path) - 1

type listener struct {
	net  *net.UnixListener
	path string
}

// listen opens the socket. The caller holds the lock, so a socket that is there already was left by a process that is gone.
func listen(dir string) (*listener, error) {
	path := filepath.Join(dir, socketName)
	if err := removeSocket(path); err != nil {
		return nil, err
	}
	address, done, err := reachable(path)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: address})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // it would unlink the address, which may be a short form of the path
	return &listener{net: l, path: path}, nil
}

func removeSocket(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is not a socket: remove it", path)
	}
	return os.Remove(path)
}

// accept returns the next connection of a process of this user.
func (l *listener) accept() (conn, error) {
	c, err := l.net.AcceptUnix()
	if err != nil {
		return nil, err
	}
	if _, err := checkPeer(c); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Close unlinks first: whoever finds no socket asks again, and whoever is connected already is reset and does the same.
func (l *listener) Close() error {
	err := os.Remove(l.path)
	if errors.Is(err, fs.ErrNotExist) { // somebody tidied the folder
		err = nil
	}
	return errors.Join(err, l.net.Close())
}

// keepFresh touches the files now and then, for cleaners to leave them alone: the XDG base directory specification lets the
// system remove a file of the run-time folder that was not touched for six hours, and macOS clears its temp folder of what is
// three days old.
func (l *listener) keepFresh(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			l.touch(now)
		}
	}
}

func (l *listener) touch(now time.Time) {
	for _, path := range []string{l.path, filepath.Join(filepath.Dir(l.path), lockName)} {
		_ = os.Chtimes(path, now, now) // nothing to be done if it is gone
	}
}

// dial connects to the primary, and returns its process id, once it has made sure that the process is this user's.
func dial(ctx context.Context, dir string) (conn, int, error) {
	address, done, err := reachable(filepath.Join(dir, socketName))
	if err != nil {
		return nil, 0, err
	}
	defer done()
	c, err := new(net.Dialer).DialUnix(ctx, "unix", nil, &net.UnixAddr{Net: "unix", Name: address})
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errAgain, err)
	}
	pid, err := checkPeer(c)
	if err != nil {
		return nil, 0, errors.Join(err, c.Close())
	}
	return c, pid, nil
}

// checkPeer refuses a process of another user (A13). The folder keeps them out already; this holds even where its mode was
// loosened, or where the socket was passed on.
func checkPeer(c *net.UnixConn) (pid int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var uid uint32
	var failure error
	if err := raw.Control(func(fd uintptr) { uid, pid, failure = peer(int(fd)) }); err != nil {
		return 0, err
	}
	if failure != nil {
		return 0, fmt.Errorf("instance: the system does not say whose process the other side is: %w", failure)
	}
	if int(uid) != os.Geteuid() {
		return 0, fmt.Errorf("instance: the other side is a process of user %d, not of this one: nothing was said to it", uid)
	}
	return pid, nil
}

// reachable returns a path to the same socket that is short enough for the system: through a symbolic link in a private folder,
// which is needed only for the moment of binding or connecting.
func reachable(path string) (address string, done func(), err error) {
	if len(path) <= longestPath {
		return path, func() {}, nil
	}
	private, err := os.MkdirTemp("", "s")
	if err != nil {
		return "", nil, err
	}
	done = func() { _ = os.RemoveAll(private) }
	link := filepath.Join(private, "d")
	if err := os.Symlink(filepath.Dir(path), link); err != nil {
		done()
		return "", nil, err
	}
	return filepath.Join(link, filepath.Base(path)), done, nil
}
