package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/authkit-desktop/authkit/emulator"
)

// start compares how soon a new process knows who is signed in, and the most memory it takes for that.
func (b *bench) start(ctx context.Context) (*section, error) {
	server, err := startServer(emulator.Config{})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	whoami, env, err := b.whoami(ctx, server)
	if err != nil {
		return nil, err
	}
	sealed, err := b.sealForPeer(ctx, server)
	if err != nil {
		return nil, err
	}
	hello, err := b.program(ctx, "hello")
	if err != nil {
		return nil, err
	}
	email := emulator.DemoUsers()[0].Email
	ours, peer := &launch{command: whoami, env: env, prints: email}, &launch{command: b.node("whoami.mjs", sealed), env: environment(server), prints: email}
	limit, bare := &launch{command: []string{hello}, prints: "hello"}, &launch{command: []string{"node", "-e", "0"}}
	runs := []*launch{ours, peer, limit, bare}
	gh, err := b.gh()
	if err != nil {
		return nil, err
	}
	if gh != nil {
		runs = append(runs, gh)
	}
	for range b.rounds(40, 3) {
		for _, one := range runs {
			if err := one.again(ctx); err != nil {
				return nil, err
			}
		}
	}
	s := &section{Name: "start", Title: "From the start of a process to a known person", Peer: "node + authkit-session", Rows: []row{
		{What: "`authkit whoami`: start to end", Chart: "process start to identity", Unit: seconds, Ours: ours.times.stat(), Peer: peer.times.stat(),
			Limit: limit.times.stat(), LimitIs: "hello world in Go",
			Goal: aim("≤ 20 ms", ours.times.median() <= 0.020)},
		{What: "`authkit whoami`: most memory", Chart: "process start to identity", Unit: memory, Ours: ours.peaks.stat(), Peer: peer.peaks.stat(),
			Limit: limit.peaks.stat(), LimitIs: "hello world in Go",
			Goal: aim("≤ 25 MiB", ours.peaks.median() <= 25<<20)},
		{What: "`node -e 0`: start to end", Unit: seconds, Peer: bare.times.stat()},
		{What: "`node -e 0`: most memory", Unit: memory, Peer: bare.peaks.stat()},
	}, Notes: []string{
		"Both sides open a sealed file with a passphrase and print the mail address; neither touches the network, nor checks the token's signature again.",
	}}
	if gh != nil {
		s.Rows = append(s.Rows, row{What: "`gh config get user`: start to end", Unit: seconds, Peer: gh.times.stat()},
			row{What: "`gh config get user`: most memory", Unit: memory, Peer: gh.peaks.stat()})
		s.Notes = append(s.Notes, "GitHub's `gh` is here as another terminal program that knows who is signed in. `gh auth status` asks the network; this reads a plain file.")
	}
	return s, nil
}

// gh is GitHub's terminal program with somebody signed in, and nil where it is not installed.
func (b *bench) gh() (*launch, error) {
	path, err := exec.LookPath("gh")
	if err != nil {
		return nil, nil //nolint:nilerr // its lines are left out then
	}
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	hosts := []byte("github.com:\n    user: alice\n    oauth_token: none\n")
	return &launch{command: []string{path, "config", "get", "user", "--host", "github.com"}, env: []string{"GH_CONFIG_DIR=" + dir}, prints: "alice"},
		os.WriteFile(filepath.Join(dir, "hosts.yml"), hosts, 0o600)
}

// whoami is the program that is measured, and the environment that it is started in.
func (b *bench) whoami(ctx context.Context, server *emulator.Server) (command, env []string, err error) {
	client, dir, err := b.signIn(ctx, server)
	if err != nil {
		return nil, nil, err
	}
	defer client.Close()
	program, err := b.authkit(ctx)
	return []string{program, "whoami", "--dir", dir}, environment(server), err
}

// sealForPeer signs in once more and has the peer seal the session into a file of its own.
func (b *bench) sealForPeer(ctx context.Context, server *emulator.Server) (file string, err error) {
	session, err := newCaller(server.URL(), server.ClientID()).flow(ctx)
	if err != nil {
		return "", err
	}
	dir, err := b.folder()
	if err != nil {
		return "", err
	}
	file = filepath.Join(dir, "session")
	sealer, err := startChild(ctx, environment(server), b.node("seal.mjs")...)
	if err != nil {
		return "", err
	}
	defer sealer.stop()
	var sealed string
	return file, sealer.ask(map[string]any{"session": session, "file": file}, &sealed)
}

// launch is a program that is run to its end, again and again.
type launch struct {
	command []string
	env     []string
	prints  string // a part of what must come out

	times, peaks sample
}

// again measures the time in one run and the memory in another: looking at the memory takes a process in between.
func (l *launch) again(ctx context.Context) error {
	if err := l.time(ctx); err != nil {
		return err
	}
	peak, err := peakMemory(ctx, append(os.Environ(), l.env...), l.command)
	l.peaks = append(l.peaks, float64(peak))
	return err
}

// time is from the start to the end.
func (l *launch) time(ctx context.Context) error {
	cmd := l.cmd(ctx)
	var out []byte
	took, err := timed(func() (err error) { out, err = cmd.Output(); return err })
	if err != nil {
		return fmt.Errorf("%v: %w", l.command, err)
	}
	if !strings.Contains(string(out), l.prints) {
		return fmt.Errorf("%v printed %q, and not %q", l.command, out, l.prints)
	}
	l.times = append(l.times, took.Seconds())
	return nil
}

// timeToLine is from the start to the first line, leaving out what the end takes.
func (l *launch) timeToLine(ctx context.Context) error {
	cmd := l.cmd(ctx)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	took, err := timed(func() error {
		if err := cmd.Start(); err != nil {
			return err
		}
		_, read := bufio.NewReader(out).ReadString('\n')
		return read
	})
	l.times = append(l.times, took.Seconds())
	return errors.Join(err, cmd.Wait())
}

func (l *launch) cmd(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, l.command[0], l.command[1:]...)
	cmd.Env, cmd.Stderr = append(os.Environ(), l.env...), os.Stderr
	return cmd
}
