package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// usage is what a process and all that it has started have taken, in Linux's accounts.
type usage struct {
	cpu    time.Duration // so far
	memory int64         // in bytes; what processes share is shared out between them
}

func usageOf(root int) (usage, error) {
	var sum usage
	parents := map[int]int{}
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return sum, err
	}
	times := map[int]time.Duration{}
	for _, file := range files {
		if pid, parent, cpu, ok := parseStat(text(file)); ok {
			parents[pid], times[pid] = parent, cpu
		}
	}
	for pid, cpu := range times {
		if !descends(parents, pid, root) {
			continue
		}
		memory, err := proportionalMemory(pid)
		if err != nil {
			return sum, err
		}
		sum.cpu += cpu
		sum.memory += memory
	}
	if _, there := times[root]; !there {
		return sum, fmt.Errorf("process %d has ended: %w", root, os.ErrProcessDone)
	}
	return sum, nil
}

// parseStat takes the line of a process apart. Its second field is a name in brackets, which may have blanks in it.
func parseStat(line string) (pid, parent int, cpu time.Duration, ok bool) {
	at := strings.LastIndex(line, ") ")
	if at < 0 {
		return 0, 0, 0, false
	}
	const tick = 10 * time.Millisecond // for programs, whatever the kernel's own is
	fields := strings.Fields(line[at+2:])
	if len(fields) < 13 {
		return 0, 0, 0, false
	}
	pid, err := strconv.Atoi(strings.Fields(line)[0])
	parent, err2 := strconv.Atoi(fields[1])
	user, err3 := strconv.Atoi(fields[11])
	system, err4 := strconv.Atoi(fields[12])
	return pid, parent, time.Duration(user+system) * tick, err == nil && err2 == nil && err3 == nil && err4 == nil
}

func descends(parents map[int]int, pid, from int) bool {
	for pid > 1 {
		if pid == from {
			return true
		}
		pid = parents[pid]
	}
	return false
}

func proportionalMemory(pid int) (int64, error) {
	path := fmt.Sprintf("/proc/%d/smaps_rollup", pid)
	var kib int64
	if _, err := fmt.Sscan(field(path, "Pss", ":"), &kib); err != nil {
		return 0, fmt.Errorf("%s does not tell: %w", path, err)
	}
	return kib << 10, nil
}
