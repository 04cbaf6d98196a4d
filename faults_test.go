package authkit_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

var update = flag.Bool("update", false, "write the generated part of docs/reliability.md")

// fault is something that can happen to a refresh.
type fault struct {
	what string // the row's first cell
	emulator.Config
	begin func(w *world, n *network)
}

// script makes a fault of what the emulator is told to do with every refresh.
func script(f emulator.Fault) func(*world, *network) {
	f.Route, f.Times = emulator.Refresh, emulator.Forever
	return func(w *world, _ *network) { w.server.AddFaults(f) }
}

func answers(status int, body string, header map[string]string) func(*world, *network) {
	return script(emulator.Fault{Status: status, Body: &body, Header: header})
}

// tokenOf makes the server answer every refresh with a token that another session got, and that f has changed.
func tokenOf(email string, change func(token string) string) func(*world, *network) {
	return func(w *world, _ *network) {
		other := w.client(func(cfg *authkit.Config) { cfg.Dir += "-other" })
		w.signIn(other, authkit.LoginHint(email))
		script(emulator.Fault{Patch: map[string]any{"access_token": change(w.token(other))}})(w, nil)
		_ = other.Close()
	}
}

func same(token string) string { return token }

// forged flips the last whole character of the signature.
func forged(token string) string {
	flipped := byte('A')
	if token[len(token)-2] == flipped {
		flipped = 'B'
	}
	return token[:len(token)-2] + string(flipped) + token[len(token)-1:]
}

func unsigned(token string) string {
	parts := strings.Split(token, ".")
	return "eyJhbGciOiJub25lIn0." + parts[1] + "."
}

var html = map[string]string{"Content-Type": "text/html"}

// hugeBody sends a gigabyte, and notes the most that was taken of it.
func hugeBody(most *atomic.Int64) func(*world, *network) {
	return func(_ *world, n *network) {
		n.change(func(n *network) {
			n.proxy = func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if !strings.HasSuffix(r.URL.Path, "/authenticate") {
					next.ServeHTTP(w, r)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				var sent int64
				var err error
				for block := bytes.Repeat([]byte(" "), 64<<10); sent < 1<<30 && err == nil; {
					var n int
					n, err = w.Write(block)
					sent += int64(n)
				}
				most.Store(max(most.Load(), sent))
			}
		})
	}
}

func faults(taken *atomic.Int64) []fault {
	cut := func(err error) func(*world, *network) {
		return func(_ *world, n *network) { n.change(func(n *network) { n.cut = err }) }
	}
	grace := emulator.Config{Rotation: emulator.RotateGrace}
	once := func(f emulator.Fault) func(*world, *network) {
		f.Route = emulator.Refresh
		return func(w *world, _ *network) { w.server.AddFaults(f) }
	}
	return []fault{
		{"No network: the connection is refused", grace, cut(errRefused)},
		{"No network: the name cannot be looked up", grace, cut(&net.DNSError{Err: "no such host", Name: "api.workos.com", IsNotFound: true})},
		{"The connection is reset before the request is read", grace, func(_ *world, n *network) { n.change(func(n *network) { n.drop = true }) }},
		{"One answer is lost after the server has rotated the token", grace, once(emulator.Fault{Drop: emulator.DropDone})},
		{"Every answer is lost after the server has rotated the token", grace, script(emulator.Fault{Drop: emulator.DropDone})},
		{"One answer is lost, and the server gives no grace", emulator.Config{Rotation: emulator.RotateStrict}, once(emulator.Fault{Drop: emulator.DropDone})},
		{"One 500", grace, once(emulator.Fault{Status: 500})},
		{"500 with a page in HTML", grace, answers(500, "<html>", html)},
		{"502", grace, script(emulator.Fault{Status: 502})},
		{"503 with Retry-After: 120", grace, answers(503, "", map[string]string{"Retry-After": "120"})},
		{"429", grace, script(emulator.Fault{Status: 429})},
		{"One 429 with Retry-After: 2", grace, once(emulator.Fault{Status: 429, Header: map[string]string{"Retry-After": "2"}})},
		{"429 with Retry-After: 120", grace, answers(429, "", map[string]string{"Retry-After": "120"})},
		{"An answer after 8 s", grace, once(emulator.Fault{Latency: 8 * time.Second})},
		{"No answer at all", grace, script(emulator.Fault{Latency: time.Hour})},
		{"A byte every second", grace, script(emulator.Fault{Trickle: time.Second})},
		{"An answer that is cut short", grace, script(emulator.Fault{Truncate: 40})},
		{"200 with a page in HTML, as a hotel's network sends", grace, answers(200, "<html>", html)},
		{"200 with broken JSON", grace, answers(200, `{"access_token":`, nil)},
		{"200 without tokens", grace, script(emulator.Fault{Patch: map[string]any{"access_token": nil, "refresh_token": nil}})},
		{"200 without the person", grace, script(emulator.Fault{Patch: map[string]any{"user": nil}})},
		{"A body of 1 GB", grace, hugeBody(taken)},
		{"A redirect", grace, script(emulator.Fault{Status: 302, Header: map[string]string{"Location": "https://elsewhere.example"}})},
		{"An access token of another person", grace, tokenOf("carol@example.com", same)},
		{"An access token of another session of the person", grace, tokenOf("alice@example.com", same)},
		{"An access token with a wrong signature", grace, tokenOf("alice@example.com", forged)},
		{"An access token without a signature (alg none)", grace, tokenOf("alice@example.com", unsigned)},
		{"400 with an unknown code", grace, answers(400, `{"error":"surprise"}`, nil)},
		{"401 invalid_client", grace, answers(401, `{"error":"invalid_client"}`, nil)},
		{"404, as for a wrong address", grace, answers(404, `{"message":"Not Found"}`, nil)},
		{"400 invalid_grant: the session was revoked or has ended", grace, func(w *world, _ *network) { w.server.RevokeAllSessions() }},
		{"403 sso_required", grace, answers(403, `{"error":"sso_required"}`, nil)},
		{"403 mfa_enrollment", grace, answers(403, `{"code":"mfa_enrollment"}`, nil)},
	}
}

// outcome is the row of a fault.
type outcome struct{ call, after, session, tries, later string }

func (o outcome) String() string {
	return strings.Join([]string{o.call, o.after, o.tries, o.session, o.later}, " | ")
}

// TestEveryFaultOfTheServer is the third promise: no failure but the server's own terminal answer signs anyone out. What
// comes of each fault is a table in the docs, which this test keeps true.
func TestC27EveryFaultOfTheServer(t *testing.T) {
	var taken atomic.Int64
	var table strings.Builder
	table.WriteString("| What happens to the refresh | `AccessToken` gives | after | tries | `Session` meanwhile | when it is over |\n|---|---|---|---|---|---|\n")
	for _, f := range faults(&taken) {
		t.Run(f.what, func(t *testing.T) {
			inBubble(t, f.Config, func(t *testing.T, w *world, n *network) {
				fmt.Fprintf(&table, "| %s | %v |\n", f.what, suffer(w, n, f))
			})
		})
	}
	if n := taken.Load(); n == 0 || n > 2<<20 {
		t.Errorf("%d bytes of the huge body were taken", n)
	}
	if !t.Failed() {
		mustMatchDocs(t, "docs/reliability.md", table.String())
	}
}

func suffer(w *world, n *network, f fault) (o outcome) {
	w.Helper()
	c := w.client()
	defer func() { _ = c.Close() }()
	s := w.signIn(c)
	old := w.token(c)

	// While the old token lasts, nobody notices.
	time.Sleep(4*time.Minute + 30*time.Second)
	f.begin(w, n)
	began := time.Now()
	if w.token(c) != old || time.Since(began) > 0 {
		w.Error("the token that still lasts was not given at once")
	}
	time.Sleep(20 * time.Second)
	w.calm(n)
	c = w.restarted(c)
	defer func() { _ = c.Close() }()
	if _, err := c.Refresh(w.Context()); err != nil { // what may have been lost in the first part is not the second's
		c = w.restarted(c)
		s = w.signIn(c)
	}

	time.Sleep(6 * time.Minute)
	f.begin(w, n)
	before := n.tries()
	began = time.Now()
	token, err := c.AccessToken(w.Context())
	o.after, o.tries = roughly(time.Since(began)), fmt.Sprint(n.tries()-before)
	o.call = said(token, err)
	got, err := c.Session(w.Context())
	switch {
	case errors.Is(err, authkit.ErrSignedOut):
		o.session = "signed out"
	case err != nil || got.ID != s.ID || got.User.Email != "alice@example.com":
		w.Errorf("Session = %+v, %v", got, err)
	case got.Stale:
		o.session = "the person, stale, with the reason"
		if got.Err == nil {
			w.Error("a stale session without a reason")
		}
	default:
		o.session = "the person"
	}

	w.calm(n)
	for range 150 { // as often as a busy app asks; the server may have asked for patience
		if token, err = c.AccessToken(w.Context()); !errors.Is(err, authkit.ErrOffline) {
			break
		}
		time.Sleep(time.Second)
	}
	o.later = said(token, err)
	if o.session != "signed out" && err != nil {
		w.Errorf("signed out by an accident: %v", err)
	}
	if o.session == "signed out" {
		w.signIn(c)
		o.later = "signed out; signing in works"
	}
	return o
}

func (w *world) calm(n *network) {
	w.server.ClearFaults()
	n.change(nil)
}

func (w *world) restarted(c *authkit.Client) *authkit.Client {
	_ = c.Close()
	return w.client()
}

func said(token string, err error) string {
	var ended *authkit.SessionEndedError
	switch {
	case err == nil && token != "":
		return "a token"
	case errors.As(err, &ended):
		return "`ErrSignedOut`, " + ended.Code
	case errors.Is(err, authkit.ErrOffline):
		return "`ErrOffline`"
	}
	return fmt.Sprintf("%v", err)
}

// roughly leaves the jitter out.
func roughly(d time.Duration) string {
	if d == 0 {
		return "at once"
	}
	for _, limit := range []time.Duration{time.Second, 5 * time.Second, 10 * time.Second, 25 * time.Second} {
		if d <= limit {
			return fmt.Sprintf("≤ %.0f s", limit.Seconds())
		}
	}
	return "longer"
}

// mustMatchDocs compares the part of a file between its markers with what a test has made, or writes it.
func mustMatchDocs(t *testing.T, file, made string) {
	t.Helper()
	const begin, end = "<!-- generated -->\n", "<!-- end of generated -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(text), begin)
	old, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the table", file)
	}
	if old == made {
		return
	}
	if !*update {
		t.Errorf("%s is not what happens any more; go test -run %s -update . writes it anew:\n%s", file, t.Name(), made)
		return
	}
	if err := os.WriteFile(file, []byte(head+begin+made+end+tail), 0o600); err != nil {
		t.Fatal(err)
	}
}
