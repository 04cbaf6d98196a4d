package bridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/authkittest"
	"github.com/authkit-desktop/authkit/bridge"
	"github.com/authkit-desktop/authkit/emulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// page is a window: it calls as one does, over JSON, and keeps every byte that crosses to it.
type page struct {
	t       *testing.T
	service *bridge.Service

	mu      sync.Mutex // guards what follows
	crossed strings.Builder
	last    bridge.State
	seqs    []uint64
}

func (p *page) receive(_ string, data any) {
	p.keep(data)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, _ = data.(bridge.State)
	p.seqs = append(p.seqs, p.last.Seq)
}

// call calls a method by its name, with arguments and an answer that have been JSON on the way.
func (p *page) call(method string, answer any, args ...any) error {
	p.t.Helper()
	f := reflect.ValueOf(p.service).MethodByName(method)
	in := []reflect.Value{reflect.ValueOf(p.t.Context())}
	for i, arg := range args {
		raw, err := json.Marshal(arg)
		must(p.t, err)
		value := reflect.New(f.Type().In(i + 1))
		must(p.t, json.Unmarshal(raw, value.Interface()))
		in = append(in, value.Elem())
	}
	out := f.Call(in)
	if err, _ := reflect.TypeAssert[error](out[1]); err != nil {
		p.keep(err)
		return err
	}
	raw := p.keep(out[0].Interface())
	if answer != nil {
		must(p.t, json.Unmarshal(raw, answer))
	}
	return nil
}

// does is call for those methods that answer with the state.
func (p *page) does(method string, args ...any) (s bridge.State, err error) {
	p.t.Helper()
	err = p.call(method, &s, args...)
	return s, err
}

// keep keeps what crosses. An error crosses as its text, too: that is what frameworks make of it.
func (p *page) keep(data any) []byte {
	raw, err := json.Marshal(data)
	if err != nil {
		p.t.Error(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.crossed.Write(raw)
	if err, ok := data.(error); ok {
		p.crossed.WriteString(err.Error())
	}
	return raw
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (p *page) until(what string, f func(bridge.State) bool) bridge.State {
	p.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		p.mu.Lock()
		s := p.last
		p.mu.Unlock()
		if f(s) {
			return s
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("never happened: %s; the state is %+v, error %+v", what, s, s.Error)
		}
	}
}

func signedIn(s bridge.State) bool  { return s.Status == bridge.SignedIn && s.Attempt == nil }
func signedOut(s bridge.State) bool { return s.Status == bridge.SignedOut && s.Attempt == nil }

func open(t *testing.T, change func(*authkit.Config), users ...authkittest.User) (*page, *authkittest.Server, *bridge.Bridge) {
	t.Helper()
	srv := authkittest.New(t, users...)
	cfg := srv.Config()
	if change != nil {
		change(&cfg)
	}
	client, err := authkit.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	p := &page{t: t}
	b := bridge.New(client, p.receive)
	t.Cleanup(b.Close)
	p.service = b.Service()
	return p, srv, b
}

func TestAPageSeesASignInFromBeginningToEnd(t *testing.T) {
	p, _, _ := open(t, nil)
	if s, err := p.does("State"); err != nil || s.Status != bridge.SignedOut || s.Storage.Kind != bridge.Passphrase {
		t.Fatalf("State = %+v, %v", s, err)
	}
	if s, err := p.does("SignIn", bridge.SignInOptions{LoginHint: "alice@example.com"}); err != nil || s.Attempt == nil {
		t.Fatalf("SignIn = %+v, %v", s, err)
	}
	s := p.until("signed in", signedIn)
	if s.User.Email != "alice@example.com" || s.SessionID == nil || s.ExpiresAt == nil || s.Error != nil {
		t.Errorf("state = %+v", s)
	}
	if s.AuthenticationMethod == nil || *s.AuthenticationMethod != "Password" {
		t.Errorf("authenticationMethod = %v", s.AuthenticationMethod)
	}
	var token string
	if err := p.call("GetAccessToken", &token); err != nil || strings.Count(token, ".") != 2 {
		t.Errorf("GetAccessToken: %v", err)
	}
	for range 2 { // a second window may be as quick
		if s, err := p.does("SignOut", bridge.SignOutOptions{}); err != nil || s.Status != bridge.SignedOut || s.User != nil {
			t.Errorf("SignOut = %+v, %v", s, err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := 1; i < len(p.seqs); i++ {
		if p.seqs[i] <= p.seqs[i-1] {
			t.Errorf("sequence numbers %v do not rise", p.seqs)
		}
	}
}

func TestTwoPeopleTakeTurnsAndOneStaysWhenTheOtherLeaves(t *testing.T) {
	p, srv, _ := open(t, nil, authkittest.User{Email: "alice@example.com"}, authkittest.User{Email: "bob@example.com"})
	_, err := p.does("SignIn", bridge.SignInOptions{})
	must(t, err)
	p.until("Alice is signed in", signedIn)
	srv.SignInAs("bob@example.com")
	_, err = p.does("SignIn", bridge.SignInOptions{AddAccount: true})
	must(t, err)
	p.until("Bob is signed in", func(s bridge.State) bool { return signedIn(s) && s.User.Email == "bob@example.com" })
	var accounts []bridge.Account
	must(t, p.call("Accounts", &accounts))
	if len(accounts) != 2 || !accounts[0].Current || accounts[0].User.Email != "bob@example.com" || accounts[1].Current {
		t.Fatalf("accounts = %+v", accounts)
	}
	alice := accounts[1].ID
	if s, err := p.does("SwitchAccount", alice); err != nil || s.User.Email != "alice@example.com" {
		t.Errorf("SwitchAccount = %+v, %v", s, err)
	}
	if err := p.call("SwitchAccount", nil, "user_nobody"); code(err) != bridge.CodeAccount {
		t.Errorf("switching to nobody: %v", err)
	}
	_, err = p.does("SignOut", bridge.SignOutOptions{})
	must(t, err)
	must(t, p.call("Accounts", &accounts))
	if len(accounts) != 1 || accounts[0].User.Email != "bob@example.com" || accounts[0].Current {
		t.Errorf("after Alice has left: %+v", accounts)
	}
	_, err = p.does("SwitchAccount", accounts[0].ID)
	must(t, err)
	_, err = p.does("SignOut", bridge.SignOutOptions{AllAccounts: true})
	must(t, err)
	must(t, p.call("Accounts", &accounts))
	if len(accounts) != 0 {
		t.Errorf("after everybody has left: %+v", accounts)
	}
}

// A page's call is over, and its answer not yet in the state, when somebody else changes the session once more: the answer
// came last then, and every window showed whom nobody had chosen any more.
func TestAnOlderAnswerDoesNotComeAfterNewerNews(t *testing.T) {
	srv := authkittest.New(t, authkittest.User{Email: "alice@example.com"}, authkittest.User{Email: "bob@example.com"})
	client, err := authkit.New(srv.Config())
	must(t, err)
	t.Cleanup(func() { _ = client.Close() })
	alice, err := client.SignIn(t.Context())
	must(t, err)
	srv.SignInAs("bob@example.com")
	bob, err := client.SignIn(t.Context(), authkit.AddAccount())
	must(t, err)
	p := &page{t: t}
	var back atomic.Bool
	b := bridge.New(client, func(name string, data any) {
		p.receive(name, data)
		if s, _ := data.(bridge.State); s.User != nil && s.User.ID == alice.User.ID && back.CompareAndSwap(true, false) {
			if _, err := client.SwitchAccount(t.Context(), bob.User.ID); err != nil {
				t.Error(err)
			}
		}
	})
	t.Cleanup(b.Close)
	p.service = b.Service()
	is := func(s bridge.State) bool { return s.User != nil && s.User.ID == bob.User.ID }
	p.until("Bob is there", is)
	for range 20 {
		back.Store(true)
		_, err := p.does("SwitchAccount", alice.User.ID)
		must(t, err)
		p.until("Bob is back", is)
	}
}

func TestAWindowIsNotToldTwice(t *testing.T) {
	p, _, _ := open(t, nil)
	_, err := p.does("SignIn", bridge.SignInOptions{})
	must(t, err)
	s := p.until("signed in", signedIn)
	for range 3 {
		must(t, p.call("State", nil))
		_, err := p.does("SwitchAccount", s.User.ID)
		must(t, err)
		must(t, p.call("CancelSignIn", nil))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last.Seq != s.Seq {
		t.Errorf("%d events told of no change", p.last.Seq-s.Seq)
	}
}

// without takes the browser away while the switch is on.
func without(browser *atomic.Bool) func(*authkit.Config) {
	return func(cfg *authkit.Config) {
		browse := cfg.OpenBrowser
		cfg.OpenBrowser = func(ctx context.Context, page string) error {
			if browser.Load() {
				return os.ErrNotExist
			}
			return browse(ctx, page)
		}
	}
}

// Rejecting made a page say that signing out had failed, while the person was signed out.
func TestASignOutThatOpensNoBrowserIsDoneAndSaysSo(t *testing.T) {
	var noBrowser atomic.Bool
	p, _, _ := open(t, without(&noBrowser))
	_, err := p.does("SignIn", bridge.SignInOptions{})
	must(t, err)
	p.until("signed in", signedIn)
	noBrowser.Store(true)
	s, err := p.does("SignOut", bridge.SignOutOptions{})
	if err != nil || s.Status != bridge.SignedOut || len(s.Notices) != 1 {
		t.Fatalf("SignOut = %+v, %v", s, err)
	}
	noBrowser.Store(false)
	_, err = p.does("SignIn", bridge.SignInOptions{})
	must(t, err)
	if s := p.until("signed in", signedIn); len(s.Notices) != 0 {
		t.Errorf("the notice stayed: %+v", s.Notices)
	}
}

// Nobody clicks, and no window asks: the windows learn all the same that the token could not be renewed, and that it could.
func TestAnIdleWindowLearnsThatTheNetworkIsGoneAndBack(t *testing.T) {
	p, srv, _ := open(t, nil)
	srv.Change(func(c *emulator.Config) { c.AccessTokenLifetime = time.Second })
	_, err := p.does("SignIn", bridge.SignInOptions{})
	must(t, err)
	p.until("signed in", signedIn)
	srv.AddFaults(authkittest.Fault{Route: emulator.Refresh, Times: emulator.Forever, Status: http.StatusServiceUnavailable})
	p.until("the network is gone", func(s bridge.State) bool { return s.Offline })
	srv.ClearFaults()
	p.until("the network is back", func(s bridge.State) bool { return signedIn(s) && !s.Offline })
}

// wiretap is a transport that keeps every secret that the token endpoint is told or tells.
type wiretap struct {
	mu      sync.Mutex // guards secrets
	secrets []string
}

func (w *wiretap) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.GetBody != nil {
		if body, err := req.GetBody(); err == nil {
			sent, _ := io.ReadAll(body)
			w.keep(sent)
		}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	w.keep(got)
	res.Body = io.NopCloser(bytes.NewReader(got))
	return res, err
}

func (w *wiretap) keep(body []byte) {
	var fields map[string]any
	if json.Unmarshal(body, &fields) != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range []string{"refresh_token", "code_verifier", "code"} {
		if secret, ok := fields[name].(string); ok {
			w.secrets = append(w.secrets, secret)
		}
	}
}

// P07: everything that crosses in a run of all calls, well and badly, is searched for what the vault, the token endpoint
// and the emulator's redirect alone may see.
func TestP07NoSecretButTheAccessTokenReachesThePage(t *testing.T) {
	tap := &wiretap{}
	var passphrase string
	p, srv, b := open(t, func(cfg *authkit.Config) {
		cfg.HTTPClient = &http.Client{Transport: tap}
		passphrase = cfg.EncryptionSecret
	})
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	session := func() {
		_, err := p.does("SignIn", bridge.SignInOptions{})
		must(t, err)
		s := p.until("signed in", signedIn)
		must(t, p.call("GetAccessToken", nil))
		must(t, p.call("SwitchOrganization", nil, *s.OrganizationID))
		_ = p.call("SwitchOrganization", nil, "org_foreign")
		must(t, p.call("Accounts", nil))
		_ = p.call("SwitchAccount", nil, "user_foreign")
		_ = p.call("ReopenSignIn", nil)
		_ = p.call("CancelSignIn", nil)
		_ = p.call("State", nil)
		b.Failed(errors.New("a link that was not used"))
	}
	session()
	must(t, p.call("SignOut", nil, bridge.SignOutOptions{}))
	srv.AddFaults(authkittest.Fault{Route: emulator.Exchange, Status: 400})
	_ = p.call("SignIn", nil, bridge.SignInOptions{})
	p.until("the refusal", func(s bridge.State) bool { return s.Error != nil && s.Attempt == nil })
	session()

	p.mu.Lock()
	defer p.mu.Unlock()
	tap.mu.Lock()
	defer tap.mu.Unlock()
	if len(tap.secrets) < 8 {
		t.Fatalf("%d secrets were seen on the wire, so the search proves nothing", len(tap.secrets))
	}
	if !strings.Contains(p.crossed.String(), "alice@example.com") {
		t.Fatal("nothing crossed, so the search proves nothing")
	}
	for _, secret := range append(tap.secrets, passphrase, "refresh_token", "refreshToken", "code_verifier", "codeVerifier") {
		if strings.Contains(p.crossed.String(), secret) {
			t.Error("a secret of the wire or the vault crossed to the page")
		}
	}
}

func TestCancelGivesTheButtonBack(t *testing.T) {
	p, _, _ := open(t, func(cfg *authkit.Config) { cfg.OpenBrowser = func(context.Context, string) error { return nil } })
	_, _ = p.does("SignIn", bridge.SignInOptions{})
	p.until("waiting", func(s bridge.State) bool { return s.Attempt != nil && s.Attempt.Step == authkit.Waiting })
	if s, err := p.does("ReopenSignIn"); err != nil || s.Attempt == nil {
		t.Errorf("ReopenSignIn = %+v, %v", s, err)
	}
	if s, err := p.does("CancelSignIn"); err != nil || s.Attempt != nil {
		t.Errorf("CancelSignIn = %+v, %v", s, err)
	}
	if s := p.until("the button is back", signedOut); s.Error != nil {
		t.Errorf("being cancelled is shown as an error: %+v", s.Error)
	}
	if _, err := p.does("ReopenSignIn"); err == nil {
		t.Error("a sign-in that is over was reopened")
	}
}

func TestABrowserThatCannotOpenLeavesTheURLOnThePage(t *testing.T) {
	p, _, _ := open(t, func(cfg *authkit.Config) {
		cfg.OpenBrowser = func(context.Context, string) error { return os.ErrNotExist }
	})
	_, _ = p.does("SignIn", bridge.SignInOptions{})
	s := p.until("the URL is shown", func(s bridge.State) bool { return s.Attempt != nil && !s.Attempt.BrowserOpened && s.Attempt.URL != "" })
	if s.Attempt.Step != authkit.Waiting {
		t.Errorf("step = %s", s.Attempt.Step)
	}
	_, _ = p.does("CancelSignIn")
}

func TestFailuresComeInThePagesTerms(t *testing.T) {
	p, srv, _ := open(t, nil)
	_ = srv.Close()
	_, _ = p.does("SignIn", bridge.SignInOptions{})
	s := p.until("the failure", func(s bridge.State) bool { return s.Error != nil })
	if s.Error.Code != bridge.CodeUnreachable || s.Attempt != nil || s.Error.Hint == "" {
		t.Errorf("error = %+v", s.Error)
	}
	if s, err := p.does("CancelSignIn"); err != nil || s.Error != nil {
		t.Errorf("the person has read it, and it stays: %+v, %v", s.Error, err)
	}
	for _, err := range []error{p.call("GetAccessToken", nil), p.call("SwitchOrganization", nil, "org_1")} {
		if code(err) != bridge.CodeSignedOut {
			t.Errorf("error = %v", err)
		}
	}
}

func code(err error) string {
	if e, ok := errors.AsType[*bridge.Error](err); ok {
		return e.Code
	}
	return ""
}

func TestNonsenseFromThePageIsRefused(t *testing.T) {
	p, _, _ := open(t, nil)
	long, huge := strings.Repeat("a", 1001), strings.Repeat("a", 10<<20)
	for method, args := range map[string][]any{
		"SignIn": {bridge.SignInOptions{ScreenHint: "x"}, bridge.SignInOptions{LoginHint: huge}, bridge.SignInOptions{Provider: long},
			bridge.SignInOptions{OrganizationID: "a\nb"}, bridge.SignInOptions{Prompt: "\x00"}, bridge.SignInOptions{InvitationToken: long}},
		"SignOut":            {bridge.SignOutOptions{ReturnTo: long}},
		"SwitchOrganization": {long, "a\r\nb"},
		"SwitchAccount":      {huge},
	} {
		for _, arg := range args {
			if err := p.call(method, nil, arg); code(err) != bridge.CodeInput {
				t.Errorf("%s: %v", method, err)
			}
		}
	}
}

// A page in a loop, or one that was taken over: every call is answered, and afterwards a person can sign in.
func TestAThousandCallsAtOnceLeaveNothingStuck(t *testing.T) {
	const hint = "alice@example.com" // a person visits the page of the last sign-in, not of those that have been given up
	p, _, _ := open(t, func(cfg *authkit.Config) {
		browse := cfg.OpenBrowser
		cfg.OpenBrowser = func(ctx context.Context, page string) error {
			if strings.Contains(page, "login_hint=") {
				return browse(ctx, page)
			}
			return os.ErrNotExist
		}
	})
	calls := []func() error{
		func() error { return p.call("State", nil) },
		func() error { return p.call("SignIn", nil, bridge.SignInOptions{}) },
		func() error { return p.call("CancelSignIn", nil) },
		func() error { return p.call("ReopenSignIn", nil) },
		func() error { return p.call("GetAccessToken", nil) },
		func() error { return p.call("SwitchOrganization", nil, "org_1") },
		func() error { return p.call("Accounts", nil) },
		func() error { return p.call("SwitchAccount", nil, "user_1") },
		func() error { return p.call("SignOut", nil, bridge.SignOutOptions{}) },
		func() error { return p.call("SignIn", nil, bridge.SignInOptions{AddAccount: true}) },
	}
	var all sync.WaitGroup
	for i := range 1000 {
		all.Go(func() {
			if err := calls[i%len(calls)](); err != nil && code(err) == "" {
				t.Errorf("an error without a code: %v", err)
			}
		})
	}
	all.Wait()
	_, err := p.does("SignIn", bridge.SignInOptions{LoginHint: hint})
	must(t, err)
	p.until("signed in", signedIn)
}

func TestNoticesAndDemoAreInTheState(t *testing.T) {
	p, _, b := open(t, nil)
	b.Notice("scheme", "the scheme belongs to Other App")
	b.SetDemo(bridge.Demo{URL: "http://127.0.0.1:1"})
	s, err := p.does("State")
	if err != nil || len(s.Notices) != 1 || s.Demo == nil {
		t.Fatalf("State = %+v, %v", s, err)
	}
	b.Notice("scheme", "")
	if s, _ := p.does("State"); len(s.Notices) != 0 {
		t.Error("the notice stayed")
	}
}
