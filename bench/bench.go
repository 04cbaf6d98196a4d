package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// appID is that of the terminal program, which opens the sessions made here.
const appID = "authkit-cli"

// secret seals the sessions of both sides. It looks random, so both make their key from it without stretching it.
const secret = "Zk3rVw8xq1LmT5oYc9bN7dHs2JfGa6Ue"

// bench is what the benchmarks share.
type bench struct {
	home  string // the folder of this module
	dir   string // scratch space, on the disk that saves are measured on
	short bool   // few rounds: to see that everything works, not to measure
}

// benchmarks are in the order of the report.
var benchmarks = []struct {
	name string
	run  func(*bench, context.Context) (*section, error)
}{
	{"token", (*bench).token},
	{"start", (*bench).start},
	{"storm", (*bench).storm},
	{"save", (*bench).save},
	{"emulator", (*bench).emulator},
	{"handover", (*bench).handover},
	{"window", (*bench).window},
}

// rounds shortens a benchmark when it is only tried.
func (b *bench) rounds(full, short int) int {
	if b.short {
		return short
	}
	return full
}

// program builds one of the programs in programs/.
func (b *bench) program(ctx context.Context, name string) (string, error) {
	return b.build(ctx, b.home, "./programs/"+name, "CGO_ENABLED=0")
}

// authkit builds the terminal program.
func (b *bench) authkit(ctx context.Context) (string, error) {
	return b.build(ctx, filepath.Dir(b.home), "./cmd/authkit", "CGO_ENABLED=0")
}

// build makes a package of a module into a program, the way that an app is released.
func (b *bench) build(ctx context.Context, module, pkg, env string, flags ...string) (string, error) {
	path := filepath.Join(b.dir, filepath.Base(pkg))
	args := slices.Concat([]string{"build", "-trimpath", "-ldflags", "-s -w", "-o", path}, flags, []string{pkg})
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = module, append(os.Environ(), env)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

// node is a command that runs one of the scripts in peer/.
func (b *bench) node(script string, args ...string) []string {
	return append([]string{"node", filepath.Join(b.home, "peer", script)}, args...)
}

// folder is a new one in the scratch space.
func (b *bench) folder() (string, error) { return os.MkdirTemp(b.dir, "") }

// pause waits, or gives the reason why not.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
