package authkit_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

func TestSignInThroughTheScheme(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	s := w.signIn(c)
	if s.User.Email != "alice@example.com" || s.User.FirstName != "Alice" || s.ID == "" || s.Stale || s.Err != nil {
		t.Errorf("session = %+v", s)
	}
	if got, err := c.Session(t.Context()); err != nil || got.ID != s.ID {
		t.Errorf("Session = %v, %v", got, err)
	}
	w.token(c)
}

// C16: a server that has one of the two addresses registered refuses the other.
func TestC16SignInThroughTheLoopbackAddressThatIsRegistered(t *testing.T) {
	hosts := []string{"127.0.0.1"}
	if l, err := net.Listen("tcp", "[::1]:0"); err == nil { // not every container has it
		_ = l.Close()
		hosts = append(hosts, "[::1]")
	}
	for _, host := range hosts {
		w := newWorld(t, emulator.Config{RedirectURIs: []string{"http://" + host + "/callback"}})
		c := w.client(func(cfg *authkit.Config) { cfg.RedirectURI = "http://" + host + "/callback" })
		s := w.signIn(c, authkit.LoginHint("bob@example.com"))
		if s.User.Email != "bob@example.com" {
			t.Errorf("signed in by %s as %s", host, s.User.Email)
		}
	}
}

func TestTheAppCanReplaceThePageThatTheBrowserEndsOn(t *testing.T) {
	refusal := `{"error":"invalid_grant"}`
	for name, faults := range map[string][]emulator.Fault{"success": nil, "failure": {{Route: emulator.Exchange, Status: 400, Body: &refusal}}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, emulator.Config{Faults: faults})
			shown := make(chan error, 1)
			c := w.client(func(cfg *authkit.Config) {
				cfg.RedirectURI = "http://127.0.0.1/callback"
				cfg.AnswerPage = func(_ http.ResponseWriter, _ *http.Request, err error) { shown <- err }
			})
			_, err := c.SignIn(t.Context())
			if got := mustEnd(t, shown); (err == nil) != (faults == nil) || !errors.Is(got, err) {
				t.Errorf("the page was told %v, the app %v", got, err)
			}
		})
	}
}

// The first start of the next day knows the person without a network.
func TestASessionIsKnownAfterARestartWithoutTheNetwork(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	first := w.client()
	want := w.signIn(first)
	token := w.token(first)
	_ = first.Close()
	_ = w.server.Close()
	again := w.client()
	got, err := again.Session(t.Context())
	if err != nil || got.ID != want.ID || got.User.Email != want.User.Email {
		t.Fatalf("Session = %+v, %v", got, err)
	}
	if w.token(again) != token {
		t.Error("the token that is still valid was not used")
	}
}

func TestC03C04C05C06EveryAttemptHasItsOwnPKCEAndState(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	seen := map[string]bool{}
	for range 3 {
		w.signIn(c)
		q := w.lastPage().Query()
		if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || q.Get("client_secret") != "" {
			t.Errorf("authorize parameters: %v", q)
		}
		for _, name := range []string{"state", "code_challenge"} {
			v := q.Get(name)
			if len(v) < 43 || strings.Trim(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
				t.Errorf("%s %q is short or not base64url", name, v)
			}
			if seen[v] {
				t.Errorf("%s was used before", name)
			}
			seen[v] = true
		}
	}
}

func TestOptionsReachThePage(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	w.signIn(w.client(), authkit.SignUp(), authkit.LoginHint("carol@example.com"), authkit.Prompt("login"))
	q := w.lastPage().Query()
	if q.Get("screen_hint") != "sign-up" || q.Get("login_hint") != "carol@example.com" || q.Get("prompt") != "login" || q.Get("provider") != "authkit" {
		t.Errorf("parameters: %v", q)
	}
}

// waiting is a sign-in that has opened its page and waits.
func (w *world) waiting(c *authkit.Client) (link string, outcome <-chan error, cancel func()) {
	w.Helper()
	next := w.holding()
	ctx, stop := context.WithCancel(w.Context())
	done := make(chan error, 1)
	var group sync.WaitGroup
	group.Go(func() {
		_, err := c.SignIn(ctx)
		done <- err
	})
	return next(), done, func() {
		stop()
		group.Wait() // it still has an attempt to forget
	}
}

func mustEnd(t *testing.T, outcome <-chan error) error {
	t.Helper()
	select {
	case err := <-outcome:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("the sign-in did not end")
		return nil
	}
}

// A01, A02, A05, A11, C07, C09, C11: whatever else arrives, the sign-in under way goes on.
func TestC07C09C11A01A11StrangeCallbacksHarmNothing(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	link, outcome, cancel := w.waiting(c)
	defer cancel()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	state, code := u.Query().Get("state"), u.Query().Get("code")
	for name, strange := range map[string]string{
		"unknown state":           "workos-auth://callback?code=ATTACKER&state=x",
		"no state":                "workos-auth://callback?code=" + code,
		"no code":                 "workos-auth://callback?state=" + state,
		"error, unknown state":    "workos-auth://callback?error=access_denied&state=x",
		"another host":            "workos-auth://other?code=" + code + "&state=" + state,
		"a longer path":           "workos-auth://callback/more?code=" + code + "&state=" + state,
		"another scheme":          "evil://callback?code=" + code + "&state=" + state,
		"https":                   "https://callback?code=" + code + "&state=" + state,
		"two states":              link + "&state=x",
		"two codes":               link + "&code=x",
		"user name":               "workos-auth://me@callback?code=" + code + "&state=" + state,
		"100 kB":                  link + "&x=" + strings.Repeat("a", 100<<10),
		"junk":                    "\x00\xff\xfe%%%",
		"a flag":                  "--url=" + link,
		"nothing":                 "",
		"bad escape in the query": "workos-auth://callback?code=%zz&state=" + state,
	} {
		if _, err := c.HandleCallback(t.Context(), strange); err == nil {
			t.Errorf("%s: was accepted", name)
		} else if strings.Contains(err.Error(), code) {
			t.Errorf("%s: the error tells the code: %v", name, err)
		}
	}
	if _, err := c.HandleCallback(t.Context(), link); err != nil {
		t.Fatalf("the true callback: %v", err)
	}
	if err := mustEnd(t, outcome); err != nil {
		t.Fatalf("sign-in: %v", err)
	}
	if n := w.server.Count(emulator.Exchange); n != 1 {
		t.Errorf("%d exchanges, want 1 (C13)", n)
	}
}

func TestC24ALinkThatComesTwiceIsOneSignIn(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	link, outcome, cancel := w.waiting(c)
	defer cancel()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if s, err := c.HandleCallback(t.Context(), link); err != nil || s.User.Email != "alice@example.com" {
				t.Errorf("HandleCallback = %v, %v", s, err)
			}
		})
	}
	group.Wait()
	if err := mustEnd(t, outcome); err != nil {
		t.Fatal(err)
	}
	if s, err := c.HandleCallback(t.Context(), link); err != nil || s.User.Email != "alice@example.com" {
		t.Errorf("once more, after the sign-in has ended: %v, %v", s, err)
	}
	if n := w.server.Count(emulator.Exchange); n != 1 {
		t.Errorf("%d exchanges, want 1", n)
	}
}

// The app was not running when the link came: another process finishes the attempt.
func TestC24AColdStartFinishesTheSignIn(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	first := w.client()
	link, _, die := w.waiting(first)
	defer die()
	second := w.client() // the first process is as good as dead: nobody told it anything
	if s, err := second.HandleCallback(t.Context(), link); err != nil || s.User.Email != "alice@example.com" {
		t.Fatalf("HandleCallback = %v, %v", s, err)
	}
}

// The system gave the link to another process of the app; the one that waits learns of it.
func TestASignInAnsweredByAnotherProcessEnds(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	first, second := w.client(), w.client()
	link, outcome, cancel := w.waiting(first)
	defer cancel()
	if _, err := second.HandleCallback(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	if err := mustEnd(t, outcome); err != nil {
		t.Fatalf("the first process: %v", err)
	}
	if s, err := first.Session(t.Context()); err != nil || s.User.Email != "alice@example.com" {
		t.Errorf("Session = %v, %v", s, err)
	}
}

// The other process had taken the attempt and was still redeeming the code when this one looked, and said that it had failed.
func TestASignInThatAnotherProcessIsAnsweringIsWaitedFor(t *testing.T) {
	for _, before := range []string{"", "bob@example.com"} {
		w := newWorld(t, emulator.Config{})
		first, second := w.client(), w.client()
		if before != "" {
			w.signIn(first, authkit.LoginHint(before))
		}
		w.server.AddFaults(emulator.Fault{Route: emulator.Exchange, Latency: 2500 * time.Millisecond})
		next := w.holding()
		done := make(chan error, 1)
		go func() {
			s, err := first.SignIn(t.Context())
			if err == nil && s.User.Email != "alice@example.com" {
				err = fmt.Errorf("signed in as %s", s.User.Email)
			}
			done <- err
		}()
		if _, err := second.HandleCallback(t.Context(), next()); err != nil {
			t.Fatal(err)
		}
		if err := mustEnd(t, done); err != nil {
			t.Errorf("after %q, the first process: %v", before, err)
		}
	}
}

func TestC08ACancelledSignInLeavesNothingBehind(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	link, outcome, cancel := w.waiting(c)
	cancel()
	if err := mustEnd(t, outcome); !errors.Is(err, context.Canceled) {
		t.Fatalf("SignIn = %v", err)
	}
	if _, err := c.HandleCallback(t.Context(), link); !errors.Is(err, authkit.ErrNoAttempt) {
		t.Errorf("the late callback: %v", err)
	}
}

func TestC08AnAttemptExpiresAfterTenMinutes(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	first := w.client()
	link, _, cancel := w.waiting(first)
	defer cancel()
	late := w.client(func(cfg *authkit.Config) {
		cfg.Now = func() time.Time { return time.Now().Add(11 * time.Minute) }
	})
	if _, err := late.HandleCallback(t.Context(), link); !errors.Is(err, authkit.ErrNoAttempt) {
		t.Errorf("HandleCallback = %v", err)
	}
}

func TestARefusalOnThePageEndsTheAttempt(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	link, outcome, cancel := w.waiting(c)
	defer cancel()
	u, _ := url.Parse(link)
	refusal := "workos-auth://callback?error=access_denied&error_description=no%0Athanks&state=" + u.Query().Get("state")
	if _, err := c.HandleCallback(t.Context(), refusal); err == nil {
		t.Fatal("a refusal was taken for a sign-in")
	}
	err := mustEnd(t, outcome)
	var refused *authkit.SignInError
	if !errors.As(err, &refused) || refused.Code != "access_denied" || refused.Description != "no thanks" {
		t.Fatalf("SignIn = %v", err)
	}
	if _, err := c.HandleCallback(t.Context(), link); err == nil {
		t.Error("an attempt that has ended was answered once more (C08)")
	}
}

// A07: an attempt begun against one environment is not finished against another, nor in another profile.
func TestA07AnAttemptBelongsToItsEnvironment(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	elsewhere := newWorld(t, emulator.Config{})
	link, outcome, cancel := w.waiting(w.client())
	defer cancel()
	for name, change := range map[string]func(*authkit.Config){
		"another client id": func(cfg *authkit.Config) { cfg.ClientID = "client_other" },
		"another API":       func(cfg *authkit.Config) { cfg.APIURL = elsewhere.server.URL() },
		"another profile":   func(cfg *authkit.Config) { cfg.Profile = "other" },
	} {
		if _, err := w.client(change).HandleCallback(t.Context(), link); !errors.Is(err, authkit.ErrNoAttempt) {
			t.Errorf("%s: HandleCallback = %v", name, err)
		}
	}
	if n := elsewhere.server.Count(emulator.Exchange); n != 0 {
		t.Error("the code was sent to another API")
	}
	if _, err := w.client().HandleCallback(t.Context(), link); err != nil {
		t.Errorf("its own environment: %v", err)
	}
	if err := mustEnd(t, outcome); err != nil {
		t.Error(err)
	}
}

// A07: a session of one environment is never shown, and its refresh token never sent, to another.
func TestA07ASessionBelongsToItsEnvironment(t *testing.T) {
	w, k := atClock(t, emulator.Config{})
	elsewhere := newWorld(t, emulator.Config{})
	w.signIn(w.client())
	k.advance(6 * time.Minute)
	for name, change := range map[string]func(*authkit.Config){
		"another client id": func(cfg *authkit.Config) { cfg.ClientID = "client_other" },
		"another API":       func(cfg *authkit.Config) { cfg.APIURL = elsewhere.server.URL() },
	} {
		if _, err := w.client(change).AccessToken(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
			t.Errorf("%s: AccessToken = %v", name, err)
		}
	}
	if n := elsewhere.server.Count(emulator.Refresh) + w.server.Count(emulator.Refresh); n != 0 {
		t.Errorf("%d refresh tokens were sent", n)
	}
	w.token(w.client())
}

func TestAServerThatIsDownIsSaidBeforeTheBrowserOpens(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	_ = w.server.Close()
	_, err := w.client().SignIn(t.Context())
	if !errors.Is(err, authkit.ErrUnreachable) || !strings.Contains(err.Error(), "could not reach 127.0.0.1") {
		t.Errorf("SignIn = %v", err)
	}
	if len(w.pages) != 0 {
		t.Error("a page was opened all the same")
	}
}

// C13: a code whose redemption may have reached the server is not sent again.
func TestC13ALostAnswerToTheCodeIsNotRepeated(t *testing.T) {
	w := newWorld(t, emulator.Config{Faults: []emulator.Fault{{Route: emulator.Exchange, Drop: emulator.DropDone, Times: emulator.Forever}}})
	w.handing(w.client())
	c := w.client()
	w.handing(c)
	if _, err := c.SignIn(t.Context()); !errors.Is(err, authkit.ErrUnreachable) {
		t.Errorf("SignIn = %v", err)
	}
	if n := w.server.Count(emulator.Exchange); n != 1 {
		t.Errorf("%d exchanges, want 1", n)
	}
}

func TestProgressTellsEveryStep(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	var steps []authkit.Step
	var last authkit.Progress
	w.signIn(c, authkit.OnProgress(func(p authkit.Progress) { steps, last = append(steps, p.Step), p }))
	if len(steps) < 2 || steps[0] != authkit.Opening || steps[len(steps)-1] != authkit.Exchanging {
		t.Errorf("steps = %v", steps)
	}
	if last.Redirect != "scheme" || last.Why == "" || last.Deadline.Sub(last.Begun) != 10*time.Minute {
		t.Errorf("progress = %+v", last)
	}
}

func TestABrowserThatCannotOpenLeavesTheURLToTheApp(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client(func(cfg *authkit.Config) {
		cfg.OpenBrowser = func(context.Context, string) error { return errors.New("no display") }
	})
	_, err := c.SignIn(t.Context())
	var browser *authkit.BrowserError
	if !errors.As(err, &browser) || !strings.Contains(browser.URL, "/user_management/authorize?") {
		t.Fatalf("without OnProgress: %v", err)
	}
	w.handing(c)
	_, err = c.SignIn(t.Context(), authkit.OnProgress(func(p authkit.Progress) {
		if p.Step == authkit.Waiting && p.Err != nil {
			_ = w.browse(t.Context(), p.URL) // the person opens the address themselves
		}
	}))
	if err != nil {
		t.Errorf("with OnProgress: %v", err)
	}
}

func TestTheFallbackIsUsedWhenTheSchemeLeadsElsewhere(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client(func(cfg *authkit.Config) { cfg.FallbackRedirectURI = "http://127.0.0.1/callback" })
	c.SetSchemeCheck(func(context.Context) error { return errors.New("the scheme belongs to Other App") })
	var last authkit.Progress
	w.signIn(c, authkit.OnProgress(func(p authkit.Progress) { last = p }))
	if last.Redirect != "loopback" || !strings.Contains(last.Why, "Other App") {
		t.Errorf("progress = %+v", last)
	}
}

// A dashboard that wants exact URIs: the ports that are registered are tried in turn.
func TestOneOfTheRegisteredPortsIsUsed(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	ports := []int{taken.Addr().(*net.TCPAddr).Port, freePort(t)}
	w := newWorld(t, emulator.Config{})
	c := w.client(func(cfg *authkit.Config) {
		cfg.RedirectURI, cfg.LoopbackPorts = "http://127.0.0.1/callback", ports
	})
	w.signIn(c)
	want := fmt.Sprintf("http://127.0.0.1:%d/callback", ports[1])
	if got := w.lastPage().Query().Get("redirect_uri"); got != want {
		t.Errorf("redirect %s, want %s", got, want)
	}
}

// freePort is below the ports that systems give to whoever asks for any: it stays free until it is used.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 20_000 + rand.IntN(10_000)
		if l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// C30: a redirect of the token endpoint is not followed.
func TestC30TheTokenEndpointsRedirectIsNotFollowed(t *testing.T) {
	thief := make(chan string, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { thief <- r.URL.Path })}
	go func() { _ = srv.Serve(l) }()
	defer func() { _ = srv.Close() }()
	w := newWorld(t, emulator.Config{Faults: []emulator.Fault{{Route: emulator.Exchange, Status: 307,
		Header: map[string]string{"Location": "http://" + l.Addr().String() + "/steal"}}}})
	c := w.client()
	w.handing(c)
	if _, err := c.SignIn(t.Context()); err == nil {
		t.Error("a redirect was taken for an answer")
	}
	select {
	case path := <-thief:
		t.Errorf("the redirect was followed to %s", path)
	default:
	}
}
