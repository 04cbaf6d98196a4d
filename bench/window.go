package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

// desk is a display with an app of ours on it and, in turns, an empty app of Wails.
type desk struct {
	*bench
	env         []string
	ours, empty []string // the commands; the number of windows comes second
	accounts    []authkit.Account

	starts, emptyStarts    sample
	calls, guarded, naught sample // State, and an empty call in our app and in the empty one
	changes, emptyChanges  sample
	cpu, emptyCPU          sample // seconds of an idle stretch
	memory, emptyMemory    sample
	size                   sample
}

const (
	windows     = 5
	idle        = 20 * time.Second
	stateMethod = "github.com/authkit-desktop/authkit/bridge.Service.State"
	emptyMethod = "main.Bench.Nothing"
)

// window compares an app that shows who is signed in with an app of Wails that does nothing.
func (b *bench) window(ctx context.Context) (*section, error) {
	server, err := startServer(emulator.Config{AccessTokenLifetime: time.Hour})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	bus, err := startBus(ctx)
	if err != nil {
		return nil, err
	}
	defer bus.stop()
	display, err := startDisplay(ctx)
	if err != nil {
		return nil, err
	}
	defer display.stop()
	d := &desk{bench: b, env: slices.Concat(bus.env, display.env, environment(server), []string{"GDK_BACKEND=x11"})}
	if err := d.prepare(ctx, server); err != nil {
		return nil, err
	}
	for _, measure := range []func(context.Context) error{d.measureStarts, d.measureCalls, d.measureChanges, d.measureSize} {
		if err := measure(ctx); err != nil {
			return nil, err
		}
	}
	return d.section(), nil
}

// prepare signs two people in, builds the app, and gives it a home of its own.
func (d *desk) prepare(ctx context.Context, server *emulator.Server) error {
	client, dir, err := d.signIn(ctx, server)
	if err != nil {
		return err
	}
	defer client.Close()
	server.Change(func(c *emulator.Config) { c.AutoSignIn = emulator.DemoUsers()[1].Email })
	if _, err := client.SignIn(ctx, authkit.AddAccount()); err != nil {
		return err
	}
	if d.accounts, err = client.Accounts(ctx); err != nil {
		return err
	}
	program, err := d.build(ctx, d.home, "./programs/page", "CGO_ENABLED=1", "-tags", "gtk3,production")
	if err != nil {
		return err
	}
	d.ours, d.empty = []string{program, "1", appID, dir}, []string{program, "1"}
	for _, name := range []string{"HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"} {
		folder, err := d.folder()
		if err != nil {
			return err
		}
		d.env = append(d.env, name+"="+folder)
	}
	return nil
}

// measureStarts is from the start of the process to the frame with the person in it. The first start of each does not count:
// it registers the scheme, and fills caches.
func (d *desk) measureStarts(ctx context.Context) error {
	for i := range d.rounds(20, 1) + 1 {
		for _, turn := range []struct {
			times   *sample
			command []string
		}{{&d.starts, d.ours}, {&d.emptyStarts, d.empty}} {
			var app *child
			took, err := timed(func() (err error) { app, err = startChild(ctx, d.env, turn.command...); return err })
			if err != nil {
				return err
			}
			app.stop()
			if i > 0 {
				*turn.times = append(*turn.times, took.Seconds())
			}
		}
	}
	return nil
}

// measureCalls has both apps open: first they rest, and then their pages ask, in turns.
func (d *desk) measureCalls(ctx context.Context) error {
	ours, err := startChild(ctx, d.env, d.ours...)
	if err != nil {
		return err
	}
	defer ours.stop()
	empty, err := startChild(ctx, d.env, d.empty...)
	if err != nil {
		return err
	}
	defer empty.stop()
	if err := d.measureRest(ctx, ours, empty); err != nil {
		return err
	}
	for i := range d.rounds(20, 1) + 1 {
		for _, turn := range []struct {
			times  *sample
			app    *child
			method string
		}{{&d.calls, ours, stateMethod}, {&d.naught, empty, emptyMethod}, {&d.guarded, ours, emptyMethod}} {
			var took []float64
			if err := turn.app.ask(map[string]any{"method": turn.method, "count": 50}, &took); err != nil {
				return err
			}
			if i > 0 { // WebKit compiles what is called often
				*turn.times = append(*turn.times, took...)
			}
		}
	}
	return nil
}

// measureRest lets both apps come to rest, and looks at them over the same stretches.
func (d *desk) measureRest(ctx context.Context, ours, empty *child) error {
	stretch, settle := idle, 10*time.Second
	if d.short {
		stretch, settle = time.Second, 0
	}
	if err := pause(ctx, settle); err != nil {
		return err
	}
	for range d.rounds(3, 1) {
		oursBefore, emptyBefore, err := usages(ours, empty)
		if err := errors.Join(err, pause(ctx, stretch)); err != nil {
			return err
		}
		oursAfter, emptyAfter, err := usages(ours, empty)
		if err != nil {
			return err
		}
		d.cpu = append(d.cpu, (oursAfter.cpu - oursBefore.cpu).Seconds())
		d.emptyCPU = append(d.emptyCPU, (emptyAfter.cpu - emptyBefore.cpu).Seconds())
		d.memory = append(d.memory, float64(oursAfter.memory))
		d.emptyMemory = append(d.emptyMemory, float64(emptyAfter.memory))
	}
	return nil
}

func usages(one, other *child) (usage, usage, error) {
	first, err := usageOf(one.cmd.Process.Pid)
	second, err2 := usageOf(other.cmd.Process.Pid)
	return first, second, errors.Join(err, err2)
}

// measureChanges goes to and fro between the two accounts. The empty app tells its windows an address by an event of Wails.
func (d *desk) measureChanges(ctx context.Context) error {
	var apps []*child
	for _, command := range [][]string{d.ours, d.empty} {
		command = slices.Clone(command)
		command[1] = strconv.Itoa(windows)
		app, err := startChild(ctx, d.env, command...)
		if err != nil {
			return err
		}
		defer app.stop()
		apps = append(apps, app)
	}
	slices.Reverse(d.accounts) // the current one comes last
	for i := range d.rounds(100, 4) {
		to := d.accounts[i%2]
		for at, times := range []*sample{&d.changes, &d.emptyChanges} {
			var took float64
			if err := apps[at].ask(map[string]string{"switch": to.ID, "email": to.User.Email}, &took); err != nil {
				return err
			}
			*times = append(*times, took)
		}
	}
	return nil
}

// measureSize is that of the example app, as it is released.
func (d *desk) measureSize(ctx context.Context) error {
	path := filepath.Join(d.dir, "example")
	cmd := exec.CommandContext(ctx, filepath.Join(filepath.Dir(d.home), "scripts", "app"), "gtk3,production", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the example app: %w\n%s", err, out)
	}
	info, err := os.Stat(path)
	if err == nil {
		d.size = sample{float64(info.Size())}
	}
	return err
}

func (d *desk) section() *section {
	const same, nothing = "an empty Wails app with the same page", "an empty call in an app without authkit"
	slowest := func(s sample) *stat { return sample{s.quantile(0.99)}.stat() }
	times := func(f float64, ours, limit *stat) bool { return ours.Median <= f*limit.Median }
	calls, naught := d.calls.stat(), d.naught.stat()
	return &section{Name: "window", Title: "A window that shows who is signed in", Rows: []row{
		{What: "page asks, page has the state: median", Chart: "page asks for the state", Unit: seconds, Ours: calls, Limit: naught, LimitIs: nothing,
			Goal: aim("≤ 1.5 × the limit", times(1.5, calls, naught))},
		{What: "the same, 99th percentile", Unit: seconds, Ours: slowest(d.calls), Limit: slowest(d.naught), LimitIs: nothing,
			Goal: aim("≤ 1.5 × the limit", times(1.5, slowest(d.calls), slowest(d.naught)))},
		{What: "an empty call behind the bridge's guard", Unit: seconds, Ours: d.guarded.stat(), Limit: naught, LimitIs: nothing},
		{What: "start of the process to a frame with the person in it", Chart: "app start to identity", Unit: seconds, Ours: d.starts.stat(), Limit: d.emptyStarts.stat(), LimitIs: same,
			Goal: aim("≤ 1.2 × the limit", times(1.2, d.starts.stat(), d.emptyStarts.stat()))},
		{What: "another account, until all of 5 windows show it", Chart: "change in 5 windows", Unit: seconds, Ours: d.changes.stat(), Limit: d.emptyChanges.stat(), LimitIs: "an event of Wails to 5 windows",
			Goal: aim("≤ 20 ms", d.changes.median() <= 0.020)},
		{What: "processor time in 20 s of rest", Unit: seconds, Ours: d.cpu.stat(), Limit: d.emptyCPU.stat(), LimitIs: same,
			Goal: aim("0 %: < 0.1 s", d.cpu.median() < 0.1)},
		{What: "memory at rest", Chart: "app at rest", Unit: memory, Ours: d.memory.stat(), Limit: d.emptyMemory.stat(), LimitIs: same},
		{What: "the example app's binary", Unit: memory, Ours: d.size.stat(),
			Goal: aim("≤ 16 MB", d.size.median() <= 16e6)},
	}, Notes: []string{
		"Real windows of WebKitGTK on a display of their own (Xvfb). One binary is both apps: ours opens the sealed session, claims the instance and the scheme, and has the bridge and its guard; the other does nothing of that, and its page has the person written in it.",
		fmt.Sprintf("A call is timed by the app, from its arrival to the arrival of the next one, which the page sends as soon as it has the answer: WebKit's clock has steps of a millisecond. %d of each, in turns of 50.", len(d.calls)),
		"The frame and the windows are reported by a call from the page, and its way is in the figures. The change is the call of `SwitchAccount`, with its sealed, fsynced saves.",
		"Processor time and memory are of the app and WebKit's processes. Memory is the proportional set size, while both apps are open: what they share is counted half to each.",
	}}
}
