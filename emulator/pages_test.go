package emulator_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// browser has cookies, follows redirects inside the emulator, and stops at those that leave it.
type browser struct {
	app
	jar  http.CookieJar
	at   *url.URL
	body string
	resp *http.Response
}

func newBrowser(a app) *browser {
	a.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.Fatal(err)
	}
	return &browser{app: a, jar: jar}
}

func (b *browser) open(address string) {
	b.Helper()
	b.send(http.MethodGet, address, nil)
}

// submit sends the form of a page that is open.
func (b *browser) submit(page string, pairs ...string) {
	b.Helper()
	if !strings.Contains(b.body, `action="/authkit/`+page+"?") {
		b.Fatalf("there is no form %q on %s", page, b.body)
	}
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	b.send(http.MethodPost, b.srv.URL()+"/authkit/"+page+"?"+b.at.RawQuery, form)
}

// follow opens a link of the page by its path.
func (b *browser) follow(page string) {
	b.Helper()
	if !strings.Contains(b.body, `href="/authkit/`+page+"?") {
		b.Fatalf("there is no link %q on %s", page, b.body)
	}
	b.open(b.srv.URL() + "/authkit/" + page + "?" + b.at.RawQuery)
}

func (b *browser) send(method, address string, form url.Values) {
	b.Helper()
	for range 5 {
		req, err := http.NewRequestWithContext(b.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Accept", "text/html")
		if form != nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Origin", b.srv.URL())
		}
		for _, c := range b.jar.Cookies(req.URL) {
			req.AddCookie(c)
		}
		b.resp, b.at = b.do(req), req.URL
		b.body = b.text(b.resp)
		b.jar.SetCookies(req.URL, b.resp.Cookies())
		next, err := b.resp.Location()
		if err != nil || next.Host != req.URL.Host {
			return
		}
		method, address, form = http.MethodGet, next.String(), nil
	}
	b.Fatal("redirects without end")
}

// location is where the browser was sent outside the emulator.
func (b *browser) location() *url.URL {
	b.Helper()
	u, err := b.resp.Location()
	if err != nil {
		b.Fatalf("still on a page, %d: %s", b.resp.StatusCode, b.body)
	}
	return u
}

func (b *browser) sees(what string) {
	b.Helper()
	if !strings.Contains(b.body, what) {
		b.Errorf("the page does not say %q: %s", what, b.body)
	}
}

func TestTheSignInPage(t *testing.T) {
	a := start(t, emulator.Config{})
	b := newBrowser(a)
	b.open(a.authorizeURL(newVerifier(), "login_hint", "alice@example.com"))
	b.sees(`value="alice@example.com"`)
	b.sees("This is not WorkOS")
	for _, wrong := range []string{"alice@example.com", "nobody@example.com"} {
		b.submit("sign-in", "email", wrong, "password", "wrong")
		b.sees("The email or the password is not right.")
	}
	b.submit("sign-in", "email", "ALICE@example.com", "password", emulator.DefaultPassword)
	if u := b.location(); u.Query().Get("code") == "" || u.Query().Get("state") != "st-1" {
		t.Errorf("sent to %s", u)
	}
}

func TestThePersonCancels(t *testing.T) {
	a := start(t, emulator.Config{})
	b := newBrowser(a)
	b.open(a.authorizeURL(newVerifier()))
	b.follow("cancel")
	if q := b.location().Query(); q.Get("error") != "access_denied" || q.Get("state") != "st-1" {
		t.Errorf("sent to %s", b.location())
	}
	redirect, err := a.srv.Person("alice@example.com").Cancel(t.Context(), a.authorizeURL(newVerifier()))
	if err != nil || !strings.Contains(redirect, "error=access_denied") {
		t.Errorf("Person.Cancel: %s, %v", redirect, err)
	}
}

func TestASecondVisitOffersToContinue(t *testing.T) {
	a := start(t, emulator.Config{})
	b := newBrowser(a)
	verifier := newVerifier()
	b.open(a.authorizeURL(verifier))
	b.submit("sign-in", "email", "alice@example.com", "password", emulator.DefaultPassword)
	_, first := a.exchange(b.location().Query().Get("code"), verifier)

	b.open(a.authorizeURL(newVerifier()))
	b.sees("Continue as Alice Archer")
	b.submit("continue")
	if b.location().Query().Get("code") == "" {
		t.Errorf("sent to %s", b.location())
	}
	b.open(a.authorizeURL(newVerifier()))
	b.follow("sign-in") // not me
	b.submit("sign-in", "email", "carol@example.com", "password", emulator.DefaultPassword)
	b.open(a.authorizeURL(newVerifier()))
	b.sees("Continue as Carol Cooper")

	b.open(a.authorizeURL(newVerifier(), "prompt", "login"))
	b.sees("<h1>Sign in</h1>")
	b.open(a.authorizeURL(newVerifier(), "prompt", "none"))
	if b.location().Query().Get("code") == "" {
		t.Errorf("prompt=none leads to %s", b.location())
	}

	b.open(a.srv.URL() + "/user_management/sessions/logout?session_id=" + first.claims(t).text("sid"))
	b.open(a.authorizeURL(newVerifier()))
	b.sees("Continue as Carol Cooper") // a link with another's session signs nobody else out
}

func TestSigningOutEndsTheHostedSession(t *testing.T) {
	a := start(t, emulator.Config{})
	b := newBrowser(a)
	verifier := newVerifier()
	b.open(a.authorizeURL(verifier))
	b.submit("sign-in", "email", "alice@example.com", "password", emulator.DefaultPassword)
	_, answer := a.exchange(b.location().Query().Get("code"), verifier)
	b.open(a.srv.URL() + "/user_management/sessions/logout?session_id=" + answer.claims(t).text("sid"))
	b.sees("You are signed out")
	b.open(a.authorizeURL(newVerifier()))
	b.sees("<h1>Sign in</h1>")
}

func TestSigningUp(t *testing.T) {
	a := start(t, emulator.Config{})
	b := newBrowser(a)
	b.open(a.authorizeURL(newVerifier()))
	b.follow("sign-up")
	for wrong, says := range map[[2]string]string{
		{"nonsense", "long enough"}:          "not an email address",
		{"erin@example.com", "short"}:        "at least 8 characters",
		{"alice@example.com", "long enough"}: "has an account already",
	} {
		b.submit("sign-up", "email", wrong[0], "password", wrong[1], "first_name", `"><script>`)
		b.sees(says)
		if strings.Contains(b.body, "<script>") {
			t.Fatal("a name becomes a script")
		}
	}
	user, _ := a.signUp("erin@example.com")["user"].(map[string]any)
	if user["email"] != "erin@example.com" || user["first_name"] != "Erin" || user["email_verified"] != false {
		t.Errorf("the new user is %v", user)
	}

	closed := newBrowser(start(t, emulator.Config{NoSignUp: true}))
	closed.open(closed.authorizeURL(newVerifier(), "screen_hint", "sign-up"))
	closed.sees("<h1>Sign in</h1>")
	if strings.Contains(closed.body, "/authkit/sign-up") {
		t.Error("sign-up is switched off, and offered")
	}
}

func TestTheOrganizationPicker(t *testing.T) {
	a := start(t, emulator.Config{})
	b := newBrowser(a)
	verifier := newVerifier()
	b.open(a.authorizeURL(verifier))
	b.submit("sign-in", "email", "bob@example.com", "password", emulator.DefaultPassword)
	b.sees("Choose an organization")
	b.submit("organization", "organization_id", a.organization("Globex"))
	_, answer := a.exchange(b.location().Query().Get("code"), verifier)
	if answer["organization_id"] != a.organization("Globex") {
		t.Errorf("the session is for %v", answer["organization_id"])
	}
	if got := a.signIn("bob@example.com", "organization_id", a.organization("Acme")); got["organization_id"] != a.organization("Acme") {
		t.Errorf("organization_id is not honored: %v", got["organization_id"])
	}
	_, err := a.srv.Person("carol@example.com").SignIn(t.Context(), a.authorizeURL(verifier, "organization_id", a.organization("Acme")))
	if err == nil || !strings.Contains(err.Error(), "not a member") {
		t.Errorf("a stranger in the organization: %v", err)
	}
	p := a.srv.Person("bob@example.com")
	p.Organization = "Globex"
	redirect, err := p.SignIn(t.Context(), a.authorizeURL(verifier))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(redirect)
	if err != nil {
		t.Fatal(err)
	}
	if _, answer := a.exchange(u.Query().Get("code"), verifier); answer["organization_id"] != a.organization("Globex") {
		t.Errorf("the played person chose %v", answer["organization_id"])
	}
}

func TestTheEmailIsVerifiedInThePage(t *testing.T) {
	a := start(t, emulator.Config{RequireVerifiedEmail: true, Users: []emulator.User{{Email: "dora@example.com"}}})
	b := newBrowser(a)
	b.open(a.authorizeURL(newVerifier()))
	b.submit("sign-in", "email", "dora@example.com", "password", emulator.DefaultPassword)
	b.sees("Check your email")
	b.submit("verify", "code", "nonsense")
	b.sees("That is not the code.")
	if user, _ := a.signIn("dora@example.com")["user"].(map[string]any); user["email_verified"] != true {
		t.Errorf("the user is %v", user)
	}
}

func TestOtherProvidersAndSingleSignOn(t *testing.T) {
	a := start(t, emulator.Config{
		Users:         emulator.DemoUsers(),
		Organizations: append(emulator.DemoOrganizations(), emulator.Organization{Name: "Initech", RequireSSO: true}),
		Connections: []emulator.Connection{
			{Name: "Acme Okta", Organization: "Acme", Domains: []string{"acme.example"}},
			{Name: "Initech ADFS", Organization: "Initech"},
		},
	})
	for name, want := range map[string]struct {
		pairs  []string
		method string
		org    string
	}{
		"Google":       {[]string{"provider", "GoogleOAuth", "organization_id", a.organization("Acme")}, "GoogleOAuth", "Acme"},
		"domain_hint":  {[]string{"domain_hint", "acme.example"}, "SSO", "Acme"},
		"organization": {[]string{"organization_id", a.organization("Initech")}, "SSO", "Initech"},
	} {
		answer := a.signIn("alice@example.com", want.pairs...)
		if answer["authentication_method"] != want.method || answer["organization_id"] != a.organization(want.org) {
			t.Errorf("%s: %v in %v", name, answer["authentication_method"], answer["organization_id"])
		}
	}
	_, err := a.srv.Person("nobody@example.com").SignIn(t.Context(), a.authorizeURL(newVerifier(), "provider", "GoogleOAuth"))
	if err == nil || !strings.Contains(err.Error(), "no account") {
		t.Errorf("an unknown account: %v", err)
	}
}

func TestAnInvitationLetsItsEmailIn(t *testing.T) {
	clock := newClock()
	a := start(t, emulator.Config{Now: clock.now})
	invite := func(email string) string {
		i, err := a.srv.Invite(emulator.Invitation{Email: email, Organization: "Acme", Role: "admin", ExpiresAt: clock.at.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		return i.Token
	}
	token := invite("carol@example.com")
	_, err := a.srv.Person("alice@example.com").SignIn(t.Context(), a.authorizeURL(newVerifier(), "invitation_token", token))
	if err == nil || !strings.Contains(err.Error(), "This invitation is for carol@example.com") {
		t.Errorf("another person takes the invitation: %v", err)
	}
	if answer := a.signIn("carol@example.com", "invitation_token", token); answer.claims(t)["role"] != "admin" {
		t.Errorf("the invitation gives %v", answer.claims(t))
	}
	if u := a.location(a.get(a.authorizeURL(newVerifier(), "invitation_token", token))); u.Query().Get("error") != "invitation_invalid" {
		t.Errorf("a spent invitation leads to %s", u)
	}
	if answer := a.signIn("bob@example.com", "invitation_token", invite("bob@example.com")); answer["organization_id"] != a.organization("Acme") {
		t.Errorf("a member of several is let into %v", answer["organization_id"])
	}
	token = invite("frank@example.com")
	b := newBrowser(a)
	b.open(a.authorizeURL(newVerifier(), "invitation_token", token, "screen_hint", "sign-up"))
	b.sees(`value="frank@example.com"`)
	clock.add(2 * time.Hour)
	if u := a.location(a.get(a.authorizeURL(newVerifier(), "invitation_token", token))); u.Query().Get("error") != "invitation_invalid" {
		t.Errorf("an invitation of yesterday leads to %s", u)
	}
}

func TestPagesCannotBeFramedScriptedOrCached(t *testing.T) {
	a := start(t, emulator.Config{})
	for uri, target := range map[string]string{
		appURI:                            "form-action 'self' com.example.app:",
		"http://127.0.0.1:49152/callback": "form-action 'self' http://127.0.0.1:49152",
	} {
		h := a.get(a.authorizeURL(newVerifier(), "redirect_uri", uri)).Header
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", target} {
			if !strings.Contains(policy, want) {
				t.Errorf("the policy lacks %q: %s", want, policy)
			}
		}
		if h.Get("X-Frame-Options") != "DENY" || h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") == "" {
			t.Errorf("the headers are %v", h)
		}
	}
}

func TestFormsOfOtherOriginsAreRefused(t *testing.T) {
	a := start(t, emulator.Config{})
	post := func(header, value string) int {
		u, err := url.Parse(a.authorizeURL(newVerifier()))
		if err != nil {
			t.Fatal(err)
		}
		u.Path = "/authkit/sign-in"
		form := url.Values{"email": {"alice@example.com"}, "password": {emulator.DefaultPassword}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, u.String(), strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set(header, value)
		return a.do(req).StatusCode
	}
	for header, value := range map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"} {
		if status := post(header, value); status != http.StatusForbidden {
			t.Errorf("%s: %s gets %d", header, value, status)
		}
	}
	if status := post("Sec-Fetch-Site", "same-origin"); status != http.StatusFound {
		t.Errorf("the page's own form gets %d", status)
	}
}

func TestTheStatusPageHasNoWholeSecret(t *testing.T) {
	a := start(t, emulator.Config{})
	answer := a.signIn("alice@example.com")
	a.refresh(answer.text("refresh_token"))
	body := a.text(a.get(a.srv.URL() + "/"))
	for _, sees := range []string{"alice@example.com", answer.claims(t).text("sid"), "Acme", "refresh 1", "live 5m;"} {
		if !strings.Contains(body, sees) {
			t.Errorf("the page does not show %q", sees)
		}
	}
	for _, secret := range []string{answer.text("refresh_token"), answer.text("access_token"), answer.text("access_token")[:60], emulator.DefaultPassword} {
		if strings.Contains(body, secret) {
			t.Errorf("the page shows %q", secret)
		}
	}
}
