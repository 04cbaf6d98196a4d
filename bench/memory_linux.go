package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// peakMemory runs a command and tells the most memory that was resident for it, in bytes.
//
// A child of ours would not do: until its exec it shares our memory, and Linux counts the most that we ever had as the child's.
// So a small shell starts the command and ends, and as its subreaper we inherit the command and its true account. The command
// waits for that end, or else the shell could be the one that sees it finish.
func peakMemory(ctx context.Context, env, command []string) (int64, error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, err
	}
	wait, start, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer start.Close()
	script := `{ read go <&3; exec "$@" 3<&-; } >/dev/null & echo $!`
	shell := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", script, "sh"}, command...)...)
	shell.Env, shell.Stderr, shell.ExtraFiles = env, os.Stderr, []*os.File{wait}
	out, err := shell.Output()
	if err := errors.Join(err, wait.Close(), start.Close()); err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		return 0, err
	}
	var status syscall.WaitStatus
	var usage syscall.Rusage
	for {
		_, err := syscall.Wait4(pid, &status, 0, &usage)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || status.ExitStatus() != 0 {
			return 0, fmt.Errorf("%v, run for its memory, ended with %d: %w", command, status.ExitStatus(), err)
		}
		return usage.Maxrss << 10, nil
	}
}

// peakSoFar tells the most memory that was resident for a running process, in bytes.
func peakSoFar(pid int) (int64, error) {
	path := fmt.Sprintf("/proc/%d/status", pid)
	var kib int64
	if _, err := fmt.Sscan(field(path, "VmHWM", ":"), &kib); err != nil {
		return 0, fmt.Errorf("%s does not tell: %w", path, err)
	}
	return kib << 10, nil
}
