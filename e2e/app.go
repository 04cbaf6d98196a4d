//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// App is the built program, in a place of its own, and everything that has ever been started from there.
type App struct {
	d    *Desktop
	path string

	mu      sync.Mutex // guards started
	started []Process
}

// Process is one start of the app.
type Process struct {
	PID  int
	Args []string
}

// NewApp takes the binary that the variable E2E_APP names, and watches for processes that run it, whoever starts them. Where
// E2E_INSTALLED names a program, that is the app, and stays where a package has put it.
func NewApp(d *Desktop) *App {
	d.t.Helper()
	if installed := os.Getenv("E2E_INSTALLED"); installed != "" {
		a := &App{d: d, path: installed}
		a.watch(d.t)
		return a
	}
	built := os.Getenv("E2E_APP")
	if built == "" {
		d.t.Fatal("E2E_APP names no app; start this test by scripts/e2e")
	}
	content, err := os.ReadFile(built)
	must(d.t, err)
	a := &App{d: d, path: d.write("apps/example", "", 0o700)}
	must(d.t, os.WriteFile(a.path, content, 0o700)) //nolint:gosec // a program
	a.watch(d.t)
	return a
}

// watch looks often, because a process that only hands over is gone within some tens of milliseconds.
func (a *App) watch(t *testing.T) {
	done, ended := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(done); <-ended })
	go func() {
		defer close(ended)
		tick := time.NewTicker(3 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				a.look()
			}
		}
	}()
}

func (a *App) look() {
	for _, pid := range processes() {
		if !a.isThe(pid) || a.knows(pid) {
			continue
		}
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		args := strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
		a.mu.Lock()
		a.started = append(a.started, Process{pid, args[1:]})
		a.mu.Unlock()
	}
}

func (a *App) knows(pid int) bool {
	return slices.ContainsFunc(a.Started(), func(p Process) bool { return p.PID == pid })
}

// Started lists every start so far.
func (a *App) Started() []Process {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.started)
}

// Running lists the processes that are there now. A fork that has become one of WebKit's helpers is none of them, nor is a
// zombie, which has no executable any more.
func (a *App) Running() []Process {
	return slices.DeleteFunc(a.Started(), func(p Process) bool { return !a.isThe(p.PID) })
}

func (a *App) isThe(pid int) bool {
	exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return strings.TrimSuffix(exe, " (deleted)") == a.path // what an upgrade has replaced goes on running
}

// Open starts the app as a click on its icon does, and gives the process.
func (a *App) Open() *exec.Cmd {
	a.d.t.Helper()
	cmd := a.d.Start(a.path)
	go func() { _ = cmd.Wait() }() // reaps it, whenever and however it ends
	return cmd
}

// OpenAgain starts the app while it runs, and waits until the new process has done its part and left.
func (a *App) OpenAgain() {
	a.d.t.Helper()
	a.d.Run(a.path)
}

// Kill ends every process of the app as a crash of the machine would, without a word.
func (a *App) Kill() {
	a.d.t.Helper()
	for _, p := range a.Running() {
		must(a.d.t, syscall.Kill(p.PID, syscall.SIGKILL))
	}
	a.d.Wait("the app is gone", func() bool { return len(a.Running()) == 0 })
}

// InFront tells whether the window that has the keyboard is the app's.
func (a *App) InFront() bool {
	out, err := a.d.Command("xdotool", "getactivewindow", "getwindowpid").Output()
	if err != nil {
		return false // for a moment no window has it
	}
	for _, p := range a.Running() {
		if fmt.Sprint(p.PID) == strings.TrimSpace(string(out)) {
			return true
		}
	}
	return false
}

// ComesToFront waits for that.
func (a *App) ComesToFront() {
	a.d.t.Helper()
	a.d.Wait("the app's window is in front", a.InFront)
}

// RaiseBrowser puts the browser's window over the app's.
func (a *App) RaiseBrowser() {
	a.d.t.Helper()
	a.d.Run("xdotool", "search", "--onlyvisible", "--class", "chromium", "windowactivate")
	a.d.Wait("the browser is in front", func() bool { return !a.InFront() })
}
