package killtest

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Outcome is how a traced child ended.
type Outcome struct {
	Killed bool     // it was killed at the chosen stop; false: it got to its second Sign before that
	Calls  []uint64 // the system calls between the signs, of all its threads, those of the Go runtime left out
}

// Run starts this test binary with the environment env, and kills it at its n-th stop between its signs: a stop is the
// moment before or after a system call that touches files or the network. What the child prints is an error.
func Run(env []string, n int) (Outcome, error) {
	runtime.LockOSThread() // only the thread that started the trace may go on with it
	defer runtime.UnlockOSThread()
	out, err := os.CreateTemp("", "traced")
	if err != nil {
		return Outcome{}, err
	}
	defer func() { _, _ = out.Close(), os.Remove(out.Name()) }()
	p, err := os.StartProcess(os.Args[0], os.Args[:1], &os.ProcAttr{Env: env,
		Files: []*os.File{nil, out, out}, Sys: &syscall.SysProcAttr{Ptrace: true, Setpgid: true}})
	if err != nil {
		return Outcome{}, err
	}
	defer func() { _ = p.Release() }()
	tr := &tracee{pid: p.Pid, left: n, inside: map[int]bool{}}
	if err := tr.run(); err != nil {
		_ = unix.Kill(p.Pid, unix.SIGKILL)
		tr.reap()
		return Outcome{}, err
	}
	if said, _ := os.ReadFile(out.Name()); len(said) > 0 {
		return Outcome{}, fmt.Errorf("it said: %s", said)
	}
	return Outcome{Killed: tr.killed, Calls: tr.calls}, nil
}

type tracee struct {
	pid    int
	signs  int          // seen
	left   int          // stops until the kill
	inside map[int]bool // threads that are inside a call that counts
	calls  []uint64
	killed bool
}

// Waiting is for the child's own process group: other tests' processes are not ours to reap.
const waitFor = unix.WALL | unix.WNOTHREAD

func (tr *tracee) run() error {
	var status unix.WaitStatus
	if _, err := unix.Wait4(tr.pid, &status, waitFor, nil); err != nil {
		return err
	}
	options := unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_EXITKILL
	if err := unix.PtraceSetOptions(tr.pid, options); err != nil {
		return err
	}
	if err := unix.PtraceSyscall(tr.pid, 0); err != nil {
		return err
	}
	for {
		tid, err := unix.Wait4(-tr.pid, &status, waitFor, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ECHILD): // it and all its threads have ended
			return nil
		case err != nil:
			return err
		}
		if tid == tr.pid && status.Exited() && status.ExitStatus() != 0 {
			return fmt.Errorf("it ended with status %d", status.ExitStatus())
		}
		if status.Stopped() {
			tr.goOn(tid, status)
		}
	}
}

func (tr *tracee) goOn(tid int, status unix.WaitStatus) {
	pass := 0
	switch s := status.StopSignal(); s {
	case unix.SIGTRAP | 0x80: // before or after a system call
		tr.count(tid)
	case unix.SIGTRAP, unix.SIGSTOP: // a new thread, and its parent
	default:
		pass = int(s)
	}
	_ = unix.PtraceSyscall(tid, pass) // it may be dead by now
}

func (tr *tracee) count(tid int) {
	nr, entering := syscallOf(tid)
	if nr == unix.SYS_GETPPID && entering {
		tr.signs++
	}
	counts := entering && touches[nr] || !entering && tr.inside[tid]
	tr.inside[tid] = entering && touches[nr]
	if tr.signs != 1 || !counts || tr.killed {
		return
	}
	if entering {
		tr.calls = append(tr.calls, nr)
	}
	if tr.left == 0 {
		tr.killed = true
		_ = unix.Kill(tr.pid, unix.SIGKILL)
	}
	tr.left--
}

func (tr *tracee) reap() {
	var status unix.WaitStatus
	for {
		if _, err := unix.Wait4(-tr.pid, &status, waitFor, nil); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// touches are the calls that files or the network see. The Go runtime's own come and go from run to run, and change
// nothing.
var touches = map[uint64]bool{
	unix.SYS_OPENAT: true, unix.SYS_MKDIRAT: true, unix.SYS_FCHMOD: true, unix.SYS_FCHMODAT: true, unix.SYS_FLOCK: true,
	unix.SYS_WRITE: true, unix.SYS_FTRUNCATE: true, unix.SYS_FSYNC: true, unix.SYS_FDATASYNC: true, unix.SYS_UTIMENSAT: true,
	unix.SYS_RENAMEAT: true, unix.SYS_RENAMEAT2: true, unix.SYS_UNLINKAT: true, unix.SYS_CLOSE: true, unix.SYS_READ: true,
	unix.SYS_SOCKET: true, unix.SYS_CONNECT: true, unix.SYS_SENDTO: true, unix.SYS_RECVFROM: true, unix.SYS_SHUTDOWN: true,
}

// syscallOf asks which system call a thread is stopped at. After the call the number is not told, and 0 returned.
func syscallOf(tid int) (nr uint64, entering bool) {
	const getSyscallInfo, entry = 0x420e, 1
	var info struct { // struct ptrace_syscall_info of ptrace(2)
		op   uint8
		_    [3]uint8
		_    uint32 // architecture
		_, _ uint64 // instruction and stack pointer
		nr   uint64
		_    [7]uint64
	}
	_, _, _ = unix.Syscall6(unix.SYS_PTRACE, getSyscallInfo, uintptr(tid), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	return info.nr * uint64(info.op&entry), info.op == entry
}
