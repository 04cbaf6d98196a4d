package main

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// storm is the server that a crowd meets.
type storm struct {
	*bench
	server *emulator.Server
	caller *caller
	peer   *child
	token  string // the program
	trips  sample // a refresh alone
}

// outcome is what became of a crowd.
type outcome struct {
	exchanges int
	got       int
	waits     sample
}

// crowd is what became of a crowd over several rounds.
type crowd struct{ exchanges, refused, last sample }

func (c *crowd) add(o *outcome) {
	c.exchanges = append(c.exchanges, float64(o.exchanges))
	c.refused = append(c.refused, float64(len(o.waits)-o.got))
	c.last = append(c.last, o.waits.quantile(1))
}

// one reports whether a single refresh was enough for everybody, in every round.
func (c *crowd) one() bool { return c.exchanges.quantile(1) == 1 && c.refused.quantile(1) == 0 }

// expired signs in by f, and comes back when the token has run out. Tokens from then on are long-lived.
func (s *storm) expired(ctx context.Context, f func() error) error {
	s.server.Change(func(c *emulator.Config) { c.AccessTokenLifetime = lifetime })
	if err := f(); err != nil {
		return err
	}
	s.server.Change(func(c *emulator.Config) { c.AccessTokenLifetime = time.Hour })
	return pause(ctx, lifetime+200*time.Millisecond)
}

// counting runs f, and notes how many refreshes the server saw meanwhile.
func (s *storm) counting(f func() (*outcome, error)) (*outcome, error) {
	before := s.server.Count(emulator.Refresh)
	o, err := f()
	if err == nil {
		o.exchanges = s.server.Count(emulator.Refresh) - before
	}
	return o, err
}

func (s *storm) measureTrip(ctx context.Context) error {
	session, err := s.caller.flow(ctx)
	if err != nil {
		return err
	}
	took, err := timed(func() error { _, err := s.caller.refresh(ctx, session.RefreshToken); return err })
	s.trips = append(s.trips, took.Seconds())
	return err
}

// goroutines is n callers in one process of ours.
func (s *storm) goroutines(ctx context.Context, n int) (*outcome, error) {
	client, _, err := s.signIn(ctx, s.server)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	if err := s.expired(ctx, func() error { _, err := client.Refresh(ctx); return err }); err != nil {
		return nil, err
	}
	return s.counting(func() (*outcome, error) {
		return together(n, func() error { _, err := client.AccessToken(ctx); return err }), nil
	})
}

// justOnce is n callers of the least that makes one refresh of many: what the scheduler takes for so many is in it.
func (s *storm) justOnce(ctx context.Context, n int) (*outcome, error) {
	session, err := s.caller.flow(ctx)
	if err != nil {
		return nil, err
	}
	refresh := sync.OnceValue(func() error { _, err := s.caller.refresh(ctx, session.RefreshToken); return err })
	return s.counting(func() (*outcome, error) { return together(n, refresh), nil })
}

// together lets n goroutines go at the same moment.
func together(n int, call func() error) *outcome {
	waits, got := make(sample, n), make([]bool, n)
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			took, err := timed(call)
			waits[i], got[i] = took.Seconds(), err == nil
		})
	}
	close(start)
	all.Wait()
	o := &outcome{waits: waits}
	for _, ok := range got {
		if ok {
			o.got++
		}
	}
	return o
}

// promises is n callers in one process of the peer.
func (s *storm) promises(ctx context.Context, n int) (*outcome, error) {
	var session *peerSession
	if err := s.expired(ctx, func() (err error) { session, err = s.caller.flow(ctx); return err }); err != nil {
		return nil, err
	}
	return s.counting(func() (*outcome, error) {
		var answer struct {
			Got   int
			Waits []float64
		}
		err := s.peer.ask(map[string]any{"session": session, "callers": n}, &answer)
		return &outcome{got: answer.Got, waits: answer.Waits}, err
	})
}

func (s *storm) ourProcesses(ctx context.Context) (*outcome, error) {
	var dir string
	err := s.expired(ctx, func() error {
		client, d, err := s.signIn(ctx, s.server)
		if err != nil {
			return err
		}
		dir = d
		return client.Close()
	})
	if err != nil {
		return nil, err
	}
	return s.processes(ctx, s.token, appID, dir)
}

func (s *storm) peerProcesses(ctx context.Context) (*outcome, error) {
	var file string
	if err := s.expired(ctx, func() (err error) { file, err = s.sealForPeer(ctx, s.server); return err }); err != nil {
		return nil, err
	}
	return s.processes(ctx, s.node("process.mjs", file)...)
}

// processes starts many of a command, and lets them ask at the same moment.
func (s *storm) processes(ctx context.Context, command ...string) (*outcome, error) {
	children, errs := make([]*child, processes), make([]error, processes)
	var all sync.WaitGroup
	for i := range children {
		all.Go(func() { children[i], errs[i] = startChild(ctx, environment(s.server), command...) })
	}
	all.Wait()
	defer func() {
		for _, c := range children {
			if c != nil {
				c.stop()
			}
		}
	}()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return s.counting(func() (*outcome, error) {
		for i, c := range children {
			errs[i] = c.write(json.RawMessage(`"go"`))
		}
		o := &outcome{}
		for i, c := range children {
			var answer struct {
				Got  bool
				Wait float64
			}
			errs[i] = errors.Join(errs[i], c.read(&answer))
			o.waits = append(o.waits, answer.Wait)
			if answer.Got {
				o.got++
			}
		}
		return o, errors.Join(errs...)
	})
}
