package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// The vendor's emulator answers 429 after 1000 requests, so a server of either side lives for one short measurement.
const (
	warmUp    = 40
	flows     = 400 // two requests each
	refreshes = 800
)

// emulator compares two servers for tests: how soon they are there, how much they do, and the memory they take.
func (b *bench) emulator(ctx context.Context) (*section, error) {
	emulate, err := b.authkit(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := b.program(ctx, "answer")
	if err != nil {
		return nil, err
	}
	vendor := b.node(filepath.Join("node_modules", "workos", "dist", "bin.js"), "emulate", "--seed", filepath.Join(b.home, "peer", "seed.yaml"), "--port")
	ours := &contender{clientID: emulator.DefaultClientID, command: func(port string) []string {
		return []string{emulate, "emulate", "--addr", "127.0.0.1:" + port, "--auto-sign-in", emulator.DemoUsers()[0].Email}
	}}
	peer := &contender{clientID: emulator.DefaultClientID, command: func(port string) []string { return slices.Concat(vendor, []string{port}) }}
	limit := &contender{bare: true, command: func(port string) []string { return []string{answer, "127.0.0.1:" + port} }}
	for range b.rounds(9, 1) {
		for _, c := range []*contender{ours, peer, limit} {
			if err := c.round(ctx); err != nil {
				return nil, err
			}
		}
	}
	sign, err := b.sign()
	if err != nil {
		return nil, err
	}
	const nothing = "net/http that only answers"
	faster := func(ours, peer sample) bool { return ours.median() >= 10*peer.median() }
	return &section{Name: "emulator", Title: "authkit emulate", Peer: "workos emulate", Rows: []row{
		{What: "start until /health answers", Chart: "emulator: start", Unit: seconds, Ours: ours.start.stat(), Peer: peer.start.stat(), Limit: limit.start.stat(), LimitIs: nothing,
			Goal: aim("≤ 50 ms", ours.start.median() <= 0.050)},
		{What: "authorize + exchange, 1 connection", Chart: "sign-ins, 1 connection", Unit: perSecond, Ours: ours.flows.stat(), Peer: peer.flows.stat(), Limit: limit.flows.stat(), LimitIs: nothing,
			Goal: aim("≥ 10 × the peer", faster(ours.flows, peer.flows))},
		{What: "authorize + exchange, 16 connections", Chart: "sign-ins, 16 connections", Unit: perSecond, Ours: ours.flows16.stat(), Peer: peer.flows16.stat(), Limit: limit.flows16.stat(), LimitIs: nothing,
			Goal: aim("≥ 10 × the peer", faster(ours.flows16, peer.flows16))},
		{What: "refresh, 1 connection", Chart: "refreshes, 1 connection", Unit: perSecond, Ours: ours.refreshes.stat(), Peer: peer.refreshes.stat(), Limit: limit.refreshes.stat(), LimitIs: nothing},
		{What: "one RS256 signature, which each of them needs", Unit: seconds, Limit: sign.stat(), LimitIs: "crypto/rsa, 2048 bits"},
		{What: "most memory, under the load", Chart: "emulator under load", Unit: memory, Ours: ours.memory.stat(), Peer: peer.memory.stat(), Limit: limit.memory.stat(), LimitIs: nothing,
			Goal: aim("≤ 30 MiB", ours.memory.median() <= 30<<20)},
	}, Notes: []string{
		fmt.Sprintf("The vendor's emulator takes 1000 requests a minute, so each measurement has a fresh process: %d flows to warm up, then %d flows or %d refreshes. Node's compiler gets no more time than that to warm to its work.", warmUp, flows, refreshes),
		fmt.Sprintf("Each flow and each refresh is one RS256 signature by crypto/rsa, so %d processors that do nothing else make at most %s a second. The vendor's are made by OpenSSL, which is quicker at them.",
			runtime.NumCPU(), figure(float64(runtime.NumCPU())/sign.median())),
		"The callers run on the same processors as the server, for both sides; the limit shows what is left to be had.",
	}}, nil
}

// contender is a server that is measured.
type contender struct {
	command  func(port string) []string
	clientID string
	bare     bool // only answers, whatever it is asked

	start, flows, flows16, refreshes, memory sample
}

// round is one measurement of each kind, each with a fresh process.
func (c *contender) round(ctx context.Context) error {
	return errors.Join(
		c.serve(ctx, func(to *caller) error { return c.load(ctx, to, 1, flows, &c.flows) }),
		c.serve(ctx, func(to *caller) error { return c.load(ctx, to, 16, flows, &c.flows16) }),
		c.serve(ctx, func(to *caller) error { return c.refresh(ctx, to) }))
}

// serve starts a process, has f use it, and ends it.
func (c *contender) serve(ctx context.Context, f func(*caller) error) error {
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	command := c.command(port)
	var stderr strings.Builder
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stderr = &stderr
	to := newCaller("http://127.0.0.1:"+port, c.clientID)
	took, err := timed(func() error { return errors.Join(cmd.Start(), healthy(ctx, to)) })
	if err == nil {
		c.start = append(c.start, took.Seconds())
		err = f(to)
	}
	if err == nil {
		var peak int64
		peak, err = peakSoFar(cmd.Process.Pid)
		c.memory = append(c.memory, float64(peak))
	}
	if err != nil {
		err = fmt.Errorf("%v: %w\n%s", command, err, &stderr)
	}
	to.hc.CloseIdleConnections()
	_ = cmd.Process.Signal(syscall.SIGKILL)
	_ = cmd.Wait()
	return err
}

// healthy waits until the server answers.
func healthy(ctx context.Context, to *caller) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		res, err := to.send(ctx, http.MethodGet, "/health", nil)
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		if waited := pause(ctx, time.Millisecond); waited != nil {
			return fmt.Errorf("the server never became healthy: %w", errors.Join(waited, err))
		}
	}
}

// load signs in n times over a number of connections.
func (c *contender) load(ctx context.Context, to *caller, connections, n int, rate *sample) error {
	if err := c.flow(ctx, to, connections, warmUp); err != nil {
		return err
	}
	took, err := timed(func() error { return c.flow(ctx, to, connections, n) })
	*rate = append(*rate, float64(n)/took.Seconds())
	return err
}

func (c *contender) flow(ctx context.Context, to *caller, connections, n int) error {
	turns := make(chan struct{}, n)
	for range n {
		turns <- struct{}{}
	}
	close(turns)
	errs := make([]error, connections)
	var all sync.WaitGroup
	for i := range connections {
		all.Go(func() {
			for range turns {
				if errs[i] = c.once(ctx, to); errs[i] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (c *contender) once(ctx context.Context, to *caller) error {
	if c.bare {
		return errors.Join(to.nothing(ctx), to.nothing(ctx))
	}
	_, err := to.flow(ctx)
	return err
}

func (c *contender) refresh(ctx context.Context, to *caller) error {
	session := &peerSession{}
	if !c.bare {
		var err error
		if session, err = to.flow(ctx); err != nil {
			return err
		}
	}
	again := func(n int) (err error) {
		for range n {
			if c.bare {
				err = to.nothing(ctx)
			} else {
				session, err = to.refresh(ctx, session.RefreshToken)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := again(warmUp); err != nil {
		return err
	}
	took, err := timed(func() error { return again(refreshes) })
	c.refreshes = append(c.refreshes, refreshes/took.Seconds())
	return err
}

// freePort is a port that nothing listened on a moment ago.
func freePort(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}
