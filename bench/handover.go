package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
)

// handover compares how long a link takes from the start of the second process, which the system starts with it, to the first.
func (b *bench) handover(ctx context.Context) (*section, error) {
	small, err := b.program(ctx, "instance")
	if err != nil {
		return nil, err
	}
	hello, err := b.program(ctx, "hello")
	if err != nil {
		return nil, err
	}
	window, err := b.build(ctx, b.home, "./programs/window", "CGO_ENABLED=1", "-tags", "gtk3,production")
	if err != nil {
		return nil, err
	}
	bus, err := startBus(ctx)
	if err != nil {
		return nil, err
	}
	defer bus.stop()
	var pairs []*pair
	for _, command := range [][]string{{small}, {window, "instance"}, {window, "wails"}} {
		dir, err := b.folder()
		if err != nil {
			return nil, err
		}
		p := &pair{command: slices.Concat(command, []string{dir}), env: bus.env}
		if p.first, err = startChild(ctx, p.env, slices.Concat(p.command, []string{""})...); err != nil {
			return nil, err
		}
		defer p.first.stop()
		pairs = append(pairs, p)
	}
	limit, linked := &launch{command: []string{hello}, prints: "hello"}, &launch{command: []string{window, "hello"}, prints: "hello"}
	for i := range b.rounds(1000, 20) {
		for _, p := range pairs {
			if err := p.again(ctx, fmt.Sprintf("com.example.bench://callback?code=%d", i)); err != nil {
				return nil, err
			}
		}
		if err := errors.Join(limit.timeToLine(ctx), linked.timeToLine(ctx)); err != nil {
			return nil, err
		}
	}
	return handoverSection(pairs[0].times, limit.times, pairs[1].times, pairs[2].times, linked.times), nil
}

func handoverSection(small, smallLimit, linked, wails, linkedLimit sample) *section {
	const start, same = "hello world in Go, start to first line", "the same program, start to first line"
	slowest := func(s sample) *stat { return sample{s.quantile(0.99)}.stat() }
	over := func(s sample) *stat { return sample{s.median() - linkedLimit.median()}.stat() }
	return &section{Name: "handover", Title: "A link from the second process to the first", Peer: "Wails' single instance", Rows: []row{
		{What: "program without a window toolkit, median", Chart: "link handed over, small app", Unit: seconds, Ours: small.stat(), Limit: smallLimit.stat(), LimitIs: start,
			Goal: aim("≤ 20 ms", small.median() <= 0.020)},
		{What: "the same, 99th percentile", Unit: seconds, Ours: slowest(small), Limit: slowest(smallLimit), LimitIs: start},
		{What: "program linked with Wails and GTK, median", Chart: "link handed over, Wails app", Unit: seconds, Ours: linked.stat(), Peer: wails.stat(),
			Limit: linkedLimit.stat(), LimitIs: same},
		{What: "the same, 99th percentile", Unit: seconds, Ours: slowest(linked), Peer: slowest(wails), Limit: slowest(linkedLimit), LimitIs: same},
		{What: "the same, median over the limit's median", Unit: seconds, Ours: over(linked), Peer: over(wails)},
	}, Notes: []string{
		fmt.Sprintf("From the start of the second process to the line that the first one writes when it has the link; %d times each, in turns.", len(linked)),
		"The program linked with Wails is one binary for both sides. Before its main runs, the system loads GTK and WebKit; the last line is what is left for the handing over itself.",
		"Wails hands over by the D-Bus session bus; ours needs none. No window is open on either side, and Wails' first process does not run its event loop: it delivers without it.",
	}}
}

// pair is the first process of an app, and the later ones.
type pair struct {
	command []string
	env     []string
	first   *child
	times   sample
}

// again starts a second process, until the first one has its message.
func (p *pair) again(ctx context.Context, message string) error {
	second := exec.CommandContext(ctx, p.command[0], slices.Concat(p.command[1:], []string{message})...)
	second.Env, second.Stderr = append(os.Environ(), p.env...), os.Stderr
	var received string
	took, err := timed(func() error {
		if err := second.Start(); err != nil {
			return err
		}
		return p.first.read(&received)
	})
	p.times = append(p.times, took.Seconds())
	if err == nil && received != message {
		err = fmt.Errorf("%v received %q, not %q", p.command, received, message)
	}
	return errors.Join(err, second.Wait())
}
