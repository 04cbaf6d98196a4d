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
// So a small shell starts the command and ends, and as its subreaper we inherit the command and its true account.
func peakMemory(ctx context.Context, env, command []string) (int64, error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, err
	}
	shell := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", `"$@" >/dev/null & echo $!`, "sh"}, command...)...)
	shell.Env = env
	out, err := shell.Output()
	if err != nil {
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

// residentMemory tells how much memory of a running process is resident, now and at most, in bytes.
func residentMemory(pid int) (now, most int64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(value, " kB")), 10, 64)
		switch name {
		case "VmRSS":
			now = kib << 10
		case "VmHWM":
			most = kib << 10
		}
	}
	return now, most, nil
}
