package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// machine is where, when and with what a run was made. It names no host and no folder.
type machine struct {
	Started    time.Time `json:"started"`
	Took       string    `json:"took"`
	Processor  string    `json:"processor"`
	Processors int       `json:"processors"`
	Memory     string    `json:"memory"`
	System     string    `json:"system"`
	Disk       string    `json:"disk"` // the kind of file system that saves were made on
	Commit     string    `json:"commit"`
	Versions   []string  `json:"versions"`
	LoadBefore string    `json:"load_before"` // of 1, 5 and 15 minutes
	LoadAfter  string    `json:"load_after"`
}

func (b *bench) machine(ctx context.Context) machine {
	m := machine{Started: time.Now().UTC().Truncate(time.Second), Processors: runtime.NumCPU(), LoadBefore: load(),
		Processor: field("/proc/cpuinfo", "model name", ":"), Disk: fileSystem("/proc/self/mounts", b.dir),
		System: strings.Trim(field("/etc/os-release", "PRETTY_NAME", "="), `"`) + ", kernel " + kernel()}
	var kib float64
	if _, err := fmt.Sscan(field("/proc/meminfo", "MemTotal", ":"), &kib); err == nil {
		m.Memory = fmt.Sprintf("%.0f GiB", kib/(1<<20))
	}
	m.Commit = b.output(ctx, "git", "rev-parse", "--short", "HEAD")
	m.Versions = []string{"Go " + strings.TrimPrefix(runtime.Version(), "go"), "Node.js " + strings.TrimPrefix(b.output(ctx, "node", "--version"), "v")}
	for _, name := range []string{"@workos/authkit-session", "@workos-inc/node", "workos"} {
		m.Versions = append(m.Versions, name+" "+b.npmVersion(name))
	}
	m.Versions = append(m.Versions, "Wails "+b.output(ctx, "go", "list", "-m", "-f", "{{.Version}}", "github.com/wailsapp/wails/v3"))
	return m
}

func (b *bench) output(ctx context.Context, command ...string) string {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = b.home
	out, err := cmd.Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

func (b *bench) npmVersion(name string) string {
	var pkg struct{ Version string }
	data, err := os.ReadFile(filepath.Join(b.home, "peer", "node_modules", name, "package.json"))
	if err != nil || json.Unmarshal(data, &pkg) != nil {
		return "unknown"
	}
	return pkg.Version
}

func text(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	return string(data)
}

// field is what a file whose lines are a name, a separator and a value says under a name.
func field(path, name, separator string) string {
	for l := range strings.Lines(text(path)) {
		if key, value, ok := strings.Cut(l, separator); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// kernel leaves out what a builder has added to the version.
func kernel() string {
	version, _, _ := strings.Cut(strings.TrimSpace(text("/proc/sys/kernel/osrelease")), "-")
	return version
}

func load() string {
	return strings.Join(strings.Fields(text("/proc/loadavg") + " - -")[:3], " ")
}

// fileSystem finds the kind of the file system that holds a folder: that of the longest mount point above it.
func fileSystem(mounts, folder string) string {
	kind, longest := "unknown", 0
	for l := range strings.Lines(text(mounts)) {
		fields := strings.Fields(l)
		if len(fields) < 3 {
			continue
		}
		inside, err := filepath.Rel(fields[1], folder)
		if err == nil && !strings.HasPrefix(inside, "..") && len(fields[1]) >= longest {
			kind, longest = fields[2], len(fields[1])
		}
	}
	return kind
}
