package main

import (
	"context"
	"fmt"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

const (
	away      = 40 * time.Millisecond // how far the server is
	lifetime  = time.Second           // of the tokens that are to run out
	processes = 32
)

// storm compares what happens at the moment when a token has run out and everybody wants one.
func (b *bench) storm(ctx context.Context) (*section, error) {
	server, err := startServer(emulator.Config{Rotation: emulator.RotateStrict,
		Faults: []emulator.Fault{{Route: emulator.Refresh, Times: emulator.Forever, Latency: away}}})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	s := &storm{bench: b, server: server, caller: newCaller(server.URL(), server.ClientID())}
	if s.token, err = b.program(ctx, "token"); err != nil {
		return nil, err
	}
	if s.peer, err = startChild(ctx, environment(server), b.node("storm.mjs")...); err != nil {
		return nil, err
	}
	defer s.peer.stop()
	callers := b.rounds(10_000, 1000)
	var ours, once, peer, peerFew, oursProcesses, peerProcesses crowd
	turns := []struct {
		crowd *crowd
		run   func(context.Context) (*outcome, error)
	}{
		{&ours, func(ctx context.Context) (*outcome, error) { return s.goroutines(ctx, callers) }},
		{&once, func(ctx context.Context) (*outcome, error) { return s.justOnce(ctx, callers) }},
		{&peer, func(ctx context.Context) (*outcome, error) { return s.promises(ctx, 1000) }},
		{&peerFew, func(ctx context.Context) (*outcome, error) { return s.promises(ctx, processes) }},
		{&oursProcesses, s.ourProcesses},
		{&peerProcesses, s.peerProcesses},
	}
	for range b.rounds(7, 1) {
		for _, turn := range turns {
			result, err := turn.run(ctx)
			if err != nil {
				return nil, err
			}
			turn.crowd.add(result)
		}
		if err := s.measureTrip(ctx); err != nil {
			return nil, err
		}
	}
	over := sample{}
	for i, last := range ours.last {
		over = append(over, last-s.trips[i])
	}
	title := figure(float64(callers)) + " goroutines (peer: 1,000 promises)"
	return &section{Name: "storm", Title: "Everybody at once, with a token that has run out", Peer: "authkit-session", Rows: []row{
		{What: title + ": refreshes that the server saw", Ours: ours.exchanges.stat(), Peer: peer.exchanges.stat(), Limit: sample{1}.stat(), LimitIs: "one",
			Goal: aim("1", ours.one())},
		{What: title + ": callers left without a token", Ours: ours.refused.stat(), Peer: peer.refused.stat()},
		{What: title + ": the last one's wait", Chart: "10,000 callers at expiry", Unit: seconds, Ours: ours.last.stat(), Peer: peer.last.stat(), Limit: once.last.stat(), LimitIs: "the same callers at a sync.Once around the refresh",
			Goal: aim("≤ the refresh + 5 ms", over.median() <= 0.005)},
		{What: "a refresh alone, which the target adds to", Unit: seconds, Limit: s.trips.stat()},
		{What: "32 promises: refreshes that the server saw", Peer: peerFew.exchanges.stat(), Limit: sample{1}.stat(), LimitIs: "one"},
		{What: "32 promises: the last one's wait", Unit: seconds, Peer: peerFew.last.stat(), Limit: s.trips.stat(), LimitIs: "the refresh alone"},
		{What: "32 processes: refreshes that the server saw", Ours: oursProcesses.exchanges.stat(), Peer: peerProcesses.exchanges.stat(), Limit: sample{1}.stat(), LimitIs: "one",
			Goal: aim("1", oursProcesses.one())},
		{What: "32 processes: processes left without a token", Ours: oursProcesses.refused.stat(), Peer: peerProcesses.refused.stat(),
			Goal: aim("0", oursProcesses.refused.quantile(1) == 0)},
		{What: "32 processes: the last one's wait", Chart: "32 processes at expiry", Unit: seconds, Ours: oursProcesses.last.stat(), Peer: peerProcesses.last.stat(),
			Limit: s.trips.stat(), LimitIs: "the refresh alone"},
	}, Notes: []string{
		fmt.Sprintf("The server takes %v for a refresh, as one far away would, and each refresh token works once.", away),
		"Ours includes the sealed, fsynced save of the new session. The peer's promises save nothing; its processes share one sealed file, as an app that keeps its session in a file would, and write it back without fsync. A process's wait is its first call: the file is read in it, and the peer fetches the key set.",
		"The peer shares a refresh among the callers of one process while it is in flight, and has nothing between processes. It verifies each caller's token first, which is most of what its promises wait for.",
	}}, nil
}
