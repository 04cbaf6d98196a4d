package vault_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/authkit-desktop/authkit/vault"
)

// The process that is to be killed is traced, and stopped before and after each of its system calls, those of the
// libraries included. A hook in the code would reach only the places that somebody thought of, strace need not be
// installed, and neither knows when the interesting part begins and ends: here the process says so, by asking for its
// parent's number.

func init() {
	for name, scene := range scenes {
		roles["traced "+name] = func(v *vault.Vault) {
			syscall.Getppid()
			check(scene.act(v))
			syscall.Getppid()
		}
	}
}

var scenes = map[string]struct {
	before func(t *testing.T, v *vault.Vault)
	act    func(v *vault.Vault) error
	old    string // what may be there after a kill, besides the new; empty: nothing
	new    string
}{
	"the first write": {
		func(*testing.T, *vault.Vault) {},
		func(v *vault.Vault) error { return v.Update(context.Background(), "session", put("new")) },
		"", "new",
	},
	"the second write": { // has no spare file yet
		func(t *testing.T, v *vault.Vault) { mustSave(t, v, "session", "old") },
		func(v *vault.Vault) error { return v.Update(context.Background(), "session", put("new")) },
		"old", "new",
	},
	"a later write": {
		func(t *testing.T, v *vault.Vault) {
			mustSave(t, v, "session", "older")
			mustSave(t, v, "session", "old")
		},
		func(v *vault.Vault) error { return v.Update(context.Background(), "session", put("new")) },
		"old", "new",
	},
	"a removal": {
		func(t *testing.T, v *vault.Vault) {
			mustSave(t, v, "session", "older")
			mustSave(t, v, "session", "old")
		},
		func(v *vault.Vault) error { return v.Update(context.Background(), "session", remove) },
		"old", "",
	},
	"a rotation": {
		func(t *testing.T, v *vault.Vault) { mustSave(t, v, "session", "same"); mustSave(t, v, "other", "same") },
		func(v *vault.Vault) error { _, err := v.Rotate(context.Background()); return err },
		"same", "same",
	},
}

func TestP02_KillAtEverySystemCallLeavesTheOldRecordOrTheNew(t *testing.T) {
	every := 1
	if testing.Short() {
		every = 7
	}
	for name, scene := range scenes {
		t.Run(name, func(t *testing.T) {
			for n := 0; ; n += every {
				dir := filepath.Join(t.TempDir(), "vault")
				scene.before(t, openIn(t, dir))
				tr, err := trace("traced "+name, dir, n)
				if err != nil {
					t.Fatalf("stop %d: %v", n, err)
				}
				survived := !tr.killed
				mustBeOldOrNew(t, dir, n, scene.old, scene.new, survived)
				if survived {
					if n < 10 {
						t.Fatalf("only %d stops: the test proved nothing", n)
					}
					t.Logf("%d stops", n)
					return
				}
			}
		})
	}
}

func mustBeOldOrNew(t *testing.T, dir string, n int, old, new string, survived bool) {
	t.Helper()
	mustBeWhole(t, dir)
	v := openIn(t, dir)
	data, err := v.Load(context.Background(), "session")
	got := string(data)
	if got != new && (survived || got != old) || err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("stop %d: %q, %v", n, got, err)
	}
	mustSave(t, v, "session", "the next "+strconv.Itoa(n))
	mustLoad(t, v, "session", "the next "+strconv.Itoa(n))
	mustBeWhole(t, dir)
}

// Killing a process cannot show this, and pulling the plug is no test to run often.
func TestP02_DataIsFlushedBeforeTheRenameAndTheFolderAfter(t *testing.T) {
	for _, name := range []string{"the first write", "the second write", "a later write"} {
		dir := filepath.Join(t.TempDir(), "vault")
		scenes[name].before(t, openIn(t, dir))
		tr, err := trace("traced "+name, dir, math.MaxInt)
		if err != nil {
			t.Fatal(err)
		}
		data := slices.Index(tr.calls, unix.SYS_FDATASYNC)
		renamed := max(slices.Index(tr.calls, unix.SYS_RENAMEAT), slices.Index(tr.calls, unix.SYS_RENAMEAT2))
		folder := slices.Index(tr.calls, unix.SYS_FSYNC)
		if data < 0 || renamed < data || folder < renamed {
			t.Errorf("%s: data flushed at %d, renamed at %d, folder flushed at %d", name, data, renamed, folder)
		}
	}
}

// trace starts a role and kills it at the n-th stop between its two signs, unless it gets to the second one first.
func trace(role, dir string, n int) (tr *tracee, err error) {
	runtime.LockOSThread() // only the thread that started the trace may go on with it
	defer runtime.UnlockOSThread()
	out, err := os.CreateTemp("", "traced")
	if err != nil {
		return nil, err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	p, err := os.StartProcess(os.Args[0], os.Args[:1], &os.ProcAttr{
		Env:   append(os.Environ(), "VAULT_TEST_ROLE="+role, "VAULT_TEST_DIR="+dir),
		Files: []*os.File{nil, out, out}, Sys: &syscall.SysProcAttr{Ptrace: true},
	})
	if err != nil {
		return nil, err
	}
	defer p.Release()
	tr = &tracee{pid: p.Pid, left: n}
	if err := tr.run(); err != nil {
		unix.Kill(p.Pid, unix.SIGKILL)
		tr.reap()
		return nil, err
	}
	if said, _ := os.ReadFile(out.Name()); len(said) > 0 {
		return nil, fmt.Errorf("it said: %s", said)
	}
	return tr, nil
}

type tracee struct {
	pid    int
	signs  int // seen
	left   int // stops until the kill
	calls  []uint64
	killed bool
}

// Children of other threads, such as other tests' processes, are not ours to wait for.
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
		tid, err := unix.Wait4(-1, &status, waitFor, nil)
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
	unix.PtraceSyscall(tid, pass) // it may be dead by now
}

func (tr *tracee) count(tid int) {
	nr, entering := syscallOf(tid)
	if nr == unix.SYS_GETPPID && entering {
		tr.signs++
	}
	if tr.signs != 1 || entering && !touchesFiles[nr] || tr.killed {
		return
	}
	if entering {
		tr.calls = append(tr.calls, nr)
	}
	if tr.left == 0 {
		tr.killed = true
		unix.Kill(tr.pid, unix.SIGKILL)
	}
	tr.left--
}

func (tr *tracee) reap() {
	var status unix.WaitStatus
	for {
		if _, err := unix.Wait4(-1, &status, waitFor, nil); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// The Go runtime's own calls come and go from run to run, and change no file.
var touchesFiles = map[uint64]bool{
	unix.SYS_OPENAT: true, unix.SYS_MKDIRAT: true, unix.SYS_FCHMOD: true, unix.SYS_FCHMODAT: true, unix.SYS_FLOCK: true,
	unix.SYS_WRITE: true, unix.SYS_FTRUNCATE: true, unix.SYS_FSYNC: true, unix.SYS_FDATASYNC: true, unix.SYS_UTIMENSAT: true,
	unix.SYS_RENAMEAT: true, unix.SYS_RENAMEAT2: true, unix.SYS_UNLINKAT: true, unix.SYS_CLOSE: true,
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
	unix.Syscall6(unix.SYS_PTRACE, getSyscallInfo, uintptr(tid), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	return info.nr * uint64(info.op&entry), info.op == entry
}
