package emulator

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
)

// authorizeRequest is what an app asks of authorize. It lives in the address of every page that
// follows, and is checked anew on each: nothing is kept for a person who walks away, and reload,
// back and a second tab just work.
type authorizeRequest struct {
	redirectURI, state, challenge          string
	provider, connectionID, organizationID string
	loginHint, domainHint, screenHint      string
	prompt, invitation                     string
	raw                                    string // the whole query
}

// authorizeParameters are those of the API description; others are ignored, as RFC 6749 §3.1 wants.
var authorizeParameters = []string{
	"response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method",
	"provider", "connection_id", "organization_id", "login_hint", "domain_hint", "screen_hint",
	"prompt", "invitation_token", "provider_scopes",
}

var (
	// "BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))" (RFC 7636 §4.2) has 43 characters.
	challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	// "code-verifier = 43*128unreserved" (RFC 7636 §4.1)
	verifierForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

	providers = []string{
		"authkit", "AppleOAuth", "BitbucketOAuth", "GitHubOAuth", "GitLabOAuth", "GoogleOAuth", "IntuitOAuth", "LinkedInOAuth",
		"MicrosoftOAuth", "SalesforceOAuth", "SlackOAuth", "VercelMarketplaceOAuth", "VercelOAuth", "XeroOAuth",
	}
)

// unsendable are the errors that only the person can be told. Where the API has a redirect, the texts
// travel as their codes: nobody can put words of their own on the error page.
var unsendable = map[string]string{
	"invalid_client":              "The client_id is not the one of this emulator.",
	"invalid_request":             "The redirect_uri is missing, or the address is damaged.",
	"redirect_uri_not_registered": "The redirect_uri is not among the registered ones. Register it with the emulator, exactly as the app sends it.",
}

// refuseHere shows an error of a request whose redirect URI cannot be trusted. From authorize itself
// it is one more redirect, to a page of ours: the API description has no other answer there, and wants
// an absolute address.
func (v *visit) refuseHere(why *refusal) {
	noteError(v.w, why.code)
	if v.r.URL.Path == "/user_management/authorize" {
		v.leave(v.s.url + "/authkit/error?error=" + why.code)
		return
	}
	v.fail(http.StatusBadRequest, why.code, why.description)
}

func (s *Server) errorPage(w http.ResponseWriter, r *http.Request) {
	v := &visit{s: s, w: w, r: r}
	code := r.URL.Query().Get("error")
	if unsendable[code] == "" {
		code = "invalid_request"
	}
	v.fail(http.StatusBadRequest, code, unsendable[code])
}

// parseAuthorize checks an authorize request. A refusal that may not be sent to the redirect URI,
// because there is none to trust, leaves the request nil (RFC 6749 §4.1.2.1).
func (s *Server) parseAuthorize(q url.Values) (*authorizeRequest, *refusal) {
	c := s.config()
	uri := q.Get("redirect_uri")
	switch {
	case q.Get("client_id") != c.ClientID:
		return nil, oauthRefusal("invalid_client", unsendable["invalid_client"])
	case uri == "":
		return nil, oauthRefusal("invalid_request", unsendable["invalid_request"])
	case !isRegistered(c.RedirectURIs, uri):
		return nil, oauthRefusal("redirect_uri_not_registered", unsendable["redirect_uri_not_registered"])
	}
	a := &authorizeRequest{
		redirectURI: uri, state: q.Get("state"), challenge: q.Get("code_challenge"),
		provider: q.Get("provider"), connectionID: q.Get("connection_id"), organizationID: q.Get("organization_id"),
		loginHint: q.Get("login_hint"), domainHint: q.Get("domain_hint"), screenHint: q.Get("screen_hint"),
		prompt: q.Get("prompt"), invitation: q.Get("invitation_token"), raw: q.Encode(),
	}
	return a, s.checkAuthorize(c, a, q)
}

func (s *Server) checkAuthorize(c *Config, a *authorizeRequest, q url.Values) *refusal {
	invalid := func(why string) *refusal { return oauthRefusal("invalid_request", why) }
	for _, name := range authorizeParameters {
		if len(q[name]) > 1 {
			return invalid("The parameter " + name + " is there more than once.")
		}
	}
	switch {
	case q.Get("response_type") != "code":
		return oauthRefusal("unsupported_response_type", "The response_type must be code.")
	case a.provider == "" && a.connectionID == "" && a.organizationID == "":
		return invalid("One of provider, connection_id and organization_id is needed.")
	case a.provider != "" && !slices.Contains(providers, a.provider):
		return invalid("The provider is not known.")
	case a.screenHint != "" && a.screenHint != "sign-in" && a.screenHint != "sign-up":
		return invalid("The screen_hint must be sign-in or sign-up.")
	case a.challenge == "" && q.Get("code_challenge_method") == "" && len(c.APIKeys) > 0:
		return s.checkReferences(a) // a confidential client shows its secret instead, at the exchange
	case a.challenge == "":
		return invalid("The code_challenge is missing: a public client must use PKCE.")
	case q.Get("code_challenge_method") != "S256":
		return invalid("The code_challenge_method must be S256.")
	case !challengeForm.MatchString(a.challenge):
		return invalid("The code_challenge is not the base64url form of a SHA-256 digest.")
	}
	return s.checkReferences(a)
}

// checkReferences looks up what the request names.
func (s *Server) checkReferences(a *authorizeRequest) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.organizationID != "" && s.orgs[a.organizationID] == nil {
		return oauthRefusal("organization_not_found", "There is no organization with this organization_id.")
	}
	if _, ok := s.connections[a.connectionID]; a.connectionID != "" && !ok {
		return oauthRefusal("invalid_connection", "There is no connection with this connection_id.")
	}
	if a.connectionID == "" {
		a.connectionID = s.connectionForLocked(a)
	}
	if i := s.invitations[a.invitation]; a.invitation != "" && (i == nil || !i.ExpiresAt.IsZero() && s.now().After(i.ExpiresAt)) {
		return oauthRefusal("invitation_invalid", "There is no open invitation with this invitation_token.")
	}
	return nil
}

// connectionForLocked is the single sign-on that a request leads to without naming it: that of
// domain_hint, or of an organization that wants it.
func (s *Server) connectionForLocked(a *authorizeRequest) string {
	org := s.orgs[a.organizationID]
	for id, c := range s.connections {
		if a.domainHint != "" && slices.Contains(c.Domains, a.domainHint) || org != nil && org.RequireSSO && c.Organization == org.ID {
			return id
		}
	}
	return ""
}

// authorize is where the app sends the browser.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	v, ok := s.visit(w, r)
	if !ok {
		return
	}
	c := s.config()
	switch {
	case c.AutoSignIn != "":
		v.autoSignIn(c.AutoSignIn)
	case v.want.prompt == "none":
		v.silently()
	case v.remembered() && v.want.prompt != "login" && v.want.screenHint != "sign-up":
		v.show(http.StatusOK, "continue", view{Title: "Welcome back"})
	case v.picksAccount():
		v.showAccounts(http.StatusOK, "")
	case v.want.screenHint == "sign-up" && !c.NoSignUp:
		v.showSignUp(http.StatusOK, "")
	default:
		v.showSignIn(http.StatusOK, "")
	}
}

// remembered says whether somebody is signed in here in the way that the app wants.
func (v *visit) remembered() bool {
	return v.browser != nil && (!v.picksAccount() || v.browser.method == v.method())
}

// autoSignIn answers at once, for clients that cannot fill in a form.
func (v *visit) autoSignIn(who string) {
	if v.want.loginHint != "" {
		who = v.want.loginHint
	}
	v.s.mu.Lock()
	a := v.s.findUserLocked(who)
	v.s.mu.Unlock()
	if a == nil {
		v.refuse(oauthRefusal("access_denied", "There is no user with this login_hint."))
		return
	}
	v.proceed(a, &browser{method: "Password", since: v.s.now()})
}

// silently answers prompt=none: "MUST NOT display any authentication or consent user interface
// pages" (OpenID Connect Core §3.1.2.1).
func (v *visit) silently() {
	if a := v.person(); a != nil {
		v.proceed(a, v.browser)
		return
	}
	v.refuse(oauthRefusal("login_required", "Nobody is signed in, and prompt=none forbids to ask."))
}

// refuse sends the browser back to the app with an error.
func (v *visit) refuse(why *refusal) {
	v.leave(withQuery(v.want.redirectURI, map[string]string{"error": why.code, "error_description": why.description, "state": v.want.state}))
}

// leave sends the browser to the app. It is not http.Redirect, which would rewrite a URI without slashes.
func (v *visit) leave(uri string) {
	v.w.Header().Set("Location", uri)
	v.w.WriteHeader(http.StatusFound)
}
