//go:build server

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// The test binary is the app, too, so that a test can start it, kill it and start it again.
func TestMain(m *testing.M) {
	if os.Getenv("BE_THE_APP") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// patience is how long a test waits for what is about to happen.
const patience = 20 * time.Second

// app is a running app and a browser that looks at it.
type app struct {
	t       *testing.T
	process *exec.Cmd
	link    string
	base    string // the page's origin
	browser *http.Client
	events  chan event
}

type event struct{ name, data string }

func startApp(t *testing.T, env []string) *app {
	t.Helper()
	a := &app{t: t, process: exec.CommandContext(t.Context(), os.Args[0]), events: make(chan event, 100)}
	a.process.Env = slices.Concat(env, []string{"BE_THE_APP=1"})
	a.process.Stderr = t.Output()
	out, err := a.process.StdoutPipe()
	must(t, err)
	must(t, a.process.Start())
	t.Cleanup(func() {
		_ = a.process.Process.Kill()
		_ = a.process.Wait()
	})
	for lines := bufio.NewScanner(out); a.link == "" && lines.Scan(); {
		a.link = regexp.MustCompile(`http://\S+`).FindString(lines.Text())
	}
	u, err := url.Parse(a.link)
	must(t, err)
	a.base = "http://" + u.Host
	jar, err := cookiejar.New(nil)
	must(t, err)
	a.browser = &http.Client{Jar: jar, Timeout: patience}
	return a
}

func (a *app) kill() {
	a.t.Helper()
	must(a.t, a.process.Process.Kill())
	_ = a.process.Wait()
}

// enter follows the link and listens to the app's events.
func (a *app) enter() {
	a.t.Helper()
	if status, _ := fetch(a.t, a.browser, http.MethodGet, a.link, nil); status != http.StatusOK {
		a.t.Fatalf("the link was answered with %d", status)
	}
	if _, page := fetch(a.t, a.browser, http.MethodGet, a.base+"/", nil); !strings.Contains(page, `id="root"`) {
		a.t.Fatalf("behind the link is no page of ours: %q", page)
	}
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, a.base+"/events", nil)
	must(a.t, err)
	res, err := (&http.Client{Jar: a.browser.Jar}).Do(req) // no time-out: it stays open
	must(a.t, err)
	a.t.Cleanup(func() { _ = res.Body.Close() })
	go func() {
		var e event
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				e.name = name
			} else if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				e.data = data
				a.events <- e
			}
		}
	}()
}

// await gives the first event from now on that has the name and of which so holds.
func (a *app) await(name string, so func(data string) bool) string {
	a.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-a.events:
			if e.name == name && so(e.data) {
				return e.data
			}
		case <-deadline:
			a.t.Fatalf("no event %s came", name)
		}
	}
}

// call is a call of the page.
func (a *app) call(method string, args ...any) (status int, answer string) {
	a.t.Helper()
	if args == nil {
		args = []any{}
	}
	body, err := json.Marshal(map[string]any{"object": 0, "method": 0, "args": map[string]any{"call-id": method,
		"methodName": "github.com/authkit-desktop/authkit/bridge.Service." + method, "args": args}})
	must(a.t, err)
	return fetch(a.t, a.browser, http.MethodPost, a.base+"/wails/runtime", func(r *http.Request) {
		r.Header.Set("Origin", a.base)
		r.Header.Set("x-wails-client-id", "test")
		r.Body = io.NopCloser(bytes.NewReader(body))
	})
}

type pageState struct {
	Status         string
	User           struct{ Email string }
	OrganizationID string
}

func (a *app) state() pageState {
	a.t.Helper()
	status, answer := a.call("State")
	var s pageState
	if err := json.Unmarshal([]byte(answer), &s); status != http.StatusOK || err != nil {
		a.t.Fatalf("State: %d %s", status, answer)
	}
	return s
}

func fetch(t *testing.T, client *http.Client, method, address string, change func(*http.Request)) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	must(t, err)
	if change != nil {
		change(req)
	}
	res, err := client.Do(req)
	must(t, err)
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, string(content)
}

// aliceSignsIn fills in the sign-in page, and follows where it leads.
func aliceSignsIn(t *testing.T, page string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	browser := &http.Client{Jar: jar, Timeout: patience}
	_, form := fetch(t, browser, http.MethodGet, page, nil)
	action := regexp.MustCompile(`<form[^>]* action="([^"]*)"`).FindStringSubmatch(form)
	if action == nil {
		t.Fatalf("the sign-in page has no form: %s", form)
	}
	base, err := url.Parse(page)
	must(t, err)
	target, err := base.Parse(html.UnescapeString(action[1]))
	must(t, err)
	entries := url.Values{"email": {"alice@example.com"}, "password": {"emulator-demo"}}
	status, answer := fetch(t, browser, http.MethodPost, target.String(), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Body = io.NopCloser(strings.NewReader(entries.Encode()))
	})
	if status != http.StatusOK {
		t.Fatalf("the sign-in ended with %d %s", status, answer)
	}
}

func environment(t *testing.T) []string {
	home := t.TempDir()
	return []string{"HOME=" + home, "XDG_STATE_HOME=" + home, "XDG_RUNTIME_DIR=" + home, "PATH=" + os.Getenv("PATH"),
		"WORKOS_ENCRYPTION_SECRET=Zk3v9pQmX7sT2bYw8cRd5nHf4gLj6aUe1W0q", "WAILS_SERVER_PORT=0", "WAILS_SERVER_HOST=0.0.0.0",
		"AUTHKIT_DEMO_ADDR=127.0.0.1:" + freePort(t.Context(), "0")}
}

func TestPersonSignsInFromATabAndStaysSignedIn(t *testing.T) {
	env := environment(t)
	a := startApp(t, env)
	a.enter()
	if s := a.state(); s.Status != "signed-out" {
		t.Fatalf("at first: %+v", s)
	}
	if status, answer := a.call("SignIn", map[string]string{}); status != http.StatusOK {
		t.Fatalf("SignIn: %d %s", status, answer)
	}
	var page string
	opened := a.await("open-page", func(string) bool { return true })
	must(t, json.Unmarshal([]byte(opened), &page))
	aliceSignsIn(t, page)
	a.await("authkit:state", func(data string) bool {
		return strings.Contains(data, `"signed-in"`) && strings.Contains(data, "alice@example.com")
	})

	a.kill() // as a crash of the machine would
	a = startApp(t, env)
	a.enter()
	s := a.state()
	if s.Status != "signed-in" || s.User.Email != "alice@example.com" {
		t.Fatalf("after a restart: %+v", s)
	}
	// A switch renews the session, so the demo must still know its refresh token.
	if status, answer := a.call("SwitchOrganization", s.OrganizationID); status != http.StatusOK {
		t.Errorf("the session of an earlier run could not be renewed: %d %s", status, answer)
	}
	if status, answer := a.call("SignOut", map[string]any{}); status != http.StatusOK {
		t.Errorf("SignOut: %d %s", status, answer)
	}
	a.await("open-page", func(data string) bool { return strings.Contains(data, "/sessions/logout") })
	if s := a.state(); s.Status != "signed-out" {
		t.Errorf("after signing out: %+v", s)
	}
}

func TestA21_NobodyWithoutTheLinkSeesTheTab(t *testing.T) {
	a := startApp(t, environment(t))
	host, port, err := net.SplitHostPort(strings.TrimPrefix(a.base, "http://"))
	must(t, err)
	if host != "127.0.0.1" {
		t.Errorf("the app is served on %s, though only the environment asked for that", host)
	}
	stranger := &http.Client{Timeout: patience}
	for _, path := range []string{"/", "/index.html", "/events", "/wails/runtime", "/wails/runtime.js", "/?token=guess"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if status, _ := fetch(t, stranger, method, a.base+path, nil); status != http.StatusForbidden {
				t.Errorf("%s %s: %d for a stranger", method, path, status)
			}
		}
	}
	rebound := func(r *http.Request) { r.Host = "evil.example:" + port }
	if status, _ := fetch(t, stranger, http.MethodGet, a.link, rebound); status != http.StatusMisdirectedRequest {
		t.Errorf("with another host the link was answered with %d", status)
	}
}

// Wails' own channel for events is open to every program on the machine. Nothing of ours may be said there.
func TestA21_OpenChannelOfWailsSaysNothing(t *testing.T) {
	a := startApp(t, environment(t))
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(a.base, "http", "ws", 1)+"/wails/events?clientId=x", nil)
	must(t, err)
	heard := make(chan string, 1)
	go func() {
		_, message, err := conn.Read(t.Context())
		heard <- fmt.Sprintf("%s %v", message, err)
	}()
	a.enter()
	a.call("SignIn", map[string]string{})
	a.await("authkit:state", func(data string) bool { return strings.Contains(data, `"waiting"`) })
	a.call("CancelSignIn")
	a.await("authkit:state", func(data string) bool { return strings.Contains(data, `"attempt":null`) })
	a.kill() // ends the channel, so that everything that was said on it has been heard
	if got := <-heard; !strings.HasPrefix(got, " ") {
		t.Errorf("on the open channel was said: %s", got)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
