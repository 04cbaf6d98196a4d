package interop

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/authkit-desktop/authkit/emulator"
)

// The vendor's clients. The second is the newest; authkit-session, which is run with the first, does not take it yet.
var vendorClients = []string{"@workos-inc/node", "@workos-inc/node-11"}

// client is one of the vendor's clients at work.
type client struct{ *driver }

// use starts a client against our emulator. Without an API key it is a public one.
func (s *server) use(t *testing.T, name string, apiKey ...string) *client {
	t.Helper()
	return &client{drive(t, append([]string{"clients/driver.mjs", name, s.URL(), s.ClientID()}, apiKey...)...)}
}

// answer is what the vendor's clients make of an answer with tokens.
type answer struct {
	User struct {
		ID, Email, FirstName string
		LastName             *string
		EmailVerified        bool
		CreatedAt            string
		Metadata             map[string]string
	}
	OrganizationID            string
	AccessToken, RefreshToken string
	AuthenticationMethod      string
	Impersonator              *struct{ Email string }
}

// people are the users of these tests, and where they belong.
func people() emulator.Config {
	return emulator.Config{
		RedirectURIs: []string{appURI},
		Users: []emulator.User{
			{Email: "alice@example.com", FirstName: "Alice", EmailVerified: true, Metadata: map[string]string{"seat": "3"}},
			{Email: "bob@example.com", FirstName: "Bob"},
		},
		Organizations: []emulator.Organization{
			{Name: "Acme", Members: []emulator.Member{{User: "alice@example.com", Roles: []string{"admin"}}, {User: "bob@example.com"}}},
			{Name: "Globex", Members: []emulator.Member{{User: "alice@example.com", Roles: []string{"member"}}}},
			{Name: "Elsewhere"},
		},
	}
}

// signIn makes an authorization URL with the client, opens it as a person, and exchanges the code with the client.
func (s *server) signIn(t *testing.T, c *client, email, org string) (tokens answer) {
	t.Helper()
	var begun struct{ URL, State, CodeVerifier string }
	c.get(&begun, "userManagement.getAuthorizationUrlWithPKCE", object{
		"clientId": s.ClientID(), "redirectUri": appURI, "provider": "authkit", "screenHint": "sign-in", "loginHint": email,
	})
	person := s.Person(email)
	person.Organization = org
	redirect, err := person.SignIn(t.Context(), begun.URL)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(redirect)
	if err != nil || u.Query().Get("state") != begun.State {
		t.Fatalf("the person is sent to %s, and the state was %s", redirect, begun.State)
	}
	c.get(&tokens, "userManagement.authenticateWithCode", object{
		"clientId": s.ClientID(), "code": u.Query().Get("code"), "codeVerifier": begun.CodeVerifier,
	})
	return tokens
}

func TestTheVendorsClientsAgainstOurEmulator(t *testing.T) {
	for _, name := range vendorClients {
		t.Run(name, func(t *testing.T) {
			asks := &asked{t: t}
			s := startAsking(t, people(), asks.look)
			c := s.use(t, name)
			first := s.signIn(t, c, "alice@example.com", "Acme")
			if u := first.User; u.Email != "alice@example.com" || u.FirstName != "Alice" || u.LastName != nil || !u.EmailVerified || u.Metadata["seat"] != "3" {
				t.Errorf("the user is %+v", u)
			}
			if first.OrganizationID != organization("Acme") || first.AuthenticationMethod != "Password" {
				t.Errorf("the sign-in is %+v", first)
			}
			claims := s.verify(t, c, first.AccessToken)
			if claims["org_id"] != organization("Acme") || claims["role"] != "admin" || claims["sub"] != first.User.ID {
				t.Errorf("the claims are %v", claims)
			}

			var second, third answer
			c.get(&second, "userManagement.authenticateWithRefreshToken", object{"clientId": s.ClientID(), "refreshToken": first.RefreshToken})
			c.get(&third, "userManagement.authenticateWithRefreshToken", object{
				"clientId": s.ClientID(), "refreshToken": second.RefreshToken, "organizationId": organization("Globex"),
			})
			if again := s.verify(t, c, third.AccessToken); again["sid"] != claims["sid"] || again["org_id"] != organization("Globex") || again["role"] != "member" {
				t.Errorf("after a switch the claims are %v", again)
			}

			var logout string
			c.get(&logout, "userManagement.getLogoutUrl", object{"sessionId": claims["sid"], "returnTo": appURI})
			if to, err := s.Person("").Open(t.Context(), logout); err != nil || to != appURI {
				t.Errorf("the logout URL leads to %q, %v", to, err)
			}
			_, problem := c.call("userManagement.authenticateWithRefreshToken", object{"clientId": s.ClientID(), "refreshToken": third.RefreshToken})
			if !problem.has("OauthException") || problem.Error != "invalid_grant" {
				t.Errorf("after signing out, a refresh throws %+v", problem)
			}
			asks.wantGrants("authorization_code", "refresh_token")
		})
	}
}

// verify has jose check a token with the keys that the client looks for.
func (s *server) verify(t *testing.T, c *client, token string) map[string]any {
	t.Helper()
	var keys string
	c.get(&keys, "userManagement.getJwksUrl", s.ClientID())
	var verified struct {
		Payload         map[string]any
		ProtectedHeader map[string]any
	}
	c.get(&verified, "jose.verify", token, keys, object{
		"issuer": s.URL() + "/user_management/" + s.ClientID(), "algorithms": []string{"RS256"}, "requiredClaims": []string{"sid", "sub", "jti", "exp", "iat"},
	})
	return verified.Payload
}

func TestAConfidentialClientOfTheVendorNeedsNoVerifier(t *testing.T) {
	for _, name := range vendorClients {
		t.Run(name, func(t *testing.T) {
			c := people()
			c.APIKeys, c.AutoSignIn, c.SelectOrganizationAtExchange = []string{"sk_test_interop"}, "alice@example.com", true
			s := start(t, c)
			sdk := s.use(t, name, "sk_test_interop")
			code := s.authorize(t, "", "code_challenge", "", "code_challenge_method", "")
			_, problem := sdk.call("userManagement.authenticateWithCode", object{"clientId": s.ClientID(), "code": code})
			if !problem.has("AuthenticationException") || problem.Code != "organization_selection_required" || problem.PendingAuthenticationToken == "" {
				t.Fatalf("a member of several organizations gets %+v", problem)
			}
			var tokens answer
			sdk.get(&tokens, "userManagement.authenticateWithOrganizationSelection", object{
				"clientId": s.ClientID(), "pendingAuthenticationToken": problem.PendingAuthenticationToken, "organizationId": organization("Globex"),
			})
			if tokens.OrganizationID != organization("Globex") {
				t.Errorf("the session is for %s", tokens.OrganizationID)
			}
			sid := s.verify(t, sdk, tokens.AccessToken)["sid"]
			if _, problem := sdk.call("userManagement.revokeSession", object{"sessionId": sid}); problem != nil {
				t.Errorf("revoking the session throws %+v", problem)
			}
			_, problem = sdk.call("userManagement.authenticateWithRefreshToken", object{"clientId": s.ClientID(), "refreshToken": tokens.RefreshToken})
			if !problem.has("OauthException") {
				t.Errorf("a revoked session throws %+v", problem)
			}
		})
	}
}

// TestEveryErrorIsTheVendorsOwnException holds the shape of our errors against what the vendor's clients make of them.
func TestEveryErrorIsTheVendorsOwnException(t *testing.T) {
	for _, name := range vendorClients {
		t.Run(name, func(t *testing.T) {
			s := start(t, people())
			c := s.use(t, name)
			for _, refusal := range []emulator.Refusal{
				emulator.SSORequired, emulator.MFAEnrollment, emulator.MFAChallenge, emulator.EmailVerificationRequired, emulator.OrganizationSelectionRequired,
			} {
				problem := s.refusedSignIn(t, c, refusal)
				if !problem.has("AuthenticationException") || problem.Code != string(refusal) || (problem.PendingAuthenticationToken == "") != (refusal == emulator.SSORequired) {
					t.Errorf("%s is %+v", refusal, problem)
				}
			}
			if problem := s.refusedSignIn(t, c, emulator.AuthenticationMethodRefused); !problem.has("GenericServerException") || problem.Code != string(emulator.AuthenticationMethodRefused) {
				t.Errorf("a way in that is not allowed is %+v", problem)
			}
			for _, refusal := range []emulator.Refusal{emulator.InvalidGrant, emulator.AccessDenied} {
				if problem := s.refusedSignIn(t, c, refusal); !problem.has("OauthException") || problem.Error != string(refusal) {
					t.Errorf("%s is %+v", refusal, problem)
				}
			}
			s.refusedRefreshes(t, c)
			s.refusedRequests(t, c)
		})
	}
}

func (s *server) refusedSignIn(t *testing.T, c *client, refusal emulator.Refusal) *thrown {
	t.Helper()
	set := func(r emulator.Refusal) {
		if err := s.ChangeUser("bob@example.com", func(u *emulator.User) { u.OnSignIn = r }); err != nil {
			t.Fatal(err)
		}
	}
	set(refusal)
	defer set("")
	verifier := oauth2.GenerateVerifier()
	redirect, err := s.Person("bob@example.com").SignIn(t.Context(), s.URL()+s.query(oauth2.S256ChallengeFromVerifier(verifier)))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(redirect)
	if err != nil {
		t.Fatal(err)
	}
	_, problem := c.call("userManagement.authenticateWithCodeAndVerifier", object{"clientId": s.ClientID(), "code": u.Query().Get("code"), "codeVerifier": verifier})
	return problem
}

func (s *server) refusedRefreshes(t *testing.T, c *client) {
	t.Helper()
	tokens := s.signIn(t, c, "alice@example.com", "Acme")
	for org, want := range map[string]thrown{
		"acme":                    {Classes: []string{"GenericServerException"}, Code: "invalid_organization_id"},
		"org_00":                  {Classes: []string{"OauthException"}, Error: "organization_not_found"},
		organization("Elsewhere"): {Classes: []string{"OauthException"}, Error: "organization_membership_not_found"},
	} {
		_, problem := c.call("userManagement.authenticateWithRefreshToken", object{"clientId": s.ClientID(), "refreshToken": tokens.RefreshToken, "organizationId": org})
		if !problem.has(want.Classes[0]) || problem.Code+problem.Error != want.Code+want.Error {
			t.Errorf("a switch to %s is %+v", org, problem)
		}
	}
}

// refusedRequests are the errors of a client that asks in the wrong way.
func (s *server) refusedRequests(t *testing.T, c *client) {
	t.Helper()
	const code, refresh = "userManagement.authenticateWithCodeAndVerifier", "userManagement.authenticateWithRefreshToken"
	verifier := oauth2.GenerateVerifier()
	for _, one := range []struct {
		call string
		args object
		want thrown
	}{
		{code, object{"clientId": s.ClientID(), "code": "x", "codeVerifier": verifier}, thrown{Classes: []string{"OauthException"}, Error: "invalid_grant"}},
		{code, object{"clientId": s.ClientID(), "code": "", "codeVerifier": verifier}, thrown{Classes: []string{"UnprocessableEntityException"}, Code: "invalid_request_parameters"}},
		{refresh, object{"clientId": "client_other", "refreshToken": "x"}, thrown{Classes: []string{"OauthException"}, Error: "invalid_client"}},
		{refresh, object{"clientId": s.ClientID(), "refreshToken": "x"}, thrown{Classes: []string{"OauthException"}, Error: "invalid_grant"}},
	} {
		_, problem := c.call(one.call, one.args)
		if !problem.has(one.want.Classes[0]) || problem.Code+problem.Error != one.want.Code+one.want.Error {
			t.Errorf("%s %v is %+v", one.call, one.args, problem)
		}
	}
}

// TestFailuresAreTheVendorsOwnException is about what a server says when it cannot answer, and about routes that it does not have.
func TestFailuresAreTheVendorsOwnException(t *testing.T) {
	for _, name := range vendorClients {
		t.Run(name, func(t *testing.T) {
			config := people()
			config.APIKeys = []string{"sk_test_interop"}
			config.Faults = []emulator.Fault{
				{Route: emulator.Refresh, Status: 429, Header: map[string]string{"Retry-After": "7"}},
				{Route: emulator.Refresh, Times: emulator.Forever, Status: 500},
			}
			s := start(t, config)
			public, wrong := s.use(t, name), s.use(t, name, "sk_test_wrong")
			_, problem := public.call("userManagement.authenticateWithRefreshToken", object{"clientId": s.ClientID(), "refreshToken": "x"})
			if !problem.has("RateLimitExceededException") || problem.RetryAfter != 7 {
				t.Errorf("a limit is %+v", problem)
			}
			_, problem = public.call("userManagement.authenticateWithRefreshToken", object{"clientId": s.ClientID(), "refreshToken": "x"})
			if !problem.has("GenericServerException") || problem.Status != 500 {
				t.Errorf("a failure is %+v", problem)
			}
			_, problem = wrong.call("userManagement.revokeSession", object{"sessionId": "session_00"})
			if !problem.has("UnauthorizedException") {
				t.Errorf("a wrong API key is %+v", problem)
			}
			_, problem = wrong.call("userManagement.getUser", "user_00")
			if !problem.has("NotFoundException") {
				t.Errorf("a route that is not there is %+v", problem)
			}
		})
	}
}

func TestTheVendorsSessionPackageAgainstOurEmulator(t *testing.T) {
	s := start(t, people())
	c := s.use(t, "@workos-inc/node")
	var begun struct{ URL, SealedState string }
	c.get(&begun, "operations.createSignIn", object{"organizationId": organization("Acme")})
	redirect, err := s.Person("alice@example.com").SignIn(t.Context(), begun.URL)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(redirect)
	if err != nil {
		t.Fatal(err)
	}
	var state struct{ CodeVerifier string }
	c.get(&state, "core.verifyCallbackState", object{"stateFromUrl": u.Query().Get("state"), "cookieValue": u.Query().Get("state")})
	var tokens answer
	c.get(&tokens, "userManagement.authenticateWithCode", object{"clientId": s.ClientID(), "code": u.Query().Get("code"), "codeVerifier": state.CodeVerifier})

	session := object{"accessToken": tokens.AccessToken, "refreshToken": tokens.RefreshToken, "user": tokens.User}
	var checked struct {
		Valid, Refreshed bool
		Claims           map[string]any
	}
	c.get(&checked, "core.validateAndRefresh", session)
	if !checked.Valid || checked.Refreshed || checked.Claims["org_id"] != organization("Acme") {
		t.Errorf("a fresh session is %+v", checked)
	}
	var switched struct {
		Auth struct {
			OrganizationID, SessionID, Role, AccessToken, RefreshToken string
		}
	}
	c.get(&switched, "operations.switchOrganization", session, organization("Globex"))
	if a := switched.Auth; a.OrganizationID != organization("Globex") || a.SessionID != checked.Claims["sid"] || a.Role != "member" {
		t.Errorf("after a switch the session is %+v", a)
	}
	_, problem := c.call("operations.refreshSession", session)
	if !problem.has("TokenRefreshError") || !problem.Cause.has("OauthException") || problem.Cause.Error != "invalid_grant" {
		t.Errorf("a spent refresh token is %+v", problem)
	}
	var forged bool
	c.get(&forged, "core.verifyToken", tokens.AccessToken[:strings.LastIndex(tokens.AccessToken, ".")]+".AAAA")
	if forged {
		t.Error("a forged signature passes")
	}
	var logout string
	c.get(&logout, "operations.getLogoutUrl", switched.Auth.SessionID, object{"returnTo": appURI})
	if to, err := s.Person("").Open(t.Context(), logout); err != nil || to != appURI {
		t.Errorf("the logout URL leads to %q, %v", to, err)
	}
}
