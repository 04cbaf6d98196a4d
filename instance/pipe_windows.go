package instance

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// pipeName cannot be known to be free, as pipes have no folders that could be closed to others. So the first-instance flag
// refuses to join another program's pipe, and both sides look at the other's process.
func pipeName(dir string, user *windows.SID) (*uint16, error) {
	sum := sha256.Sum256([]byte(strings.ToLower(dir) + "\x00" + user.String()))
	return windows.UTF16PtrFromString(fmt.Sprintf(`\\.\pipe\instance-%x`, sum[:16]))
}

// listener has one instance of the pipe open that waits for a client; the connected ones have been given away.
type listener struct {
	name    *uint16
	access  *windows.SecurityAttributes
	waiting windows.Handle
	pending windows.Overlapped // of waiting; its event is used again for each connection
	closing windows.Handle     // an event
}

// listen opens the pipe, for this user and nobody else. The SID is named, rather than the "owner rights" that would be shorter:
// an elevated process owns its objects as Administrators, and the person's other processes could not reach it.
func listen(dir string) (l *listener, err error) {
	user, err := processUser(windows.CurrentProcess())
	if err != nil {
		return nil, err
	}
	name, err := pipeName(dir, user)
	if err != nil {
		return nil, err
	}
	sd, err := windows.SecurityDescriptorFromString(fmt.Sprintf("O:%sD:P(A;;GA;;;%s)", user, user))
	if err != nil {
		return nil, err
	}
	l = &listener{name: name, access: &windows.SecurityAttributes{SecurityDescriptor: sd}}
	l.access.Length = uint32(unsafe.Sizeof(*l.access))
	if l.waiting, err = l.open(windows.FILE_FLAG_FIRST_PIPE_INSTANCE); err != nil {
		return nil, fmt.Errorf("another program has the pipe: %w", err)
	}
	return l, l.makeEvents()
}

func (l *listener) makeEvents() (err error) {
	if l.closing, err = windows.CreateEvent(nil, 1, 0, nil); err != nil {
		return errors.Join(err, windows.CloseHandle(l.waiting))
	}
	if l.pending.HEvent, err = windows.CreateEvent(nil, 1, 0, nil); err != nil {
		return errors.Join(err, windows.CloseHandle(l.waiting), windows.CloseHandle(l.closing))
	}
	return nil
}

func (l *listener) open(flag uint32) (windows.Handle, error) {
	const buffer = 4 << 10
	return windows.CreateNamedPipe(l.name,
		windows.PIPE_ACCESS_DUPLEX|windows.FILE_FLAG_OVERLAPPED|flag,
		windows.PIPE_TYPE_BYTE|windows.PIPE_READMODE_BYTE|windows.PIPE_REJECT_REMOTE_CLIENTS,
		windows.PIPE_UNLIMITED_INSTANCES, buffer, buffer, 0, l.access)
}

// accept returns the next connection of a process of this user. A new instance waits before the connected one is given away:
// without any, the name would be free for another program to take.
func (l *listener) accept() (conn, error) {
	if err := l.wait(); err != nil {
		return nil, err
	}
	connected := l.waiting
	next, err := l.open(0)
	if err != nil {
		// Serve nobody rather than lose the name: drop this client, who asks again, and reuse its instance.
		return nil, errors.Join(err, windows.DisconnectNamedPipe(connected))
	}
	l.waiting = next
	c := os.NewFile(uintptr(connected), "pipe")
	var pid uint32
	if err := windows.GetNamedPipeClientProcessId(connected, &pid); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if err := checkProcess(pid); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// wait returns nil when a client has connected to the waiting instance.
func (l *listener) wait() error {
	err := windows.ConnectNamedPipe(l.waiting, &l.pending)
	switch {
	case err == nil || errors.Is(err, windows.ERROR_PIPE_CONNECTED):
		return nil
	case errors.Is(err, windows.ERROR_NO_DATA): // it came and went
		return errors.Join(err, windows.DisconnectNamedPipe(l.waiting))
	case !errors.Is(err, windows.ERROR_IO_PENDING):
		return err
	}
	which, err := windows.WaitForMultipleObjects([]windows.Handle{l.closing, l.pending.HEvent}, false, windows.INFINITE)
	if err != nil {
		return err
	}
	if which == windows.WAIT_OBJECT_0 {
		return l.release()
	}
	var n uint32
	return windows.GetOverlappedResult(l.waiting, &l.pending, &n, false)
}

// release ends the wait for good. It runs in the goroutine that waits, which alone knows that the handles are not in use.
func (l *listener) release() error {
	var n uint32
	_ = windows.CancelIoEx(l.waiting, &l.pending)
	_ = windows.GetOverlappedResult(l.waiting, &l.pending, &n, true) // until the kernel has let go of l.pending
	for _, h := range []windows.Handle{l.waiting, l.pending.HEvent, l.closing} {
		_ = windows.CloseHandle(h)
	}
	return net.ErrClosed
}

// Close has accept return net.ErrClosed.
func (l *listener) Close() error { return windows.SetEvent(l.closing) }

// keepFresh has nothing to do: Windows clears no files from the folder.
func (l *listener) keepFresh(context.Context, time.Duration) {}

// dial connects to the primary, and returns its process id, once it has made sure that the process is this user's.
func dial(_ context.Context, dir string) (conn, int, error) {
	user, err := processUser(windows.CurrentProcess())
	if err != nil {
		return nil, 0, err
	}
	name, err := pipeName(dir, user)
	if err != nil {
		return nil, 0, err
	}
	// Anonymous: a server that is not ours must not be able to act as this user.
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING,
		windows.FILE_FLAG_OVERLAPPED|windows.SECURITY_SQOS_PRESENT|windows.SECURITY_ANONYMOUS, 0)
	if errors.Is(err, windows.ERROR_FILE_NOT_FOUND) || errors.Is(err, windows.ERROR_PIPE_BUSY) {
		return nil, 0, fmt.Errorf("%w: %w", errAgain, err)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("instance: the pipe of the running instance cannot be opened: %w", err)
	}
	c := os.NewFile(uintptr(h), "pipe")
	pid, err := checkServer(h)
	if err != nil {
		return nil, 0, errors.Join(err, c.Close())
	}
	return c, pid, nil
}

// checkServer looks at the pipe itself too: the process that made it may have ended, and its id be another's by now. It also
// passes the right to come to the front, which Windows gives only to a process that the person just started.
func checkServer(pipe windows.Handle) (int, error) {
	if err := checkOwner(pipe); err != nil {
		return 0, err
	}
	var pid uint32
	if err := windows.GetNamedPipeServerProcessId(pipe, &pid); err != nil {
		return 0, fmt.Errorf("%w: %w", errAgain, err)
	}
	if err := checkProcess(pid); err != nil {
		return 0, err
	}
	_, _, _ = allowSetForegroundWindow.Call(uintptr(pid)) // without it the primary's button only flashes in the task bar
	return int(pid), nil
}

var allowSetForegroundWindow = windows.NewLazySystemDLL("user32.dll").NewProc("AllowSetForegroundWindow")

// checkProcess refuses a process of another user (A13).
func checkProcess(pid uint32) error {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return fmt.Errorf("instance: the system does not say whose process the other side is: %w", err)
	}
	defer func() { _ = windows.CloseHandle(process) }()
	theirs, err := processUser(process)
	if err != nil {
		return err
	}
	return checkUser(theirs)
}

// checkOwner refuses a pipe that another user has made: nobody can make one in this user's name.
func checkOwner(pipe windows.Handle) error {
	sd, err := windows.GetSecurityInfo(pipe, windows.SE_KERNEL_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("instance: the system does not say whose the pipe is: %w", err)
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return fmt.Errorf("instance: the system does not say whose the pipe is: %w", err)
	}
	return checkUser(owner)
}

func checkUser(theirs *windows.SID) error {
	ours, err := processUser(windows.CurrentProcess())
	if err != nil {
		return err
	}
	if !theirs.Equals(ours) {
		return fmt.Errorf("instance: the other side is of user %s, not of this one: nothing was said to it", theirs)
	}
	return nil
}

func processUser(process windows.Handle) (*windows.SID, error) {
	var token windows.Token
	if err := windows.OpenProcessToken(process, windows.TOKEN_QUERY, &token); err != nil {
		return nil, fmt.Errorf("instance: the system does not say whose process the other side is: %w", err)
	}
	defer func() { _ = token.Close() }()
	user, err := token.GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("instance: the system does not say whose process the other side is: %w", err)
	}
	return user.User.Sid, nil
}
