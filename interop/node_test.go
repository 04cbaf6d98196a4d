package interop

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
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
	p := &program{t: t, cmd: exec.Command("node", args...)} // not with the test's context, which ends before the clean-up
	// Of the person's own settings it sees none: not their account with the vendor, and not a proxy.
	home := t.TempDir()
	p.cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "SystemRoot=" + os.Getenv("SystemRoot"), "HOME=" + home, "USERPROFILE=" + home, "TMPDIR=" + home, "WORKOS_TELEMETRY=false",
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
	case <-time.After(3 * time.Minute):
		p.t.Fatalf("%v says nothing", p.cmd.Args)
		return nil
	}
}

// driver is a program that does what it is called to: see clients/serve.mjs.
type driver struct{ *program }

func drive(t *testing.T, args ...string) *driver {
	t.Helper()
	d := &driver{node(t, args...)}
	t.Cleanup(func() { // before it is killed
		_ = d.in.Close()
		ended := make(chan struct{})
		go func() {
			_, _ = io.Copy(io.Discard, d.lines)
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(time.Minute):
			t.Errorf("%v does not end", args)
		}
	})
	return d
}

// thrown is an error of the program.
type thrown struct {
	Classes []string
	Message string
	Code    string
	Error   string
	Status  int
	Cause   *thrown

	PendingAuthenticationToken string
	RetryAfter                 int
}

func (e *thrown) has(class string) bool { return e != nil && slices.Contains(e.Classes, class) }

// call calls a method.
func (d *driver) call(name string, args ...any) (value json.RawMessage, problem *thrown) {
	d.t.Helper()
	line, err := json.Marshal(object{"call": name, "args": append([]any{}, args...)})
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(d.in, "%s\n", line); err != nil {
		d.t.Fatal(err)
	}
	var answer struct {
		Value json.RawMessage
		Error *thrown
	}
	if err := json.Unmarshal(d.line(), &answer); err != nil {
		d.t.Fatal(err)
	}
	return answer.Value, answer.Error
}

// get calls a method that must work, and reads its value.
func (d *driver) get(value any, name string, args ...any) {
	d.t.Helper()
	raw, problem := d.call(name, args...)
	if problem != nil {
		d.t.Fatalf("%s %v throws %+v", name, args, problem)
	}
	if err := json.Unmarshal(raw, value); err != nil {
		d.t.Fatalf("%s gives %s: %v", name, raw, err)
	}
}

// do calls a method that must work, and has nothing to say.
func (d *driver) do(name string, args ...any) {
	d.t.Helper()
	if _, problem := d.call(name, args...); problem != nil {
		d.t.Fatalf("%s %v throws %+v", name, args, problem)
	}
}
