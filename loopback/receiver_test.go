package loopback

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second // a bound for what should take milliseconds

func listen(t *testing.T, config Config) *Receiver {
	t.Helper()
	r, err := Listen(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func expecting(state string) func(url.Values) bool {
	return func(q url.Values) bool { return q.Get("state") == state }
}

type reading struct {
	status int
	header http.Header
	body   string
	err    error
}

// send writes one raw request on a connection of its own.
func send(r *Receiver, request string) reading {
	conn, err := net.Dial("tcp", r.door.Addr().String())
	if err != nil {
		return reading{err: err}
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	// The answer may come, and the connection go, before all is written.
	io.WriteString(conn, request)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return reading{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return reading{response.StatusCode, response.Header, string(body), err}
}

func get(r *Receiver, target string) reading {
	return send(r, "GET "+target+" HTTP/1.1\r\nHost: "+r.host+"\r\n\r\n")
}

// inBackground sends the redirect, whose answer comes only after Answer.
func inBackground(r *Receiver, target string) <-chan reading {
	answers := make(chan reading, 1)
	go func() { answers <- get(r, target) }()
	return answers
}

func wait(t *testing.T, r *Receiver) *Redirect {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	redirect, err := r.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return redirect
}

func refusesConnections(t *testing.T, address string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, patience)
	if err == nil {
		conn.Close()
		t.Errorf("%s still accepts connections", address)
	}
}

func TestDeliversTheRedirectAndShowsTheOutcome(t *testing.T) {
	for _, test := range []struct {
		name    string
		outcome error
		want    string
	}{
		{"success", nil, "You are signed in"},
		{"failure", errors.New("the server said <access_denied> & left"), "the server said &lt;access_denied&gt; &amp; left"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := listen(t, Config{AppName: "Notes & Co", Match: expecting("s1")})
			answer := inBackground(r, "/callback?code=c%2F1&state=s1")
			redirect := wait(t, r)
			if want := r.RedirectURI() + "?code=c%2F1&state=s1"; redirect.URL != want {
				t.Errorf("URL is %q, want %q", redirect.URL, want)
			}
			redirect.Answer(test.outcome)
			got := <-answer
			if got.status != 200 || !strings.Contains(got.body, test.want) || !strings.Contains(got.body, "Notes &amp; Co") {
				t.Errorf("answer %d %v lacks %q:\n%s", got.status, got.err, test.want, got.body)
			}
		})
	}
}

func TestC15_C16_RedirectURIIsAnIPLiteralWithTheBoundPort(t *testing.T) {
	r := listen(t, Config{Path: "/auth/done"})
	address := r.door.Addr().(*net.TCPAddr)
	if !address.IP.IsLoopback() || address.Port == 0 {
		t.Errorf("bound to %v", address)
	}
	if want := fmt.Sprintf("http://127.0.0.1:%d/auth/done", address.Port); r.RedirectURI() != want {
		t.Errorf("redirect URI %q, want %q", r.RedirectURI(), want)
	}
}

func TestC17_ClosesWhenAnswered(t *testing.T) {
	r := listen(t, Config{})
	answer := inBackground(r, "/callback?code=c")
	wait(t, r).Answer(nil)
	<-answer
	refusesConnections(t, r.host)
	if _, err := r.Wait(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Wait after the answer returned %v", err)
	}
}

func TestC17_ClosesWhenTheWaitIsCancelled(t *testing.T) {
	r := listen(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait returned %v", err)
	}
	refusesConnections(t, r.host)
}

func TestC17_ClosesWhenTheContextOfListenEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Listen(ctx, Config{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := r.Wait(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Wait returned %v", err)
	}
	<-r.served
	refusesConnections(t, r.host)
}

func TestC17_AnAppThatNeverAnswersClosesThePort(t *testing.T) {
	r := listen(t, Config{AppName: "Notes"})
	r.answerTimeout = 10 * time.Millisecond
	got := get(r, "/callback?code=c")
	if !strings.Contains(got.body, "Sign-in is not finished") {
		t.Errorf("answer %d %v:\n%s", got.status, got.err, got.body)
	}
	<-r.served
	refusesConnections(t, r.host)
	wait(t, r).Answer(nil) // too late, and harmless
}

func TestCloseAnswersABrowserThatWaits(t *testing.T) {
	r := listen(t, Config{})
	answer := inBackground(r, "/callback?code=c")
	wait(t, r)
	r.Close()
	r.Close()
	if got := <-answer; !strings.Contains(got.body, "Sign-in is not finished") {
		t.Errorf("answer %d %v:\n%s", got.status, got.err, got.body)
	}
}

func TestCloseWithoutARedirectIsImmediate(t *testing.T) {
	r := listen(t, Config{})
	silent, err := net.Dial("tcp", r.host)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	start := time.Now()
	r.Close()
	if took := time.Since(start); took > hangUpTimeout/2 {
		t.Errorf("Close took %v", took)
	}
}

func TestC19_A05_StrayRequestsGetAnAnswerAndChangeNothing(t *testing.T) {
	r := listen(t, Config{Match: expecting("right")})
	host := "Host: " + r.host + "\r\n"
	strays := []struct {
		name, request string
		status        int
	}{
		{"root", "GET / HTTP/1.1\r\n" + host + "\r\n", 404},
		{"favicon", "GET /favicon.ico HTTP/1.1\r\n" + host + "\r\n", 404},
		{"longer path", "GET /callback/?code=c&state=right HTTP/1.1\r\n" + host + "\r\n", 404},
		{"path in other case", "GET /Callback?code=c&state=right HTTP/1.1\r\n" + host + "\r\n", 404},
		{"escaped path", "GET /c%61llback?code=c&state=right HTTP/1.1\r\n" + host + "\r\n", 404},
		{"doubled slash", "GET //callback?code=c&state=right HTTP/1.1\r\n" + host + "\r\n", 404},
		{"dot segment", "GET /x/../callback?code=c&state=right HTTP/1.1\r\n" + host + "\r\n", 404},
		{"proxy form", "GET http://" + r.host + "/callback?code=c&state=right HTTP/1.1\r\n" + host + "\r\n", 404},
		{"no parameters", "GET /callback HTTP/1.1\r\n" + host + "\r\n", 400},
		{"wrong state", "GET /callback?code=c&state=wrong HTTP/1.1\r\n" + host + "\r\n", 400},
		{"error with wrong state", "GET /callback?error=access_denied&state=wrong HTTP/1.1\r\n" + host + "\r\n", 400},
		{"two states", "GET /callback?code=c&state=right&state=wrong HTTP/1.1\r\n" + host + "\r\n", 400},
		{"bad escape", "GET /callback?code=%zz&state=right HTTP/1.1\r\n" + host + "\r\n", 400},
		{"fragment", "GET /callback?code=c#&state=right HTTP/1.1\r\n" + host + "\r\n", 400},
		{"semicolon", "GET /callback?code=c;state=right&state=right HTTP/1.1\r\n" + host + "\r\n", 400},
		{"POST", "POST /callback?code=c&state=right HTTP/1.1\r\n" + host + "Content-Length: 2\r\n\r\nhi", 405},
		{"HEAD", "HEAD /callback?code=c&state=right HTTP/1.1\r\n" + host + "\r\n", 405},
		{"preflight", "OPTIONS /callback?code=c&state=right HTTP/1.1\r\n" + host + "Origin: http://evil.example\r\nAccess-Control-Request-Private-Network: true\r\n\r\n", 405},
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 421},
		{"huge header", "GET /callback?code=c&state=right HTTP/1.1\r\n" + host + "X: " + strings.Repeat("x", 100_000) + "\r\n\r\n", 431},
		{"long address", "GET /callback?state=right&code=" + strings.Repeat("c", 10_000) + " HTTP/1.1\r\n" + host + "\r\n", 414},
		{"garbage", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
	}
	for _, stray := range strays {
		t.Run(stray.name, func(t *testing.T) {
			got := send(r, stray.request)
			if got.status != stray.status {
				t.Errorf("status %d (%v), want %d", got.status, got.err, stray.status)
			}
			for name := range got.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("answer carries %s", name)
				}
			}
		})
	}
	answer := inBackground(r, "/callback?code=genuine&state=right")
	if redirect := wait(t, r); !strings.Contains(redirect.URL, "code=genuine") {
		t.Errorf("a stray was taken for the redirect: %q", redirect.URL)
	} else {
		redirect.Answer(nil)
	}
	if got := <-answer; got.status != 200 {
		t.Errorf("the genuine redirect got %d (%v)", got.status, got.err)
	}
}

func TestA06_OtherHostsAreRefused(t *testing.T) {
	r := listen(t, Config{})
	_, port, _ := net.SplitHostPort(r.host)
	for _, host := range []string{"", "evil.example", "evil.example:" + port, "localhost:" + port, "127.0.0.1", "127.0.0.1:1", "127.0.0.1.:" + port, "[::1]:" + port, "127.1:" + port} {
		got := send(r, "GET /callback?code=c HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
		if got.status != http.StatusMisdirectedRequest {
			t.Errorf("Host %q: status %d (%v)", host, got.status, got.err)
		}
	}
	if got := send(r, "GET /callback?code=c HTTP/1.1\r\n\r\n"); got.status != 400 {
		t.Errorf("no Host: status %d (%v)", got.status, got.err)
	}
	if r.awaited() != nil {
		t.Error("a request for another host was taken for the redirect")
	}
}

func TestA05_SecondCopiesDoNotReachTheApp(t *testing.T) {
	r := listen(t, Config{Match: expecting("s")})
	first := inBackground(r, "/callback?code=1&state=s")
	redirect := wait(t, r)
	reload := inBackground(r, "/callback?code=1&state=s")
	if got := get(r, "/callback?code=2&state=s"); got.status != http.StatusConflict {
		t.Errorf("another redirect for the same attempt got %d", got.status)
	}
	redirect.Answer(nil)
	if got := <-first; !strings.Contains(got.body, "You are signed in") {
		t.Errorf("the first copy got %d %v", got.status, got.err)
	}
	// The reload may find the port closed already; if it is in, it sees the same.
	if got := <-reload; got.err == nil && !strings.Contains(got.body, "You are signed in") {
		t.Errorf("the reload got %d:\n%s", got.status, got.body)
	}
}

func TestC19_SilentConnectionsDoNotKeepTheBrowserOut(t *testing.T) {
	r := listen(t, Config{})
	for range 4 * maxVisitors {
		conn, err := net.Dial("tcp", r.host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "GET /callb") // and never the rest
	}
	r.door.mu.Lock()
	inside := len(r.door.inside)
	r.door.mu.Unlock()
	if inside > maxVisitors {
		t.Errorf("%d connections are held", inside)
	}
	answer := inBackground(r, "/callback?code=c")
	wait(t, r).Answer(nil)
	if got := <-answer; got.status != 200 {
		t.Errorf("the browser got %d (%v)", got.status, got.err)
	}
}

func TestC19_AFloodDoesNotCutOffTheBrowserThatWaits(t *testing.T) {
	r := listen(t, Config{})
	answer := inBackground(r, "/callback?code=c")
	redirect := wait(t, r)
	for range 2 * maxVisitors {
		conn, err := net.Dial("tcp", r.host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	get(r, "/") // has been let in, so all above have been too
	redirect.Answer(nil)
	if got := <-answer; got.status != 200 {
		t.Errorf("the browser got %d (%v)", got.status, got.err)
	}
}

func TestConnectionsOpenedInAdvanceDoNotDelayTheApp(t *testing.T) {
	r := listen(t, Config{})
	advance, err := net.Dial("tcp", r.host)
	if err != nil {
		t.Fatal(err)
	}
	defer advance.Close()
	answer := inBackground(r, "/callback?code=c")
	redirect := wait(t, r)
	start := time.Now()
	redirect.Answer(nil)
	if took := time.Since(start); took > hangUpTimeout/2 {
		t.Errorf("Answer took %v", took)
	}
	if got := <-answer; got.status != 200 {
		t.Errorf("the browser got %d (%v)", got.status, got.err)
	}
}

func TestManyRedirectsAtOnceDeliverOne(t *testing.T) {
	r := listen(t, Config{})
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() { get(r, fmt.Sprintf("/callback?code=%d", i)) })
	}
	wait(t, r).Answer(nil)
	group.Wait()
	if _, err := r.Wait(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("a second redirect was delivered: %v", err)
	}
}

func TestC20_TheAnswerIsNotStoredFramedOrReferredTo(t *testing.T) {
	r := listen(t, Config{})
	answer := inBackground(r, "/callback?code=c")
	wait(t, r).Answer(nil)
	got := <-answer
	for name, want := range map[string]string{
		"Cache-Control":          "no-store",
		"Referrer-Policy":        "no-referrer",
		"X-Content-Type-Options": "nosniff",
		"Content-Type":           "text/html; charset=utf-8",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
		}
	}
	policy := got.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "script-src 'sha256-"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %q", policy, want)
		}
	}
	if !strings.Contains(got.body, "history.replaceState") || strings.Contains(got.body, "code=c") {
		t.Error("the page does not take the code out of the address bar, or repeats it")
	}
}

func TestTheAppCanReplaceThePage(t *testing.T) {
	outcome := errors.New("not called")
	r := listen(t, Config{Page: func(w http.ResponseWriter, req *http.Request, err error) {
		outcome = err
		io.WriteString(w, "our own page")
	}})
	answer := inBackground(r, "/callback?code=c")
	wait(t, r).Answer(nil)
	if got := <-answer; got.body != "our own page" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("answer %d %v %q", got.status, got.header, got.body)
	}
	if outcome != nil {
		t.Errorf("the page was told %v", outcome)
	}
}

func TestC19_ASlowHeaderIsCutOff(t *testing.T) {
	t.Parallel() // takes the whole header time-out
	r := listen(t, Config{})
	conn, err := net.Dial("tcp", r.host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET /callback?code=c HTTP/1.1\r\n")
	conn.SetReadDeadline(time.Now().Add(2 * headerTimeout))
	if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection was kept: %v", err)
	}
}

func TestReasonsFromOutsideAreMadePlain(t *testing.T) {
	for text, want := range map[string]string{
		"a\r\n\tb":                 "a b",
		"evil\u202etxt.exe":        "eviltxt.exe",
		"nul\x00 and \xff\xfe end": "nul and \uFFFD end",
		strings.Repeat("x", 1000):  strings.Repeat("x", maxReason) + "…",
	} {
		if got := plain(text); got != want {
			t.Errorf("plain(%.20q) = %q, want %q", text, got, want)
		}
	}
}

func TestP06_PrintingARedirectDoesNotShowTheCode(t *testing.T) {
	r := listen(t, Config{})
	answer := inBackground(r, "/callback?code=SECRET")
	redirect := wait(t, r)
	redirect.Answer(nil)
	<-answer
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "redirect", redirect, "value", *redirect)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "redirect", redirect, "value", *redirect)
	marshaled, _ := json.Marshal([]any{redirect, *redirect})
	all := fmt.Sprintf("%v %+v %#v %s %q %x", redirect, *redirect, redirect, redirect, *redirect, redirect) + log.String() + string(marshaled)
	if strings.Contains(all, "SECRET") || strings.Contains(all, "534543524554") {
		t.Errorf("the code shows in %s", all)
	}
}

func TestWrongConfigurationIsRefused(t *testing.T) {
	for _, config := range []Config{
		{Host: "localhost"}, {Host: "0.0.0.0"}, {Host: "127.0.0.2"}, {Host: "[::1]"},
		{Path: "callback"}, {Path: "//evil/x"}, {Path: "/a?b"}, {Path: "/a#b"}, {Path: "/a b"}, {Path: "http://x/"},
		{Ports: []int{0}}, {Ports: []int{8080, 70000}}, {Ports: []int{-1}},
	} {
		if r, err := Listen(t.Context(), config); err == nil {
			r.Close()
			t.Errorf("%+v was accepted", config)
		}
	}
}
