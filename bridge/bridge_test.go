package bridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/authkittest"
	"github.com/authkit-desktop/authkit/bridge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// page is a window: it keeps every byte that crosses.
type page struct {
	*bridge.Service
	t *testing.T

	mu      sync.Mutex // guards what follows
	crossed strings.Builder
	last    bridge.State
	seqs    []uint64
}

func (p *page) receive(_ string, data any) {
	raw, err := json.Marshal(data)
	if err != nil {
		p.t.Error(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.crossed.Write(raw)
	p.last, _ = data.(bridge.State)
	p.seqs = append(p.seqs, p.last.Seq)
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

func signedIn(s bridge.State) bool  { return s.Status == "signed-in" && s.Attempt == nil }
func signedOut(s bridge.State) bool { return s.Status == "signed-out" && s.Attempt == nil }

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
	p.Service = b.Service()
	return p, srv, b
}

func TestAPageSeesASignInFromBeginningToEnd(t *testing.T) {
	p, _, _ := open(t, nil)
	if s, err := p.State(t.Context()); err != nil || s.Status != "signed-out" || s.Storage.Kind != "passphrase" {
		t.Fatalf("State = %+v, %v", s, err)
	}
	if s, err := p.SignIn(t.Context(), bridge.SignInOptions{LoginHint: "alice@example.com"}); err != nil || s.Attempt == nil {
		t.Fatalf("SignIn = %+v, %v", s, err)
	}
	s := p.until("signed in", signedIn)
	if s.User.Email != "alice@example.com" || s.SessionID == nil || s.ExpiresAt == nil || s.Error != nil {
		t.Errorf("state = %+v", s)
	}
	if token, err := p.GetAccessToken(t.Context()); err != nil || strings.Count(token, ".") != 2 {
		t.Errorf("GetAccessToken: %v", err)
	}
	if s, err := p.SignOut(t.Context()); err != nil || s.Status != "signed-out" || s.User != nil {
		t.Errorf("SignOut = %+v, %v", s, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := 1; i < len(p.seqs); i++ {
		if p.seqs[i] <= p.seqs[i-1] {
			t.Errorf("sequence numbers %v do not rise", p.seqs)
		}
	}
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

// P07: everything that crosses a real run is searched for what the vault and the token endpoint alone may see.
func TestP07TheRefreshTokenNeverReachesThePage(t *testing.T) {
	tap := &wiretap{}
	p, _, _ := open(t, func(cfg *authkit.Config) { cfg.HTTPClient = &http.Client{Transport: tap} })
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	_, _ = p.SignIn(t.Context(), bridge.SignInOptions{})
	p.until("signed in", signedIn)
	if _, err := p.SignOut(t.Context()); err != nil {
		t.Error(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	tap.mu.Lock()
	defer tap.mu.Unlock()
	if len(tap.secrets) < 3 {
		t.Fatalf("%d secrets were seen on the wire, so the search proves nothing", len(tap.secrets))
	}
	for _, secret := range append(tap.secrets, "refresh_token", "refreshToken", "code_verifier") {
		if strings.Contains(p.crossed.String(), secret) {
			t.Error("a secret of the wire crossed to the page")
		}
	}
}

func TestCancelGivesTheButtonBack(t *testing.T) {
	p, _, _ := open(t, func(cfg *authkit.Config) { cfg.OpenBrowser = func(context.Context, string) error { return nil } })
	_, _ = p.SignIn(t.Context(), bridge.SignInOptions{})
	p.until("waiting", func(s bridge.State) bool { return s.Attempt != nil && s.Attempt.Step == authkit.Waiting })
	if s, err := p.ReopenSignIn(t.Context()); err != nil || s.Attempt == nil {
		t.Errorf("ReopenSignIn = %+v, %v", s, err)
	}
	if s, err := p.CancelSignIn(t.Context()); err != nil || s.Attempt != nil {
		t.Errorf("CancelSignIn = %+v, %v", s, err)
	}
	if s := p.until("the button is back", signedOut); s.Error != nil {
		t.Errorf("being cancelled is shown as an error: %+v", s.Error)
	}
	if _, err := p.ReopenSignIn(t.Context()); err == nil {
		t.Error("a sign-in that is over was reopened")
	}
}

func TestABrowserThatCannotOpenLeavesTheURLOnThePage(t *testing.T) {
	p, _, _ := open(t, func(cfg *authkit.Config) {
		cfg.OpenBrowser = func(context.Context, string) error { return os.ErrNotExist }
	})
	_, _ = p.SignIn(t.Context(), bridge.SignInOptions{})
	s := p.until("the URL is shown", func(s bridge.State) bool { return s.Attempt != nil && !s.Attempt.BrowserOpened && s.Attempt.URL != "" })
	if s.Attempt.Step != authkit.Waiting {
		t.Errorf("step = %s", s.Attempt.Step)
	}
	_, _ = p.CancelSignIn(t.Context())
}

func TestFailuresComeInThePagesTerms(t *testing.T) {
	p, srv, _ := open(t, nil)
	_ = srv.Close()
	_, _ = p.SignIn(t.Context(), bridge.SignInOptions{})
	s := p.until("the failure", func(s bridge.State) bool { return s.Error != nil })
	if s.Error.Code != bridge.CodeUnreachable || s.Attempt != nil || s.Error.Hint == "" {
		t.Errorf("error = %+v", s.Error)
	}
	for _, err := range []error{func() error { _, err := p.GetAccessToken(t.Context()); return err }(),
		func() error { _, err := p.SignOut(t.Context()); return err }(),
		func() error { _, err := p.SwitchOrganization(t.Context(), "org_1"); return err }()} {
		var e *bridge.Error
		if !errors.As(err, &e) || e.Code != bridge.CodeSignedOut {
			t.Errorf("error = %v", err)
		}
	}
}

func TestNonsenseFromThePageIsRefused(t *testing.T) {
	p, _, _ := open(t, nil)
	for _, o := range []bridge.SignInOptions{{ScreenHint: "x"}, {LoginHint: strings.Repeat("a", 10<<20)}, {OrganizationID: "a\nb"}} {
		var e *bridge.Error
		if _, err := p.SignIn(t.Context(), o); !errors.As(err, &e) || e.Code != bridge.CodeInput {
			t.Errorf("SignIn = %v", err)
		}
	}
}

func TestNoticesAndDemoAreInTheState(t *testing.T) {
	p, _, b := open(t, nil)
	b.Notice("scheme", "the scheme belongs to Other App")
	b.SetDemo(bridge.Demo{URL: "http://127.0.0.1:1"})
	s, err := p.State(t.Context())
	if err != nil || len(s.Notices) != 1 || s.Demo == nil {
		t.Fatalf("State = %+v, %v", s, err)
	}
	b.Notice("scheme", "")
	if s, _ := p.State(t.Context()); len(s.Notices) != 0 {
		t.Error("the notice stayed")
	}
}
