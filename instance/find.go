package instance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Find looks for the primary without telling it anything, as a diagnosis wants: the app does not come to the front. It returns
// the primary's process id, and 0 when there is none. Of the config it uses AppID, Dir and Timeout.
//
// The error is [ErrUnresponsive] when there is a primary that does not greet within [Config.Timeout].
func Find(ctx context.Context, cfg Config) (pid int, err error) {
	cfg.Message = ""
	if cfg, err = cfg.complete(); err != nil {
		return 0, err
	}
	if _, err := os.Lstat(cfg.Dir); errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err := makePrivate(cfg.Dir); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.Timeout, ErrUnresponsive)
	defer cancel()
	for {
		pid, err = greet(ctx, cfg.Dir)
		if !errors.Is(err, errAgain) {
			return pid, err
		}
		// It may be starting or ending: then it is the lock that tells.
		if held, lockErr := isHeld(filepath.Join(cfg.Dir, lockName)); lockErr != nil || !held {
			return 0, lockErr
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// greet waits for the primary's greeting, which only a process that runs can give, and hangs up.
func greet(ctx context.Context, dir string) (pid int, err error) {
	c, pid, err := dial(ctx, dir)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := readGreeting(c); err != nil {
		return 0, again(fmt.Errorf("process %d: %w", pid, err))
	}
	return pid, nil
}

// isHeld says whether a process has the lock. To find out, it takes a free lock for an instant, which a process that claims it
// in that instant survives: it asks again.
func isHeld(path string) (bool, error) {
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	lock, err := takeLock(path)
	if lock == nil {
		return err == nil, err
	}
	return false, lock.Unlock()
}
