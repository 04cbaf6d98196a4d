// Package instance keeps an app to one running process for each user, and hands what a second process was started with to the
// first.
//
// An app that owns a URL scheme needs this: the system delivers a link by starting the app once more. Call [Claim] before any
// window code. It answers in one of three ways:
//
//	primary, err := instance.Claim(ctx, instance.Config{AppID: "com.example.notes", Message: link})
//	switch {
//	case errors.Is(err, instance.ErrHandedOver):
//		return // the running instance has the link; this process is done
//	case err != nil:
//		return err // see ErrUnresponsive for the one case where going on makes sense
//	}
//	defer primary.Close()
//	primary.Serve(func(message string) { … }) // a second process was started: come to the front
//
// # How it decides
//
// A lock on a file in a private folder of the user says who is primary. The system takes the lock from a process that ends,
// however it ends, so a crashed primary is replaced at once and there is no stale state to judge by age or process id. The file
// is never unlinked: a process that still has the old file open would lock that one, and there would be two primaries.
//
// # How the message travels
//
// Over a Unix socket in the same folder, or a named pipe on Windows. Both sides ask the system who the other is, and speak only
// to processes of the same user. The primary speaks first. A process that is stopped therefore never gets a message that nobody
// will read, and one that merely holds the address learns nothing.
//
// No D-Bus, no window toolkit and no display are needed. Works on Linux, macOS and Windows; elsewhere Claim returns
// [errors.ErrUnsupported].
package instance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// MaxMessage is the size of the largest message, in bytes. A browser's URLs stay far below it.
const MaxMessage = 64 << 10

const lockName = "instance.lock"

// DefaultTimeout is what a zero [Config.Timeout] means.
const DefaultTimeout = 2 * time.Second

// ErrHandedOver says that another process of this user is the primary and has accepted the message. There is nothing left to
// do but to exit with status 0.
var ErrHandedOver = errors.New("instance: the running instance took over")

// ErrUnresponsive says that another process of this user is the primary, and did not accept the message within
// [Config.Timeout]: it is stopped (SIGSTOP, a debugger, a frozen container), starved of processor time, or its queue is full.
//
// Such a process is not replaced. It holds whatever the app guards by being alone, such as an open database. It may go on at any
// moment, from the very instruction it was stopped at, and cannot notice before that instruction runs that it was deposed; and
// to kill it would lose the person's unsaved work. The choice is the caller's:
//
//   - finish the work of this one message here, where that is safe in two processes at once;
//   - tell the person, naming the process id in the error's text, and exit;
//   - end that process and call Claim again, which succeeds as soon as it is gone.
//
// Unless the primary stalled in the instant between its greeting and its answer, it never saw the message, and will not act on
// it later.
var ErrUnresponsive = errors.New("instance: the running instance does not respond")

// Config says which app this is, and what to tell its running instance.
type Config struct {
	// AppID names the app, for example "com.example.notes". Required. Up to 100 letters, digits, dots, hyphens and
	// underscores, beginning with a letter or a digit: it becomes the name of a folder.
	AppID string

	// Message goes to the primary when there is one. It may be empty, which only says that the app was started again. Up to
	// [MaxMessage] bytes of any content; what it means is for the app to say, and to check.
	Message string

	// Dir is where a folder named AppID is made, with mode 0700, for the lock and the socket. Processes that are to find each
	// other need the same Dir. Zero: XDG_RUNTIME_DIR, else the temp folder, where the name also tells the user; on Windows
	// %LocalAppData%. A folder that others could enter is refused.
	Dir string

	// Timeout is how long to wait for a primary that does not answer. Zero: [DefaultTimeout]. A primary uses its own to cut
	// off processes that connect and then stall.
	Timeout time.Duration
}

// Claim makes this process the primary, or hands Message to the process that is, in well under 20 ms either way.
//
// It returns [ErrHandedOver] once the primary has accepted the message, [ErrUnresponsive] if it did not in time, the context's
// error if ctx ended first, and any other error if the question could not be settled: then it is unknown whether the app runs
// already. A message that is not handed over remains the caller's to deal with.
func Claim(ctx context.Context, cfg Config) (*Primary, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	if err := makePrivate(cfg.Dir); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.Timeout, ErrUnresponsive)
	defer cancel()
	return settle(ctx, cfg)
}

// complete checks the config and fills in what its zero fields mean. Dir becomes the app's own folder.
func (cfg Config) complete() (Config, error) {
	if err := checkAppID(cfg.AppID); err != nil {
		return cfg, err
	}
	if len(cfg.Message) > MaxMessage {
		return cfg, fmt.Errorf("instance: the message has %d bytes, more than the %d that can be handed over: nothing was done", len(cfg.Message), MaxMessage)
	}
	if cfg.Timeout < 0 {
		return cfg, fmt.Errorf("instance: Timeout is negative (%v): use zero for %v", cfg.Timeout, DefaultTimeout)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	dir, err := folder(cfg)
	if err != nil {
		return cfg, fmt.Errorf("instance: no folder for the lock, set Config.Dir: %w", err)
	}
	cfg.Dir = dir
	return cfg, nil
}

// errAgain says that no primary could be reached just now, but that the question is worth asking again: it is starting,
// ending, or has no room for the message.
var errAgain = errors.New("no answer")

// settle asks for the lock and for the primary in turn until one of them answers. Both can be missed: a primary that starts
// has the lock before it has the socket, and one that ends gives up the socket before the lock.
func settle(ctx context.Context, cfg Config) (*Primary, error) {
	var reason error // of the last try that the clock did not cut short, if there was one
	for pause := time.Millisecond; ; pause = min(2*pause, 16*time.Millisecond) {
		primary, err := become(cfg)
		if primary != nil || err != nil {
			return primary, err
		}
		err = handOver(ctx, cfg)
		if err == nil {
			return nil, ErrHandedOver
		}
		if !errors.Is(err, errAgain) {
			return nil, err
		}
		if reason == nil || ctx.Err() == nil {
			reason = err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), reason)
		case <-time.After(pause):
		}
	}
}

// become takes the lock if it is free, and opens the socket. It returns nil and no error when another process has the lock.
func become(cfg Config) (*Primary, error) {
	lock, err := takeLock(filepath.Join(cfg.Dir, lockName))
	if lock == nil {
		return nil, err
	}
	l, err := listen(cfg.Dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("instance: the running instance could not be made reachable: %w", err), lock.Unlock())
	}
	return newPrimary(cfg, lock, l), nil
}

// takeLock returns nil and no error when another process has the lock.
func takeLock(path string) (*flock.Flock, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("instance: %s is not a regular file: remove it", path)
	}
	lock := flock.New(path)
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("instance: the lock could not be asked for: %w", err)
	}
	if held && !stillAt(path, lock) {
		// Somebody tidied the folder between the opening and the locking: this lock excludes nobody.
		return nil, lock.Unlock()
	}
	if !held {
		return nil, nil
	}
	return lock, nil
}

// folder is where the app's lock and socket are.
func folder(cfg Config) (string, error) {
	if cfg.Dir == "" {
		return defaultFolder(cfg.AppID)
	}
	return filepath.Abs(filepath.Join(cfg.Dir, cfg.AppID))
}

func stillAt(path string, lock *flock.Flock) bool {
	locked, err := lock.Stat()
	if err != nil {
		return false
	}
	present, err := os.Lstat(path)
	return err == nil && os.SameFile(locked, present)
}

// handOver gives the message to the primary. It returns nil once the primary has accepted it.
func handOver(ctx context.Context, cfg Config) error {
	c, pid, err := dial(ctx, cfg.Dir)
	if err != nil {
		return err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := present(c, cfg.Message); err != nil {
		return fmt.Errorf("process %d: %w", pid, err)
	}
	return nil
}

// conn is a connection whose other side is known to be a process of this user.
type conn interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
}
