package emulator

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"
)

// code is an authorization code that was sent to an app.
type code struct {
	userID, organizationID, method string
	since                          time.Time // when the person proved who they are
	browser                        string    // the hosted session it came from
	redirectURI, challenge         string
	spent, replayed                bool   // by anyone, with or without success
	session                        string // made from it
}

func (s *Server) newCode(c *code) string {
	key := rand.Text()
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes.put(now, key, c, now.Add(s.config().CodeLifetime))
	return key
}

func (s *Server) exchangeCode(req tokenRequest, confidential bool) (*tokens, *refusal) {
	c, refused := s.redeem(req, confidential)
	if refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	a := s.users[c.userID]
	s.mu.Unlock()
	if a == nil {
		return nil, oauthRefusal("invalid_grant", "The user is gone.")
	}
	return s.signedIn(a, c)
}

// redeem spends a code, whatever comes of it: one that met a wrong verifier is in the wrong hands.
func (s *Server) redeem(req tokenRequest, confidential bool) (*code, *refusal) {
	s.mu.Lock()
	c, ok := s.codes.get(s.now(), req.Code)
	replayed := ok && c.spent
	if ok {
		c.spent, c.replayed = true, replayed || c.replayed
	}
	s.mu.Unlock()
	if replayed {
		// "If an authorization code is used more than once, the authorization server MUST deny the
		// request and SHOULD revoke (when possible) all tokens previously issued based on that
		// authorization code" (RFC 6749 §4.1.2).
		s.endReplayed(c)
	}
	switch {
	case !ok || replayed:
		return nil, oauthRefusal("invalid_grant", "The code is not known, has expired, or was used before.")
	case req.RedirectURI != "" && req.RedirectURI != c.redirectURI:
		return nil, oauthRefusal("invalid_grant", "The redirect_uri is not the one of the authorize request.")
	}
	return c, c.checkVerifier(req.CodeVerifier, confidential)
}

func (s *Server) endReplayed(c *code) {
	s.mu.Lock()
	id := c.session
	s.mu.Unlock()
	s.endSession(id, replayedCode)
}

// checkVerifier is RFC 7636 §4.6, with the downgrade check of RFC 9700 §2.1.1: a verifier without a
// challenge means that somebody took the challenge out of the authorize request.
func (c *code) checkVerifier(verifier string, confidential bool) *refusal {
	switch {
	case c.challenge == "" && verifier != "":
		return apiRefusal(http.StatusBadRequest, "code_challenge_not_found", "There is a code_verifier, but the authorize request had no code_challenge.")
	case c.challenge == "" && !confidential:
		return oauthRefusal("invalid_grant", "The authorize request had no code_challenge, and the client showed no secret.")
	case c.challenge == "":
		return nil
	case verifier == "":
		return oauthRefusal("invalid_request", "The code_verifier is missing. The code is spent.")
	case !verifierForm.MatchString(verifier):
		return oauthRefusal("invalid_grant", "The code_verifier must have 43 to 128 unreserved characters. The code is spent.")
	}
	sum := sha256.Sum256([]byte(verifier))
	if base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge {
		return oauthRefusal("invalid_grant", "The code_verifier does not match the code_challenge. The code is spent.")
	}
	return nil
}

// pendingChoice is a sign-in that waits for the app to choose an organization.
type pendingChoice struct {
	code  *code
	tries int
}

// signedIn answers a sign-in that has proved all it can: with tokens, or with what else is wanted.
func (s *Server) signedIn(a *account, c *code) (*tokens, *refusal) {
	if a.OnSignIn != "" {
		return nil, s.refuseUser(a, a.OnSignIn, c)
	}
	s.mu.Lock()
	several := len(s.organizationsOfLocked(a)) > 1
	s.mu.Unlock()
	if s.config().SelectOrganizationAtExchange && several && c.organizationID == "" {
		return nil, s.refuseUser(a, OrganizationSelectionRequired, c)
	}
	if refused := s.checkOrganizationPolicy(a, c.organizationID, c.method); refused != nil {
		return nil, refused
	}
	return s.startSession(a, c, c.organizationID)
}

// refuseUser makes the answer for a refusal, with the fields that belong to it. Without a code it is
// a refresh that is refused.
func (s *Server) refuseUser(a *account, why Refusal, c *code) *refusal {
	switch {
	case why == SSORequired:
		return s.ssoRefusal(a, "")
	case why == InvalidGrant, why == AccessDenied, why == MFAEnrollment && c == nil:
		return oauthRefusal(string(why), "The emulator was told to refuse this user.")
	}
	f := apiRefusal(http.StatusForbidden, string(why), refusalTexts[why])
	f.more = map[string]any{"user": userJSON(a), "email": a.Email}
	if c != nil {
		f.more["pending_authentication_token"] = s.newPending(c)
	}
	if why == OrganizationSelectionRequired {
		f.more["organizations"] = s.choices(a)
	}
	return f
}

var refusalTexts = map[Refusal]string{
	MFAEnrollment:                 "The user must enroll a second factor.",
	MFAChallenge:                  "The user must show a second factor.",
	EmailVerificationRequired:     "The user must verify the email address.",
	OrganizationSelectionRequired: "The user must choose an organization.",
	AuthenticationMethodRefused:   "The organization does not allow this way to sign in.",
}

// choice is an organization on the wire, where one is to be chosen.
type choice struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (s *Server) choices(a *account) []choice {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []choice{}
	for _, o := range s.organizationsOfLocked(a) {
		list = append(list, choice{o.ID, o.Name})
	}
	return list
}

func (s *Server) newPending(c *code) string {
	key := rand.Text() + rand.Text()
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending.put(now, key, &pendingChoice{code: c}, now.Add(s.config().CodeLifetime))
	return key
}

func errPendingToken() *refusal {
	return apiRefusal(http.StatusBadRequest, "invalid_pending_authentication_token", "The pending_authentication_token is not known, has expired, or was used before.")
}

// maxTries keeps a pending token from being an oracle for organizations.
const maxTries = 5

// chooseAtExchange finishes a sign-in with the organization that the app chose. The token lives until
// a choice is right, so that a slip of the finger does not mean to start again.
func (s *Server) chooseAtExchange(req tokenRequest) (*tokens, *refusal) {
	s.mu.Lock()
	p, ok := s.pending.get(s.now(), req.PendingToken)
	var a *account
	if ok {
		p.tries++
		ok, a = p.tries <= maxTries, s.users[p.code.userID]
	}
	s.mu.Unlock()
	switch {
	case !ok:
		return nil, errPendingToken()
	case a == nil:
		return nil, oauthRefusal("invalid_grant", "The user is gone.")
	}
	if refused := s.checkSwitch(a, req.OrganizationID, p.code.method); refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	_, ok = s.pending.get(s.now(), req.PendingToken)
	s.pending.remove(req.PendingToken)
	s.mu.Unlock()
	if !ok { // somebody else was quicker
		return nil, errPendingToken()
	}
	return s.startSession(a, p.code, req.OrganizationID)
}
