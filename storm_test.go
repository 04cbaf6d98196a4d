package authkit_test

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

// The second promise: any number of goroutines and processes that need a token at once cause one refresh. With strict
// rotation and no grace a second one would end the session.

func TestC25TenThousandGoroutinesAtExpiryAreOneRefresh(t *testing.T) {
	w, k := atClock(t, emulator.Config{Rotation: emulator.RotateStrict})
	c := w.client()
	w.signIn(c)
	old := w.token(c)
	k.advance(6 * time.Minute)
	w.allGetOneToken(old, size(10_000, 1_000), func(int) *authkit.Client { return c })
}

// Clients share nothing but the folder, as processes do; real processes follow below.
func TestC25ManyClientsAtExpiryAreOneRefresh(t *testing.T) {
	w, k := atClock(t, emulator.Config{Rotation: emulator.RotateStrict})
	first := w.client()
	w.signIn(first)
	old := w.token(first)
	clients := make([]*authkit.Client, 16)
	for i := range clients {
		clients[i] = w.client()
	}
	k.advance(6 * time.Minute)
	w.allGetOneToken(old, 10*len(clients), func(i int) *authkit.Client { return clients[i%len(clients)] })
}

func (w *world) allGetOneToken(old string, callers int, client func(i int) *authkit.Client) {
	w.Helper()
	var (
		group  sync.WaitGroup
		start  = make(chan struct{})
		tokens = make([]string, callers)
	)
	for i := range callers {
		group.Go(func() {
			<-start
			var err error
			if tokens[i], err = client(i).AccessToken(w.Context()); err != nil {
				w.Error(err)
			}
		})
	}
	close(start)
	group.Wait()
	w.mustBeOneNewToken(old, tokens)
}

func (w *world) mustBeOneNewToken(old string, tokens []string) {
	w.Helper()
	for _, token := range tokens {
		if token == "" || token == old || token != tokens[0] {
			w.Fatal("not everybody has the one new token")
		}
	}
	if n := w.server.Count(emulator.Refresh); n != 1 {
		w.Errorf("%d refreshes, want 1", n)
	}
}

func TestC25ManyProcessesAtExpiryAreOneRefresh(t *testing.T) {
	w, k := atClock(t, emulator.Config{Rotation: emulator.RotateStrict})
	c := w.client()
	w.signIn(c)
	old := w.token(c)
	_ = c.Close()
	k.advance(6 * time.Minute)
	processes := make([]*waitingChild, size(32, 8))
	for i := range processes {
		processes[i] = w.startWaiting("token", 6*time.Minute)
	}
	for _, p := range processes {
		p.untilReady(t)
	}
	for _, p := range processes {
		_ = p.stdin.Close()
	}
	tokens := make([]string, len(processes))
	for i, p := range processes {
		tokens[i] = p.end(t)
	}
	w.mustBeOneNewToken(old, tokens)
}

// waitingChild is a process that does its work when its input ends.
type waitingChild struct {
	cmd   *exec.Cmd
	stdin io.Closer
	lines *bufio.Scanner
}

func (w *world) startWaiting(role string, ahead time.Duration) *waitingChild {
	w.Helper()
	cmd := w.child(role, ahead)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		w.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	return &waitingChild{cmd, stdin, bufio.NewScanner(stdout)}
}

func (p *waitingChild) untilReady(t *testing.T) {
	t.Helper()
	if !p.lines.Scan() || p.lines.Text() != "ready" {
		t.Fatalf("the process is not ready: %q", p.lines.Text())
	}
}

// end gives what the process printed at last. An error of its own comes out as the reason, since it prints no token then.
func (p *waitingChild) end(t *testing.T) (line string) {
	t.Helper()
	var said []string
	for p.lines.Scan() {
		said = append(said, p.lines.Text())
	}
	if err := p.cmd.Wait(); err != nil {
		t.Fatal(fmt.Errorf("%w: %s", err, strings.Join(said, "\n")))
	}
	return strings.Join(said, "")
}
