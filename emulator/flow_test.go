package emulator_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/authkit-desktop/authkit/emulator"
)

const appURI = "com.example.app://callback"

// app is what a client of the emulator does, as far as a test needs it.
type app struct {
	*testing.T
	srv *emulator.Server
}

func start(t *testing.T, c emulator.Config) app {
	t.Helper()
	if c.RedirectURIs == nil {
		c.RedirectURIs = []string{appURI, "http://127.0.0.1/callback"}
	}
	srv, err := emulator.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return app{t, srv}
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func newVerifier() string { return rand.Text() + rand.Text() }

// authorizeURL has what every request needs; the pairs replace or add parameters, and "" removes one.
func (a app) authorizeURL(verifier string, pairs ...string) string {
	q := url.Values{
		"response_type": {"code"}, "client_id": {a.srv.ClientID()}, "redirect_uri": {appURI}, "provider": {"authkit"},
		"state": {"st-1"}, "code_challenge": {challengeOf(verifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	return a.srv.URL() + "/user_management/authorize?" + q.Encode()
}

// code signs the person in and returns the code that the app gets.
func (a app) code(verifier, email string, pairs ...string) string {
	a.Helper()
	redirect, err := a.srv.Person(email).SignIn(a.Context(), a.authorizeURL(verifier, pairs...))
	if err != nil {
		a.Fatal(err)
	}
	u, err := url.Parse(redirect)
	if err != nil || u.Query().Get("code") == "" {
		a.Fatalf("the redirect has no code: %s", redirect)
	}
	return u.Query().Get("code")
}

type fields map[string]any

// post sends JSON and returns the status and the fields of the answer.
func (a app) post(path string, body any) (int, fields) {
	a.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		a.Fatal(err)
	}
	resp, err := http.Post(a.srv.URL()+path, "application/json", bytes.NewReader(raw))
	if err != nil {
		a.Fatal(err)
	}
	defer resp.Body.Close()
	answer := fields{}
	text, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	if err != nil {
		a.Fatalf("the answer is not JSON (%v): %s", err, text)
	}
	return resp.StatusCode, answer
}

func (a app) exchange(code, verifier string) (int, fields) {
	a.Helper()
	return a.post("/user_management/authenticate", fields{
		"grant_type": "authorization_code", "client_id": a.srv.ClientID(), "code": code, "code_verifier": verifier,
	})
}

func (a app) refresh(token string, pairs ...string) (int, fields) {
	a.Helper()
	body := fields{"grant_type": "refresh_token", "client_id": a.srv.ClientID(), "refresh_token": token}
	for i := 0; i < len(pairs); i += 2 {
		body[pairs[i]] = pairs[i+1]
	}
	return a.post("/user_management/authenticate", body)
}

// signIn is the whole way to tokens.
func (a app) signIn(email string, pairs ...string) fields {
	a.Helper()
	verifier := newVerifier()
	status, answer := a.exchange(a.code(verifier, email, pairs...), verifier)
	if status != http.StatusOK {
		a.Fatalf("exchange: %d %v", status, answer)
	}
	return answer
}

// problem is the error code in either shape.
func (f fields) problem() any {
	if f["error"] != nil {
		return f["error"]
	}
	return f["code"]
}

func (f fields) text(name string) string { s, _ := f[name].(string); return s }

// claims reads the access token without checking it.
func (f fields) claims(t *testing.T) fields {
	t.Helper()
	parts := bytes.Split([]byte(f.text("access_token")), []byte("."))
	if len(parts) != 3 {
		t.Fatalf("no token in %v", f)
	}
	raw, err := base64.RawURLEncoding.DecodeString(string(parts[1]))
	claims := fields{}
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestSignInRefreshAndSignOut(t *testing.T) {
	a := start(t, emulator.Config{})
	first := a.signIn("alice@example.com")
	status, second := a.refresh(first.text("refresh_token"))
	if status != http.StatusOK || second.text("refresh_token") == first.text("refresh_token") {
		t.Fatalf("the refresh token did not rotate: %d", status)
	}
	if status, again := a.refresh(first.text("refresh_token")); status != http.StatusBadRequest || again.problem() != "invalid_grant" {
		t.Errorf("a spent refresh token gets %d %v", status, again)
	}
	sid := first.claims(t).text("sid")
	if sid == "" || second.claims(t).text("sid") != sid {
		t.Error("a refresh changed the session")
	}
	if _, err := a.srv.Person("").Open(t.Context(), a.srv.URL()+"/user_management/sessions/logout?session_id="+sid); err != nil {
		t.Error(err)
	}
	if status, after := a.refresh(second.text("refresh_token")); status != http.StatusBadRequest || after.problem() != "invalid_grant" {
		t.Errorf("after signing out, a refresh gets %d %v", status, after)
	}
	if n := a.srv.Count(emulator.Refresh); n != 3 {
		t.Errorf("3 refreshes are counted as %d", n)
	}
}

func (a app) keys() []map[string]any {
	a.Helper()
	var set struct{ Keys []map[string]any }
	resp := a.get(a.srv.URL() + "/sso/jwks/" + a.srv.ClientID())
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
		a.Fatal(err)
	}
	return set.Keys
}

// signUp takes the page's way to a new account, and then to tokens.
func (a app) signUp(email string) fields {
	a.Helper()
	verifier := newVerifier()
	b := newBrowser(a)
	b.open(a.authorizeURL(verifier, "screen_hint", "sign-up"))
	b.submit("sign-up", "email", email, "password", "a long password", "first_name", "Erin")
	status, answer := a.exchange(b.location().Query().Get("code"), verifier)
	if status != http.StatusOK {
		a.Fatalf("exchange: %d %v", status, answer)
	}
	return answer
}
