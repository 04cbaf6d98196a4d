package vault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// folderPatience is how long a short lock may be held by others: writes take milliseconds, creating a key up to three
// answers of a keychain.
var folderPatience = 10 * time.Second // a variable for the tests only

// Lock takes the lock called name, waiting until it is free or ctx ends. Goroutines and processes with a vault in the
// same folder exclude each other. It may be held for long, across the network too; it ends with unlock, or with the
// process that holds it, however that ends. Update does not need it, and can be called while it is held.
//
// In memory, with no key to be had, it is between goroutines only, as the records are.
func (v *Vault) Lock(ctx context.Context, name string) (unlock func(), err error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	unlock, err = v.locks.get(fileStem(name)+lockSuffix).take(ctx, v)
	if err != nil {
		return nil, fmt.Errorf("vault: the lock %q was not taken: %w", name, err)
	}
	return unlock, nil
}

// lockFolder takes the short lock that every change of a file is made under, and opens the folder, which is created
// when it is not there (any more).
func (v *Vault) lockFolder(ctx context.Context) (*folder, func(), error) {
	limited, cancel := context.WithTimeoutCause(ctx, folderPatience, ErrBusy)
	defer cancel()
	unlock, err := v.locks.get(lockSuffix).take(limited, v)
	if err != nil {
		return nil, nil, err
	}
	f, err := createFolder(v.dir)
	if err != nil {
		unlock()
		return nil, nil, err
	}
	return f, func() { f.close(); unlock() }, nil
}

// locks are the locks of one vault, by file name.
type locks struct {
	mu    sync.Mutex
	files map[string]*fileLock
}

func (l *locks) get(file string) *fileLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.files == nil {
		l.files = map[string]*fileLock{}
	}
	if l.files[file] == nil {
		l.files[file] = &fileLock{file: file, turn: make(chan struct{}, 1)}
	}
	return l.files[file]
}

// fileLock is one lock file. It is never unlinked: a process that waits on the unlinked file and one that makes a new
// one would both have the lock.
type fileLock struct {
	file string
	turn chan struct{} // holds one token: the goroutine of this process that has the file lock, or waits for it
	wait *wait         // what an earlier holder of the turn left behind; guarded by turn
}

func (l *fileLock) take(ctx context.Context, v *Vault) (func(), error) {
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	release, err := l.takeFile(ctx, v)
	if err != nil {
		<-l.turn
		return nil, err
	}
	return sync.OnceFunc(func() { release(); <-l.turn }), nil
}

func (l *fileLock) takeFile(ctx context.Context, v *Vault) (release func(), err error) {
	for {
		if v.fallback.Load() != nil {
			return func() {}, nil
		}
		held, err := l.flock(ctx, v)
		if err != nil {
			return nil, err
		}
		if isCurrent(held) {
			return func() { unlock(held) }, nil
		}
		unlock(held) // the folder was removed while we waited: what is locked is nobody's lock
	}
}

// unlock closes the file too, which gives the lock back even where unlocking fails.
func unlock(held *flock.Flock) { _ = held.Unlock() }

func isCurrent(held *flock.Flock) bool {
	locked, err := held.Stat()
	if err != nil {
		return false
	}
	onDisk, err := os.Lstat(held.Path())
	return err == nil && os.SameFile(locked, onDisk)
}

func (l *fileLock) flock(ctx context.Context, v *Vault) (*flock.Flock, error) {
	if l.wait != nil {
		if resumed := l.wait.resume(); !resumed {
			l.wait = nil
		}
	}
	if l.wait == nil {
		fl, err := v.newFlock(l.file)
		if err != nil {
			return nil, err
		}
		if ok, err := fl.TryLock(); ok || err != nil {
			return fl, err
		}
		l.wait = startWait(fl)
	}
	select {
	case err := <-l.wait.done:
		fl := l.wait.flock
		l.wait = nil
		return fl, err
	case <-ctx.Done():
		l.wait.abandon()
		return nil, context.Cause(ctx)
	}
}

// newFlock makes sure that the lock file is one of ours, and none that somebody planted, before it is opened by path.
func (v *Vault) newFlock(file string) (*flock.Flock, error) {
	f, err := createFolder(v.dir)
	if err != nil {
		return nil, err
	}
	defer f.close()
	if err := f.ensureFile(file); err != nil {
		return nil, err
	}
	return flock.New(filepath.Join(v.dir, file), flock.SetFlag(os.O_RDWR|noFollow)), nil
}

// wait is a blocking wait for a file lock. Blocking is what makes it both idle and quick: the system wakes exactly the
// next in line, with no polling. It cannot be cancelled, so when its caller goes it is left to the next one, and if
// there is none, it lets the lock go as soon as it has it. So no lock has more than one goroutine waiting in a process.
type wait struct {
	flock *flock.Flock
	done  chan error // has room for one

	mu     sync.Mutex
	wanted bool // somebody will receive from done
	over   bool
}

func startWait(fl *flock.Flock) *wait {
	w := &wait{flock: fl, done: make(chan error, 1), wanted: true}
	go w.run()
	return w
}

func (w *wait) run() {
	err := w.flock.Lock()
	for errors.Is(err, syscall.EINTR) { // some network file systems are interrupted by the Go scheduler's signals
		err = w.flock.Lock()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	if w.wanted {
		w.done <- err
	} else {
		unlock(w.flock)
	}
}

func (w *wait) abandon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted = false
	if w.over { // it came in the same moment
		if err := <-w.done; err == nil {
			unlock(w.flock)
		}
	}
}

// resume takes over an abandoned wait, unless it is over.
func (w *wait) resume() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted = !w.over
	return w.wanted
}
