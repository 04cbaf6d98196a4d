//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// Real windows of the real app. The browser is a small one here: it follows redirects and hands links over, so that many
// sign-ins take no longer than the app takes.
func TestWindowsStayInStepAndTheirMemoryDoesNotGrow(t *testing.T) {
	p := newPerson(t)
	p.net.Change(func(c *emulator.Config) { c.AutoSignIn, c.AccessTokenLifetime = "alice@example.com", 5*time.Minute })
	release := p.d.useQuickBrowser()
	p.app.Open()
	p.window.Reads("Sign in to continue")

	p.step("File, New Window")
	p.app.ComesToFront()
	p.choose("File", "New Window")
	p.app.showAll(2) // beside each other: WebKit leaves the page of a covered window as it is
	windows := p.bothRead("Sign in to continue")

	p.step("sign in to one, while all are minimized")
	windows[1].Click(Button, "Sign in")
	p.bothRead("Signing in…")
	p.app.minimize(2)
	release()
	p.app.ComesToFront()
	p.bothRead("Welcome, Alice")

	p.step("sign out and in, again and again")
	p.app.showAll(2)
	var first memory
	rounds := roundsWanted()
	for round := range rounds {
		windows[round%2].Click(Button, "Sign out")
		p.bothRead("Sign in to continue")
		windows[(round+1)%2].Click(Button, "Sign in")
		p.bothRead("Welcome, Alice")
		if round == rounds/5 { // what a first use fills stays filled
			first = p.app.memory()
		}
	}
	last := p.app.memory()
	t.Logf("%d rounds: the app's process %v, with all of WebKit's %v", rounds, growth(first.own, last.own), growth(first.all, last.all))
	if last.own-first.own > 10<<20 || last.all-first.all > 40<<20 {
		t.Errorf("memory grows: the app's process %v, with all of WebKit's %v", growth(first.own, last.own), growth(first.all, last.all))
	}

	p.step("close one window")
	p.choose("File", "Close")
	p.d.Wait("one window is left", func() bool { return len(p.window.each()) == 1 })
	p.window.Click(Button, "Sign out")
	p.window.Reads("Sign in to continue")
	p.step("end")
}

// choose takes an item of a menu of the window in front. Not by its shortcut: for 50 ms after one key, Ctrl included, Wails
// takes no other for a shortcut, and on a busy machine both arrive together.
func (p *person) choose(menu, item string) {
	p.t.Helper()
	p.menus.Click(Menu, menu)
	p.menus.Click(MenuItem, item)
}

// roundsWanted: E2E_ROUNDS=50 for the figures in the documentation.
func roundsWanted() int {
	if n, err := strconv.Atoi(os.Getenv("E2E_ROUNDS")); err == nil {
		return n
	}
	return 5
}

// useQuickBrowser makes a script the person's browser, and gives the function that lets it take the first link.
func (d *Desktop) useQuickBrowser() (release func()) {
	gate := filepath.Join(d.Home, "gate")
	browser := d.write("quick-browser", `#!/bin/sh
to=$(curl --silent --output /dev/null --write-out '%{redirect_url}' "$1")
until [ -e `+gate+` ]; do sleep 0.05; done
case $to in workos-auth:*) exec xdg-open "$to" ;; esac
`, 0o700)
	d.write("data/applications/browser.desktop", fmt.Sprintf(`[Desktop Entry]
Type=Application
Name=Browser
Exec=%s %%u
MimeType=text/html;x-scheme-handler/http;x-scheme-handler/https;
`, browser), 0o600)
	d.Run("xdg-mime", "default", "browser.desktop", "x-scheme-handler/http", "x-scheme-handler/https", "text/html")
	return func() { d.write("gate", "", 0o600) }
}

// each gives every page of the view as a view of its own.
func (v View) each() []View {
	var all []View
	for _, root := range v.roots() {
		all = append(all, View{v.screen, func() []object { return []object{root} }})
	}
	return all
}

// bothRead waits until the words can be read in both windows.
func (p *person) bothRead(words string) []View {
	p.t.Helper()
	var windows []View
	p.d.Wait(fmt.Sprintf("both windows say %q", words), func() bool {
		windows = p.window.each()
		return len(windows) == 2 && strings.Contains(windows[0].Text(), words) && strings.Contains(windows[1].Text(), words)
	})
	return windows
}

// windows are the ids of the app's windows.
func (a *App) windows(count int) (ids []string) {
	a.d.t.Helper()
	a.d.Wait(fmt.Sprintf("there are %d windows", count), func() bool {
		out, _ := a.d.Command("xdotool", "search", "--name", "^"+appName+"$").Output()
		ids = strings.Fields(string(out))
		return len(ids) == count
	})
	return ids
}

func (a *App) minimize(count int) {
	a.d.t.Helper()
	for _, id := range a.windows(count) {
		a.d.Run("xdotool", "windowminimize", "--sync", id)
	}
	a.d.Wait("no window is in front", func() bool { return !a.InFront() })
}

// showAll places the windows beside each other, so that both can be clicked.
func (a *App) showAll(count int) {
	a.d.t.Helper()
	for i, id := range a.windows(count) {
		a.d.Run("xdotool", "windowactivate", "--sync", id, "windowsize", "--sync", id, "600", "640", "windowmove", id, fmt.Sprint(20+620*i), "40")
	}
}

// memory is proportional set sizes, in bytes.
type memory struct{ own, all int }

func (a *App) memory() memory {
	a.d.t.Helper()
	running := a.Running()
	if len(running) != 1 {
		a.d.t.Fatalf("%d processes of the app are running", len(running))
	}
	app := running[0].PID
	m := memory{own: proportionalSetSize(app)}
	m.all = m.own
	for _, pid := range processes() {
		if descends(pid, app) {
			m.all += proportionalSetSize(pid)
		}
	}
	return m
}

func proportionalSetSize(pid int) int {
	content, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	for line := range strings.Lines(string(content)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "Pss:" {
			kilobytes, _ := strconv.Atoi(fields[1])
			return kilobytes << 10
		}
	}
	return 0
}

func descends(pid, from int) bool {
	for pid > 1 {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		if len(fields) < 2 {
			return false
		}
		if pid, _ = strconv.Atoi(fields[1]); pid == from {
			return true
		}
	}
	return false
}

func growth(from, to int) string {
	return fmt.Sprintf("%.1f MB to %.1f MB", float64(from)/(1<<20), float64(to)/(1<<20))
}
