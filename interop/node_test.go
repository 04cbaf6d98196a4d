package interop

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// program is a Node.js program that runs for a test.
type program struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Reader // of its standard output
	stop  func()
}

// node starts a program of this folder; it ends with the test at the latest.
func node(t *testing.T, args ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.CommandContext(t.Context(), "node", args...)}
	// Of the person's own settings it sees none: not their account with the vendor, and not a proxy.
	home := t.TempDir()
	p.cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "SystemRoot=" + os.Getenv("SystemRoot"), "HOME=" + home, "USERPROFILE=" + home, "WORKOS_TELEMETRY=false",
	}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("Node.js is needed here: %v", err)
	}
	p.stop = sync.OnceFunc(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	t.Cleanup(p.stop)
	return p
}

// line waits for the program's next line of output.
func (p *program) line() []byte {
	p.t.Helper()
	type result struct {
		text []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		text, err := p.lines.ReadBytes('\n')
		read <- result{text, err}
	}()
	select {
	case r := <-read:
		if r.err != nil {
			p.t.Fatalf("%v ended without an answer: %v", p.cmd.Args, r.err)
		}
		return r.text
	case <-time.After(60 * time.Second):
		p.t.Fatalf("%v says nothing", p.cmd.Args)
		return nil
	}
}
