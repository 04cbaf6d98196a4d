package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// token compares what every API call of an app begins with: an access token, while it is fresh. The peer has to verify it each
// time, since its session is a value that the caller brings along.
func (b *bench) token(ctx context.Context) (*section, error) {
	server, err := startServer(emulator.Config{AccessTokenLifetime: time.Hour})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	client, _, err := b.signIn(ctx, server)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	session, err := newCaller(server.URL(), server.ClientID()).flow(ctx)
	if err != nil {
		return nil, err
	}
	peer, err := startChild(ctx, environment(server), b.node("token.mjs")...)
	if err != nil {
		return nil, err
	}
	defer peer.stop()

	call := func() error { _, err := client.AccessToken(ctx); return err }
	var ours, many, allocations, peerOne, peerMany, load, clock, clockMany sample
	for range b.rounds(15, 2) {
		one := testing.Benchmark(func(t *testing.B) { alone(t, call) })
		ours = append(ours, perCall(one))
		allocations = append(allocations, float64(one.AllocsPerOp()))
		many = append(many, perCall(testing.Benchmark(func(t *testing.B) { atOnce(t, 64, call) })))
		load = append(load, perCall(testing.Benchmark(loadPointer)))
		clock = append(clock, perCall(testing.Benchmark(func(t *testing.B) { alone(t, readClock) })))
		clockMany = append(clockMany, perCall(testing.Benchmark(func(t *testing.B) { atOnce(t, 64, readClock) })))
		for together, to := range map[int]*sample{1: &peerOne, 64: &peerMany} {
			var answer struct{ Seconds float64 }
			if err := peer.ask(map[string]any{"session": session, "calls": 1280, "together": together}, &answer); err != nil {
				return nil, err
			}
			*to = append(*to, answer.Seconds)
		}
	}
	verify, err := b.verify()
	if err != nil {
		return nil, err
	}
	return &section{Name: "token", Title: "An access token while it is fresh", Peer: "authkit-session", Rows: []row{
		{What: "AccessToken, 1 caller", Chart: "access token, fresh", Unit: seconds, Ours: ours.stat(), Peer: peerOne.stat(), Limit: load.stat(), LimitIs: "atomic pointer load",
			Goal: aim("≤ 100 ns", ours.median() <= 100e-9)},
		{What: "AccessToken, 64 callers at once, time per call", Unit: seconds, Ours: many.stat(), Peer: peerMany.stat(), Limit: clockMany.stat(), LimitIs: "time.Now, 64 at once",
			Goal: aim("no slower than 1 caller", many.median() <= ours.median())},
		{What: "allocations per call", Ours: allocations.stat(),
			Goal: aim("0", allocations.median() == 0)},
		{What: "a look at the clock, which every call takes", Unit: seconds, Limit: clock.stat(), LimitIs: "time.Now"},
		{What: "one RS256 verification", Unit: seconds, Limit: verify.stat(), LimitIs: "crypto/rsa, 2048 bits"},
	}, Notes: []string{
		"The peer's call is `validateAndRefresh` on a session already in memory, with its key set cached; it verifies the token's signature at every call, which costs at least the RS256 verification in the last line. We verify a token once, when it arrives.",
		fmt.Sprintf("64 callers share %d processors, so the time per call falls when the work can be done side by side.", runtime.NumCPU()),
	}}, nil
}

func perCall(r testing.BenchmarkResult) float64 { return r.T.Seconds() / float64(r.N) }

func alone(t *testing.B, call func() error) {
	t.ReportAllocs()
	for t.Loop() {
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
}

func atOnce(t *testing.B, callers int, call func() error) {
	t.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
	t.RunParallel(func(turns *testing.PB) {
		for turns.Next() {
			if err := call(); err != nil {
				t.Error(err)
				return
			}
		}
	})
}

func loadPointer(t *testing.B) {
	var pointer atomic.Pointer[int]
	pointer.Store(new(int))
	for t.Loop() {
		pointer.Load()
	}
}

func readClock() error {
	if time.Now().IsZero() {
		return errors.New("the clock stands still")
	}
	return nil
}
