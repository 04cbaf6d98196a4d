package interop

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/authkit-desktop/authkit/emulator"
)

// exception is an answer that the description does not have. A path of "" stands for all.
type exception struct {
	path   string
	status int
	code   string
	reason string
}

// exceptions is where we go another way than the description, and why. An entry that no answer needs any more fails
// TestEveryAnswerIsAsDescribed.
var exceptions = []exception{
	{"", http.StatusNotFound, "", "the description has methods, and no answer to a wrong one"},
	{"", http.StatusRequestEntityTooLarge, "", "the description knows no limit; a server that reads any amount can be filled up by anybody"},
	{"", http.StatusMisdirectedRequest, "", "DNS rebinding has no place in a description; the emulator is known by loopback names alone"},
	{"", http.StatusForbidden, "", "a form of another site's page has no place in a description either"},
	{"/user_management/authorize/device", http.StatusUnprocessableEntity, "invalid_request_parameters",
		"the description has 422 for a body of the wrong form on authenticate, and forgets it here"},
	{"/user_management/sessions/revoke", http.StatusUnauthorized, "", "the description demands a bearer token, and has no answer for its absence; 401 is HTTP's"},
}

// clock is a clock that a test sets.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) pass(time time.Duration) { c.ahead.Add(int64(time)) }

// scenario is a request and what it must be answered.
type scenario struct {
	name   string
	ask    func(*testing.T, *server) (int, object)
	status int
	code   string
}

func TestEveryAnswerIsAsDescribed(t *testing.T) {
	var c clock
	s := start(t, emulator.Config{
		RedirectURIs: []string{appURI}, Now: c.now,
		Users: []emulator.User{
			{Email: "alice@example.com", FirstName: "Alice", Metadata: map[string]string{"seat": "3"}, EmailVerified: true},
			{Email: "bob@example.com", EmailVerified: true},
			{Email: "staff@example.com", Impersonator: &emulator.Impersonator{Email: "support@example.com"}},
		},
		Organizations: []emulator.Organization{
			{Name: "Acme", Members: []emulator.Member{{User: "alice@example.com", Roles: []string{"admin"}}, {User: "bob@example.com"}}},
			{Name: "Globex", Members: []emulator.Member{{User: "bob@example.com"}}},
			{Name: "Initech", RequireSSO: true, Members: []emulator.Member{{User: "alice@example.com"}}},
			{Name: "Hooli", RequireMFA: true, Members: []emulator.Member{{User: "alice@example.com"}}},
		},
		Connections: []emulator.Connection{{Name: "Initech", Organization: "Initech"}},
	})
	for _, list := range [][]scenario{
		authorizeScenarios(), codeScenarios(), refreshScenarios(), userScenarios(), choiceScenarios(),
		deviceScenarios(&c), otherScenarios(), outsideScenarios(),
	} {
		for _, one := range list {
			t.Run(one.name, func(t *testing.T) {
				status, answer := one.ask(t, s)
				code := answer.problem()
				if u, err := url.Parse(answer.text("location")); err == nil && u.Query().Has("error") {
					code = u.Query().Get("error")
				}
				if status != one.status || code != one.code {
					t.Errorf("the answer is %d %q: %v", status, code, answer)
				}
			})
		}
	}
	if left := s.notSeen(codesIn(t, "../emulator")); len(left) > 0 {
		t.Errorf("no request above gets the error codes %q", left)
	}
	for _, e := range exceptions {
		if !s.used[e] {
			t.Errorf("no answer needs the exception %v any more: remove it", e)
		}
	}
}

// codesIn reads the error codes of the emulator out of its source, so that a new one cannot be forgotten here.
func codesIn(t *testing.T, folder string) (codes []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no source in %s: %v", folder, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if code := codeOf(n); code != "" {
				codes = append(codes, code)
			}
			return true
		})
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// codeOf finds the literal code in oauthRefusal("code", …) and apiRefusal(status, "code", …), and in constants of type Refusal.
func codeOf(n ast.Node) string {
	var literal ast.Expr
	switch n := n.(type) {
	case *ast.CallExpr:
		name, _ := n.Fun.(*ast.Ident)
		switch {
		case name != nil && name.Name == "oauthRefusal":
			literal = n.Args[0]
		case name != nil && name.Name == "apiRefusal":
			literal = n.Args[1]
		}
	case *ast.ValueSpec:
		if kind, _ := n.Type.(*ast.Ident); kind != nil && kind.Name == "Refusal" && len(n.Values) == 1 {
			literal = n.Values[0]
		}
	}
	if l, ok := literal.(*ast.BasicLit); ok {
		code, _ := strconv.Unquote(l.Value)
		return code
	}
	return ""
}

func authorizeScenarios() []scenario {
	challenge := oauth2.S256ChallengeFromVerifier(oauth2.GenerateVerifier())
	asking := func(pairs ...string) func(*testing.T, *server) (int, object) {
		return func(t *testing.T, s *server) (int, object) { return s.get(t, s.query(challenge, pairs...)) }
	}
	return []scenario{
		{"authorize shows a page", asking(), 200, ""},
		{"authorize sends a signed-in person back", as("alice@example.com", asking("organization_id", organization("Acme"))), 302, ""},
		{"authorize for an unknown client", asking("client_id", "client_other"), 302, "invalid_client"},
		{"authorize without a redirect URI", asking("redirect_uri", ""), 302, "invalid_request"},
		{"authorize to a foreign redirect URI", asking("redirect_uri", "https://attacker.example/"), 302, "redirect_uri_not_registered"},
		{"authorize without PKCE", asking("code_challenge", ""), 302, "invalid_request"},
		{"authorize for a token", asking("response_type", "token"), 302, "unsupported_response_type"},
		{"authorize for an unknown organization", asking("organization_id", "org_00"), 302, "organization_not_found"},
		{"authorize with an unknown connection", asking("connection_id", "conn_00"), 302, "invalid_connection"},
		{"authorize with an unknown invitation", asking("invitation_token", "none"), 302, "invitation_invalid"},
		{"authorize silently with nobody there", asking("prompt", "none"), 302, "login_required"},
		{"authorize silently where a page is needed", silently(challenge), 302, "interaction_required"},
		{"authorize as somebody unknown", as("nobody@example.com", asking()), 302, "access_denied"},
	}
}

// silently asks with prompt=none for a person who would have to choose an organization.
func silently(challenge string) func(*testing.T, *server) (int, object) {
	return func(t *testing.T, s *server) (int, object) {
		_, query, _ := strings.Cut(s.query(challenge), "?")
		form := url.Values{"email": {"bob@example.com"}, "password": {emulator.DefaultPassword}}
		_, page := s.send(t, http.MethodPost, "/authkit/sign-in?"+query, form.Encode(), header("Content-Type", "application/x-www-form-urlencoded"))
		cookie, _, _ := strings.Cut(page.text("set-cookie"), ";")
		return s.get(t, s.query(challenge, "prompt", "none"), header("Cookie", cookie))
	}
}

// as makes authorize sign somebody in without a page.
func as(email string, ask func(*testing.T, *server) (int, object)) func(*testing.T, *server) (int, object) {
	return changed(func(c *emulator.Config) { c.AutoSignIn = email }, ask)
}

// changed asks while the server has other settings.
func changed(change func(*emulator.Config), ask func(*testing.T, *server) (int, object)) func(*testing.T, *server) (int, object) {
	return func(t *testing.T, s *server) (int, object) {
		var before emulator.Config
		s.Change(func(c *emulator.Config) { before = *c; change(c) })
		defer s.Change(func(c *emulator.Config) { *c = before })
		return ask(t, s)
	}
}

// organization is the id that the emulator makes of a name.
func organization(name string) string {
	s, err := emulator.New(emulator.Config{URL: "http://127.0.0.1", Organizations: []emulator.Organization{{Name: name}}})
	if err != nil {
		panic(err)
	}
	return s.Organizations()[0].ID
}

// signedIn gives the tokens of alice in Acme.
func signedIn(t *testing.T, s *server) object { return signedInAs(t, s, "alice@example.com", "Acme") }

func signedInAs(t *testing.T, s *server, email, org string) (tokens object) {
	t.Helper()
	status, tokens := exchanged(email, "organization_id", organization(org))(t, s)
	if status != http.StatusOK {
		t.Fatalf("%s does not come in: %d %v", email, status, tokens)
	}
	return tokens
}

// exchanged is a whole sign-in, and the answer to its code.
func exchanged(email string, pairs ...string) func(*testing.T, *server) (int, object) {
	return as(email, func(t *testing.T, s *server) (int, object) {
		verifier := oauth2.GenerateVerifier()
		return s.exchange(t, s.authorize(t, oauth2.S256ChallengeFromVerifier(verifier), pairs...), verifier)
	})
}

func codeScenarios() []scenario {
	const token = "/user_management/authenticate"
	posted := func(body any) func(*testing.T, *server) (int, object) {
		return func(t *testing.T, s *server) (int, object) { return s.post(t, token, body) }
	}
	id := emulator.DefaultClientID
	downgraded := changed(func(c *emulator.Config) { c.APIKeys = []string{"sk_test"}; c.AutoSignIn = "alice@example.com" },
		func(t *testing.T, s *server) (int, object) {
			code := s.authorize(t, "", "code_challenge", "", "code_challenge_method", "", "organization_id", organization("Acme"))
			return s.exchange(t, code, oauth2.GenerateVerifier())
		})
	return []scenario{
		{"a code becomes tokens", exchanged("alice@example.com", "organization_id", organization("Acme")), 200, ""},
		{"a code of somebody impersonated becomes tokens", exchanged("staff@example.com"), 200, ""},
		{"an unknown code", posted(object{"grant_type": "authorization_code", "client_id": id, "code": "x", "code_verifier": "x"}), 400, "invalid_grant"},
		{"a verifier without a challenge", downgraded, 400, "code_challenge_not_found"},
		{"another client", posted(object{"grant_type": "refresh_token", "client_id": "client_other", "refresh_token": "x"}), 400, "invalid_client"},
		{"a secret of a public client", posted(object{"grant_type": "refresh_token", "client_id": id, "client_secret": "x", "refresh_token": "x"}), 400, "invalid_client"},
		{"a missing field", posted(object{"grant_type": "authorization_code", "client_id": id}), 422, "invalid_request_parameters"},
		{"a field of another type", posted(object{"grant_type": 1}), 422, "invalid_request_parameters"},
		{"no JSON", posted("{"), 400, "invalid_request"},
		{"an unknown grant", posted(object{"grant_type": "password", "client_id": id}), 400, "invalid_request"},
	}
}

func refreshScenarios() []scenario {
	refreshed := func(pairs ...string) func(*testing.T, *server) (int, object) {
		return func(t *testing.T, s *server) (int, object) {
			return s.refresh(t, signedIn(t, s).text("refresh_token"), pairs...)
		}
	}
	twice := func(t *testing.T, s *server) (int, object) {
		token := signedIn(t, s).text("refresh_token")
		s.refresh(t, token)
		return s.refresh(t, token)
	}
	return []scenario{
		{"a refresh", refreshed(), 200, ""},
		{"a refresh of somebody in no organization", func(t *testing.T, s *server) (int, object) {
			_, tokens := exchanged("staff@example.com")(t, s)
			return s.refresh(t, tokens.text("refresh_token"))
		}, 200, ""},
		{"a spent refresh token", twice, 400, "invalid_grant"},
		{"a switch to a damaged id", refreshed("organization_id", "acme"), 400, "invalid_organization_id"},
		{"a switch to an unknown organization", refreshed("organization_id", "org_00"), 400, "organization_not_found"},
		{"a switch to somebody else's organization", refreshed("organization_id", organization("Globex")), 400, "organization_membership_not_found"},
		{"a switch to an organization with single sign-on", refreshed("organization_id", organization("Initech")), 400, "sso_required"},
		{"a switch to an organization with second factors", refreshed("organization_id", organization("Hooli")), 400, "mfa_enrollment"},
	}
}

// userScenarios are the refusals that a user can be set to, at sign-in and at refresh.
func userScenarios() (list []scenario) {
	all := []emulator.Refusal{
		emulator.SSORequired, emulator.MFAEnrollment, emulator.MFAChallenge, emulator.EmailVerificationRequired,
		emulator.OrganizationSelectionRequired, emulator.AuthenticationMethodRefused, emulator.InvalidGrant, emulator.AccessDenied,
	}
	for _, refusal := range all {
		at := func(when string, set func(*emulator.User), ask func(*testing.T, *server, object) (int, object), status int) {
			list = append(list, scenario{string(refusal) + " at " + when, func(t *testing.T, s *server) (int, object) {
				before := signedIn(t, s)
				if err := s.ChangeUser("alice@example.com", set); err != nil {
					t.Fatal(err)
				}
				defer func() {
					_ = s.ChangeUser("alice@example.com", func(u *emulator.User) { u.OnSignIn, u.OnRefresh = "", "" })
				}()
				return ask(t, s, before)
			}, status, string(refusal)})
		}
		at("sign-in", func(u *emulator.User) { u.OnSignIn = refusal }, func(t *testing.T, s *server, _ object) (int, object) {
			return exchanged("alice@example.com", "organization_id", organization("Acme"))(t, s)
		}, statusOf(refusal, true))
		at("refresh", func(u *emulator.User) { u.OnRefresh = refusal }, func(t *testing.T, s *server, before object) (int, object) {
			return s.refresh(t, before.text("refresh_token"))
		}, statusOf(refusal, false))
	}
	return list
}

// statusOf is 403 for what the person can still do something about.
func statusOf(refusal emulator.Refusal, signIn bool) int {
	switch refusal {
	case emulator.SSORequired, emulator.InvalidGrant, emulator.AccessDenied:
		return http.StatusBadRequest
	case emulator.MFAEnrollment:
		if !signIn {
			return http.StatusBadRequest
		}
	}
	return http.StatusForbidden
}

func choiceScenarios() []scenario {
	choosing := func(change func(object)) func(*testing.T, *server) (int, object) {
		return changed(func(c *emulator.Config) { c.SelectOrganizationAtExchange = true }, func(t *testing.T, s *server) (int, object) {
			_, wanted := exchanged("bob@example.com")(t, s)
			body := object{
				"grant_type": "urn:workos:oauth:grant-type:organization-selection", "client_id": s.ClientID(),
				"pending_authentication_token": wanted["pending_authentication_token"], "organization_id": organization("Globex"),
			}
			change(body)
			return s.post(t, "/user_management/authenticate", body)
		})
	}
	return []scenario{
		{"an organization must be chosen", changed(func(c *emulator.Config) { c.SelectOrganizationAtExchange = true }, exchanged("bob@example.com")), 403, "organization_selection_required"},
		{"an organization is chosen", choosing(func(object) {}), 200, ""},
		{"an unknown organization is chosen", choosing(func(o object) { o["organization_id"] = "org_00" }), 400, "organization_not_found"},
		{"a pending token that is none", choosing(func(o object) { o["pending_authentication_token"] = "x" }), 400, "invalid_pending_authentication_token"},
	}
}

func deviceScenarios(c *clock) []scenario {
	begin := func(t *testing.T, s *server) object {
		t.Helper()
		status, device := s.post(t, "/user_management/authorize/device", object{"client_id": s.ClientID()})
		if status != http.StatusOK {
			t.Fatalf("no device code: %d %v", status, device)
		}
		return device
	}
	poll := func(t *testing.T, s *server, device object) (int, object) {
		return s.post(t, "/user_management/authenticate", object{
			"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": s.ClientID(), "device_code": device["device_code"],
		})
	}
	after := func(step func(*testing.T, *server, object)) func(*testing.T, *server) (int, object) {
		return func(t *testing.T, s *server) (int, object) {
			device := begin(t, s)
			step(t, s, device)
			return poll(t, s, device)
		}
	}
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	return []scenario{
		{"a device begins", func(t *testing.T, s *server) (int, object) {
			return s.post(t, "/user_management/authorize/device", object{"client_id": s.ClientID()})
		}, 200, ""},
		{"a device of another client", func(t *testing.T, s *server) (int, object) {
			return s.post(t, "/user_management/authorize/device", object{"client_id": "client_other"})
		}, 400, "invalid_client"},
		{"a device that sends no JSON", func(t *testing.T, s *server) (int, object) {
			return s.post(t, "/user_management/authorize/device", "[")
		}, 400, "invalid_request"},
		{"a device whose client is a number", func(t *testing.T, s *server) (int, object) {
			return s.post(t, "/user_management/authorize/device", object{"client_id": 1})
		}, 422, "invalid_request_parameters"},
		{"devices are switched off", changed(func(c *emulator.Config) { c.DeviceDisabled = true }, func(t *testing.T, s *server) (int, object) {
			return s.post(t, "/user_management/authorize/device", object{"client_id": s.ClientID()})
		}), 403, "access_denied"},
		{"a device waits", after(func(*testing.T, *server, object) {}), 400, "authorization_pending"},
		{"a device asks too often", after(func(t *testing.T, s *server, d object) { poll(t, s, d) }), 400, "slow_down"},
		{"a device is let in", after(func(t *testing.T, s *server, d object) {
			must(t, s.ApproveDevice(d.text("user_code"), "staff@example.com"))
		}), 200, ""},
		{"a device is kept out", after(func(t *testing.T, s *server, d object) { must(t, s.DenyDevice(d.text("user_code"))) }), 400, "access_denied"},
		{"a device is too late", after(func(*testing.T, *server, object) { c.pass(6 * time.Minute) }), 400, "expired_token"},
		{"a device code that is none", func(t *testing.T, s *server) (int, object) { return poll(t, s, object{"device_code": "x"}) }, 400, "invalid_grant"},
	}
}

func otherScenarios() []scenario {
	revoke := func(body func(*testing.T, *server) any, change ...func(*http.Request)) func(*testing.T, *server) (int, object) {
		return func(t *testing.T, s *server) (int, object) {
			return s.post(t, "/user_management/sessions/revoke", body(t, s), change...)
		}
	}
	session := func(*testing.T, *server) any { return object{"session_id": "session_00"} }
	live := func(t *testing.T, s *server) any {
		signedIn(t, s)
		return object{"session_id": s.Sessions()[0].ID}
	}
	getting := func(path string, change ...func(*http.Request)) func(*testing.T, *server) (int, object) {
		return func(t *testing.T, s *server) (int, object) { return s.get(t, path, change...) }
	}
	return []scenario{
		{"the key set", getting("/sso/jwks/" + emulator.DefaultClientID), 200, ""},
		{"the key set of another client", getting("/sso/jwks/client_other"), 404, ""},
		{"signing out", getting("/user_management/sessions/logout?session_id=session_00"), 200, ""},
		{"signing out and back to the app", getting("/user_management/sessions/logout?session_id=session_00&return_to=" + url.QueryEscape(appURI)), 302, ""},
		{"signing out of nothing", getting("/user_management/sessions/logout"), 422, ""},
		{"signing out to a foreign page", getting("/user_management/sessions/logout?session_id=x&return_to=https://attacker.example/"), 422, ""},
		{"a session is revoked", revoke(live), 200, ""},
		{"an unknown session is revoked", revoke(session), 400, ""},
		{"nothing is revoked", revoke(func(*testing.T, *server) any { return "" }), 400, ""},
		{"a session is revoked without a key", changed(func(c *emulator.Config) { c.APIKeys = []string{"sk_test"} }, revoke(session)), 401, ""},
	}
}

// outsideScenarios are requests that the description has no word for.
func outsideScenarios() []scenario {
	const token = "/user_management/authenticate"
	return []scenario{
		{"a wrong method", func(t *testing.T, s *server) (int, object) { return s.get(t, token) }, 404, ""},
		{"a body without end", func(t *testing.T, s *server) (int, object) {
			return s.post(t, token, strings.Repeat("x", 100_000))
		}, 413, ""},
		{"a form of another site", func(t *testing.T, s *server) (int, object) {
			return s.post(t, token, "{}", header("Sec-Fetch-Site", "cross-site"))
		}, 403, ""},
		{"another name of this host", func(t *testing.T, s *server) (int, object) {
			return s.get(t, "/sso/jwks/"+s.ClientID(), func(r *http.Request) { r.Host = "attacker.example" })
		}, 421, ""},
	}
}
