package emulator_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// get does not follow redirects.
func (a app) get(address string, header ...string) *http.Response {
	a.Helper()
	req, err := http.NewRequestWithContext(a.Context(), http.MethodGet, address, nil)
	if err != nil {
		a.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return a.do(req)
}

func (a app) do(req *http.Request) *http.Response {
	a.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		a.Fatal(err)
	}
	a.Cleanup(func() { resp.Body.Close() })
	return resp
}

func (a app) text(resp *http.Response) string {
	a.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		a.Fatal(err)
	}
	return string(body)
}

// location is where an authorize request is sent at once.
func (a app) location(resp *http.Response) *url.URL {
	a.Helper()
	u, err := resp.Location()
	if err != nil || resp.StatusCode != http.StatusFound {
		a.Fatalf("no redirect but %d: %s", resp.StatusCode, a.text(resp))
	}
	return u
}

func TestAWrongAuthorizeRequestIsToldToTheApp(t *testing.T) {
	a := start(t, emulator.Config{})
	for name, wrong := range map[string]struct {
		pairs []string
		code  string
	}{
		"response_type token": {[]string{"response_type", "token"}, "unsupported_response_type"},
		"no response_type":    {[]string{"response_type", ""}, "unsupported_response_type"},
		"no challenge":        {[]string{"code_challenge", ""}, "invalid_request"},
		"no PKCE":             {[]string{"code_challenge", "", "code_challenge_method", ""}, "invalid_request"},
		"plain":               {[]string{"code_challenge_method", "plain"}, "invalid_request"},
		"no method":           {[]string{"code_challenge_method", ""}, "invalid_request"}, // RFC 7636 §4.3 reads it as plain
		"short challenge":     {[]string{"code_challenge", "abc"}, "invalid_request"},
		"padded challenge":    {[]string{"code_challenge", challengeOf("x") + "="}, "invalid_request"},
		"no selector":         {[]string{"provider", ""}, "invalid_request"},
		"unknown provider":    {[]string{"provider", "MyspaceOAuth"}, "invalid_request"},
		"screen_hint":         {[]string{"screen_hint", "sign-off"}, "invalid_request"},
		"organization":        {[]string{"organization_id", "org_01UNKNOWN"}, "organization_not_found"},
		"connection":          {[]string{"connection_id", "conn_01UNKNOWN"}, "invalid_connection"},
		"invitation":          {[]string{"invitation_token", "unknown"}, "invitation_invalid"},
		"prompt none":         {[]string{"prompt", "none"}, "login_required"},
	} {
		u := a.location(a.get(a.authorizeURL(newVerifier(), wrong.pairs...)))
		if q := u.Query(); q.Get("error") != wrong.code || q.Get("state") != "st-1" || q.Get("error_description") == "" || q.Has("code") {
			t.Errorf("%s: %s", name, u)
		}
	}
	u := a.location(a.get(a.authorizeURL(newVerifier()) + "&state=st-2"))
	if u.Query().Get("error") != "invalid_request" {
		t.Errorf("a parameter that is there twice: %s", u)
	}
}

func TestC11_NothingIsSentToARedirectURIThatIsNotRegistered(t *testing.T) {
	a := start(t, emulator.Config{RedirectURIs: []string{appURI, "http://127.0.0.1/callback", "http://localhost:*/cb", "https://app.example/cb?x=1"}})
	for uri, good := range map[string]bool{
		appURI:                              true,
		"http://127.0.0.1/callback":         true,
		"http://127.0.0.1:49152/callback":   true, // RFC 8252 §7.3
		"http://localhost:3000/cb":          true,
		"http://localhost/cb":               true,
		"https://app.example/cb?x=1":        true,
		"":                                  false,
		appURI + "/":                        false,
		appURI + "?x=1":                     false,
		appURI + "#x":                       false,
		strings.ToUpper(appURI):             false,
		"com.example.app://callback.evil":   false,
		"http://127.0.0.1:49152/callback/":  false,
		"http://127.0.0.1:49152/other":      false,
		"http://127.0.0.1:0/callback":       false,
		"http://127.0.0.1:99999/callback":   true, // it is the client's own affair that no such port exists
		"http://127.0.0.1.evil/callback":    false,
		"http://127.0.0.1@evil/callback":    false,
		"http://x@127.0.0.1/callback":       false,
		"http://127.0.0.2/callback":         false,
		"http://[::1]:80/callback":          false,
		"https://127.0.0.1:49152/callback":  false,
		"http://localhost:*/cb":             false,
		"http://localhost:3000/cb?x=1":      false,
		"https://app.example:444/cb?x=1":    false,
		"https://app.example/cb":            false,
		"javascript:alert(1)":               false,
		"%zz":                               false,
		"http://127.0.0.1:49152/callback\n": false,
	} {
		resp := a.get(a.authorizeURL(newVerifier(), "redirect_uri", uri))
		here := strings.HasPrefix(resp.Header.Get("Location"), a.srv.URL()+"/authkit/error?error=")
		if shown := resp.StatusCode == http.StatusOK; shown != good || here == good {
			t.Errorf("%q: %d, to %q", uri, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
	if resp := a.get(a.authorizeURL(newVerifier(), "client_id", "client_other")); resp.Header.Get("Location") != a.srv.URL()+"/authkit/error?error=invalid_client" {
		t.Errorf("an unknown client gets %d, %q", resp.StatusCode, resp.Header.Get("Location"))
	}
	_, err := a.srv.Person("alice@example.com").SignIn(t.Context(), a.authorizeURL(newVerifier(), "redirect_uri", "com.other.app://callback"))
	if err == nil || !strings.Contains(err.Error(), "not among the registered ones") {
		t.Errorf("the person reads %v", err)
	}
}

func TestTheRedirectKeepsItsQueryAndTheState(t *testing.T) {
	uri := "https://app.example/cb?x=1&y=a%20b"
	a := start(t, emulator.Config{RedirectURIs: []string{uri}, AutoSignIn: "alice@example.com"})
	u := a.location(a.get(a.authorizeURL(newVerifier(), "redirect_uri", uri, "state", "a b&c=d+é")))
	q := u.Query()
	if u.Host != "app.example" || q.Get("x") != "1" || q.Get("y") != "a b" || q.Get("state") != "a b&c=d+é" || q.Get("code") == "" {
		t.Errorf("sent to %s", u)
	}
}

func TestAutoSignInTakesTheHint(t *testing.T) {
	a := start(t, emulator.Config{AutoSignIn: "alice@example.com"})
	for hint, want := range map[string]string{"": "alice@example.com", "carol@example.com": "carol@example.com"} {
		verifier := newVerifier()
		u := a.location(a.get(a.authorizeURL(verifier, "login_hint", hint)))
		_, answer := a.exchange(u.Query().Get("code"), verifier)
		if user, _ := answer["user"].(map[string]any); user["email"] != want {
			t.Errorf("hint %q signs in %v", hint, answer)
		}
	}
	if u := a.location(a.get(a.authorizeURL(newVerifier(), "login_hint", "nobody@example.com"))); u.Query().Get("error") != "access_denied" {
		t.Errorf("an unknown hint leads to %s", u)
	}
}

func TestLogout(t *testing.T) {
	a := start(t, emulator.Config{LogoutURIs: []string{"https://app.example/bye"}})
	first := a.signIn("alice@example.com")
	sid := first.claims(t).text("sid")
	logout := a.srv.URL() + "/user_management/sessions/logout?session_id="
	if resp := a.get(logout + sid + "&return_to=https://evil.example/"); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an unregistered return_to gets %d", resp.StatusCode)
	}
	if resp := a.get(a.srv.URL() + "/user_management/sessions/logout"); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("without a session: %d", resp.StatusCode)
	}
	if status, answer := a.refresh(first.text("refresh_token")); status != http.StatusOK {
		t.Fatalf("a refused sign-out signed out: %v", answer)
	}
	for _, session := range []string{sid, "session_that_is_dead"} {
		if u := a.location(a.get(logout + session + "&return_to=https://app.example/bye")); u.String() != "https://app.example/bye" {
			t.Errorf("signing out leads to %s", u)
		}
	}
	if body := a.text(a.get(logout+sid, "Accept", "text/html")); !strings.Contains(body, "Signed out") {
		t.Errorf("without return_to there is no page: %s", body)
	}
}

func TestEveryAnswerSaysThatItIsAnEmulator(t *testing.T) {
	a := start(t, emulator.Config{})
	for _, path := range []string{"/", "/health", "/nowhere", "/sso/jwks/x", "/user_management/authorize", "/device", "/authkit/style.css"} {
		if a.get(a.srv.URL()+path).Header.Get("X-AuthKit-Emulator") != "1" {
			t.Errorf("%s does not say so", path)
		}
	}
}

func TestA06_AnotherHostNameFindsNothing(t *testing.T) {
	a := start(t, emulator.Config{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.srv.URL()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "rebound.evil.example"
	if resp := a.do(req); resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("a rebound name gets %d", resp.StatusCode)
	}
}

func TestTheClockOfAnswersCanBeWrong(t *testing.T) {
	clock := newClock()
	for name, c := range map[string]struct {
		config emulator.Config
		date   string
		iat    int64
	}{
		"right":       {emulator.Config{}, clock.at.Format(http.TimeFormat), clock.at.Unix()},
		"ahead":       {emulator.Config{ClockSkew: time.Hour}, clock.at.Add(time.Hour).Format(http.TimeFormat), clock.at.Add(time.Hour).Unix()},
		"Date behind": {emulator.Config{DateSkew: -time.Hour}, clock.at.Add(-time.Hour).Format(http.TimeFormat), clock.at.Unix()},
		"no Date":     {emulator.Config{NoDate: true}, "", clock.at.Unix()},
	} {
		c.config.Now = clock.now
		a := start(t, c.config)
		if got := a.get(a.srv.URL() + "/health").Header.Get("Date"); got != c.date {
			t.Errorf("%s: the Date is %q", name, got)
		}
		if got := a.signIn("alice@example.com").claims(t)["iat"]; got != float64(c.iat) {
			t.Errorf("%s: iat is %v", name, got)
		}
	}
}

func TestNobodyIsShownAPageWhenNobodyIsThere(t *testing.T) {
	a := start(t, emulator.Config{})
	b := newBrowser(a)
	b.open(a.authorizeURL(newVerifier()))
	b.submit("sign-in", "email", "bob@example.com", "password", emulator.DefaultPassword)
	b.open(a.authorizeURL(newVerifier(), "prompt", "none"))
	if b.location().Query().Get("error") != "interaction_required" {
		t.Errorf("with a choice to make, prompt=none leads to %s", b.location())
	}
	a.srv.Change(func(c *emulator.Config) { c.AutoSignIn = "carol@example.com" })
	u := a.location(a.get(a.authorizeURL(newVerifier(), "organization_id", a.organization("Acme"))))
	if u.Query().Get("error") != "access_denied" {
		t.Errorf("a stranger is signed in to the organization: %s", u)
	}
}
