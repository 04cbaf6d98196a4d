//go:build linux

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

// How links are opened: by the system's two openers, and by a browser, which uses one of them in its own way.
var openers = []string{"xdg-open", "gio open", "chromium"}

const alice = "alice@example.com"

// delivery is a desktop with the smallest app installed in a folder that every opener could stumble over.
type delivery struct {
	t       *testing.T
	d       *Desktop
	net     *Network
	opener  string
	program string
	record  string
}

func newDelivery(t *testing.T, opener string) *delivery {
	t.Helper()
	v := &delivery{t: t, net: NewNetwork(t), d: NewDesktop(t), opener: opener}
	v.net.Change(func(c *emulator.Config) { c.RedirectURIs = []string{smallestID + "://callback"} })
	v.record = filepath.Join(v.d.Home, "record")
	v.d.Env = append(v.d.Env, recordVar+"="+v.record, apiVar+"="+v.net.URL(), clientIDVar+"="+v.net.ClientID(), browserVar+"=none")
	self, err := os.ReadFile("/proc/self/exe")
	must(t, err)
	t.Cleanup(v.nothingFailed)
	v.program = v.d.write(`apps/it's "100%" %u mine/the app`, "", 0o700)
	must(t, os.WriteFile(v.program, self, 0o700)) //nolint:gosec // a program
	return v
}

// running is a process of the app with somebody before it.
type running struct {
	*exec.Cmd
	input io.Writer
}

func (v *delivery) start() *running {
	v.t.Helper()
	cmd := v.d.Command(v.program)
	input, err := cmd.StdinPipe()
	must(v.t, err)
	must(v.t, cmd.Start())
	go func() { _ = cmd.Wait() }() // reaps it, whenever and however it ends
	v.notes(cmd.Process.Pid, "running", 1)
	return &running{cmd, input}
}

// signIn presses the button a number of times, and returns the pages that are waited for.
func (v *delivery) signIn(app *running, times int) (pages []string) {
	v.t.Helper()
	fmt.Fprint(app.input, strings.Repeat("\n", times))
	for _, line := range v.notes(app.Process.Pid, "waits for", times) {
		pages = append(pages, strings.TrimPrefix(line, "waits for "))
	}
	return pages
}

// notes waits until the process, or any for 0, has written down that many lines with a beginning, and returns those.
func (v *delivery) notes(pid int, beginning string, count int) (lines []string) {
	v.t.Helper()
	var seen string
	v.d.Wait(fmt.Sprintf("process %d has noted %q %d times", pid, beginning, count), func() bool {
		lines = v.noted(pid, beginning)
		seen = strings.Join(v.noted(0, ""), "\n")
		return len(lines) >= count
	}, &seen)
	if len(lines) != count {
		v.t.Fatalf("%d lines say %q, want %d:\n%s", len(lines), beginning, count, seen)
	}
	return lines
}

func (v *delivery) noted(pid int, beginning string) (lines []string) {
	data, _ := os.ReadFile(v.record) // not there before the first line
	for scanner := bufio.NewScanner(bytes.NewReader(data)); scanner.Scan(); {
		who, line, _ := strings.Cut(scanner.Text(), " ")
		if (pid == 0 || who == strconv.Itoa(pid)) && strings.HasPrefix(line, beginning) {
			lines = append(lines, line)
		}
	}
	return lines
}

// nothingFailed is for the end of a test.
func (v *delivery) nothingFailed() {
	for _, word := range []string{"failed", "error", "no sign-in"} {
		v.notes(0, word, 0)
	}
}

// links goes through the pages as Alice, up to the links that lead back.
func (v *delivery) links(pages []string) (links []string) {
	v.t.Helper()
	for _, page := range pages {
		link, err := v.net.Person(alice).SignIn(v.t.Context(), page)
		must(v.t, err)
		links = append(links, link)
	}
	return links
}

// open opens links all at once. Nobody waits for the openers: one that has started the app stays as long as the app does.
func (v *delivery) open(links []string) {
	v.t.Helper()
	if v.opener == "chromium" {
		v.click(links)
		return
	}
	for _, link := range links {
		command := append(strings.Fields(v.opener), link)
		cmd := v.d.Start(command[0], command[1:]...)
		go func() { _ = cmd.Wait() }()
	}
}

// click opens a page of links in Chromium and clicks on it for each. Chromium starts one program for each click, without a
// question because the person has told it so for this page before, and forgets a click when the next comes too soon.
func (v *delivery) click(links []string) {
	v.t.Helper()
	list, err := json.Marshal(links)
	must(v.t, err)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<title>Links</title><h1>Ready</h1><script>const links = %s; onmousedown = () => { location.href = links.shift() }</script>`, list)
	}))
	v.t.Cleanup(page.Close)
	v.d.write("chromium/Default/Preferences", fmt.Sprintf(`{"protocol_handler":{"allowed_origin_protocol_pairs":{%q:{%q:true}}}}`, page.URL, smallestID), 0o600)
	v.d.UseChromium()
	browser := NewScreen(v.d).Program("Chromium")
	v.d.Start("xdg-open", page.URL)
	heading := browser.find(Heading, "Ready")
	v.d.Run("xdotool", "mousemove", fmt.Sprint(heading.X+heading.Width/2), fmt.Sprint(heading.Y+heading.Height/2))
	started := func() int { return len(v.noted(0, "handed over")) + len(v.noted(0, "running")) }
	for before := started(); len(links) > 0; links, before = links[1:], before+1 {
		v.d.Run("xdotool", "click", "1")
		v.d.Wait("the link has started the app", func() bool { return started() > before })
	}
}

func with(t *testing.T, openers []string, test func(t *testing.T, opener string)) {
	for _, opener := range openers {
		t.Run(opener, func(t *testing.T) { test(t, opener) })
	}
}

func TestC24_WarmTheLinkReachesTheRunningApp(t *testing.T) {
	with(t, openers, func(t *testing.T, opener string) {
		v := newDelivery(t, opener)
		app := v.start()
		v.open(v.links(v.signIn(app, 1)))
		v.notes(app.Process.Pid, "signed in "+alice, 1)
		v.notes(0, "handed over", 1)
		v.notes(app.Process.Pid, "in front", 2) // when the link comes, and when it has been used
	})
}

func TestC24_ColdTheLinkStartsTheAppAndEndsTheSignIn(t *testing.T) {
	with(t, openers, func(t *testing.T, opener string) {
		v := newDelivery(t, opener)
		app := v.start()
		links := v.links(v.signIn(app, 1))
		must(t, app.Process.Kill())
		v.open(links)
		v.notes(0, "running", 2)
		v.notes(0, "knows "+alice, 1)
	})
}

func TestC24_ABurstOfTwentyLinksEndsTwentySignIns(t *testing.T) {
	with(t, openers, func(t *testing.T, opener string) {
		v := newDelivery(t, opener)
		app := v.start()
		v.open(v.links(v.signIn(app, 20)))
		v.notes(app.Process.Pid, "signed in "+alice, 20)
		v.notes(0, "handed over", 20)
	})
}

// The second half of the links comes after the crash: one process of those that they start is the next to run, and all of them
// end their sign-ins there. Chromium is not among the openers, as its clicks come one after the other.
func TestC24_KilledInABurstTheAppIsReplacedByOneProcess(t *testing.T) {
	with(t, openers[:2], func(t *testing.T, opener string) {
		v := newDelivery(t, opener)
		app := v.start()
		links := v.links(v.signIn(app, 20))
		v.open(links[:10])
		v.notes(app.Process.Pid, "signed in "+alice, 10)
		must(t, app.Process.Kill())
		v.open(links[10:])
		v.notes(0, "handed over", 19)
		v.notes(0, "running", 2)
		v.d.Wait("all twenty sign-ins have ended", func() bool { return len(v.net.Sessions()) == 20 })
	})
}

func TestA22_StoppedTheAppLosesNoSignIn(t *testing.T) {
	with(t, openers, func(t *testing.T, opener string) {
		v := newDelivery(t, opener)
		app := v.start()
		links := v.links(v.signIn(app, 1))
		must(t, app.Process.Signal(syscall.SIGSTOP))
		v.d.Wait("the app is stopped", func() bool { return state(app.Process.Pid) == "T" })
		v.open(links)
		v.notes(0, "handed over", 1) // not to the stopped one: the link's own process has ended the sign-in
		must(t, app.Process.Signal(syscall.SIGCONT))
		v.notes(app.Process.Pid, "signed in "+alice, 1)
	})
}

// Chromium opens connections ahead of need and keeps them. None of them may hold a fixed port back from the next sign-in: without
// SO_REUSEADDR one in TIME_WAIT would, for a minute.
func TestA04_AFixedPortServesOneSignInAfterAnother(t *testing.T) {
	network, d := NewNetwork(t), NewDesktop(t)
	d.UseChromium()
	redirect := "http://" + freeAddress(t) + "/callback"
	network.Change(func(c *emulator.Config) { c.AutoSignIn, c.RedirectURIs = alice, []string{redirect} })
	client, err := authkit.New(authkit.Config{
		ClientID: network.ClientID(), AppID: smallestID, RedirectURI: redirect, APIURL: network.URL(), AllowEmulator: true,
		Dir: filepath.Join(d.Home, "client"), EncryptionSecret: strings.Repeat("only of a test ", 3),
		OpenBrowser: func(_ context.Context, page string) error { return d.Command("xdg-open", page).Start() },
	})
	must(t, err)
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for range 5 {
		_, err := client.SignIn(ctx)
		must(t, err)
	}
}

// freeAddress is below the ports that the system gives to whoever asks for any: it stays free until it is used.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprint("127.0.0.1:", 20_000+rand.IntN(10_000))
		if listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address); err == nil {
			must(t, listener.Close())
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// state is the letter that the kernel has for what a process is doing.
func state(pid int) string {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, _ := strings.Cut(string(stat), ") ")
	letter, _, _ := strings.Cut(after, " ")
	return letter
}
