package emulator

import (
	"strings"
	"time"
)

// refresh answers a refresh token with new tokens. A refusal other than invalid_grant leaves the
// session and the refresh token as they were, so that the app may try again differently.
func (s *Server) refresh(req tokenRequest) (*tokens, *refusal) {
	claims, ok := s.openRefreshToken(req.RefreshToken)
	if !ok {
		return nil, oauthRefusal("invalid_grant", "The refresh_token is not one of this emulator.")
	}
	sess := s.sessionOf(claims)
	if sess == nil {
		return nil, oauthRefusal("invalid_grant", "The session is gone.")
	}
	sess.mu.Lock()
	defer sess.mu.Unlock()
	if refused := s.checkAlive(sess); refused != nil {
		return nil, refused
	}
	if claims.Generation != sess.generation {
		return s.replayed(sess, claims.Generation)
	}
	a, refused := s.checkRefresh(sess, req)
	if refused != nil {
		return nil, refused
	}
	return s.rotate(a, sess, req.OrganizationID)
}

// checkAlive ends a session whose time is over. The lock is held, as in all below.
func (s *Server) checkAlive(sess *session) *refusal {
	c, now := s.config(), s.now()
	switch {
	case c.SessionMaxAge > 0 && now.Sub(sess.created) >= c.SessionMaxAge:
		sess.end("too old")
	case c.SessionInactivity > 0 && now.Sub(sess.refreshed) >= c.SessionInactivity:
		sess.end("inactive")
	}
	if sess.ended != "" {
		return oauthRefusal("invalid_grant", "The session has ended: "+sess.ended+".")
	}
	return nil
}

// replayed answers a refresh token that was spent before.
func (s *Server) replayed(sess *session, generation uint64) (*tokens, *refusal) {
	c, now := s.config(), s.now()
	if c.Rotation == RotateGrace {
		for _, spent := range sess.recent {
			if spent.generation == generation && now.Sub(spent.at) < c.RotationGrace {
				return spent.answer, nil
			}
		}
	}
	if c.ReuseRevokes {
		sess.end("a spent refresh token was used again")
	}
	return nil, oauthRefusal("invalid_grant", "The refresh_token was used before.")
}

func (s *Server) checkRefresh(sess *session, req tokenRequest) (*account, *refusal) {
	s.mu.Lock()
	a := s.users[sess.userID]
	s.mu.Unlock()
	if a == nil {
		sess.end("the user is gone")
		return nil, oauthRefusal("invalid_grant", "The user is gone.")
	}
	if a.OnRefresh != "" {
		return nil, s.refuseUser(a, a.OnRefresh, nil)
	}
	org := req.OrganizationID
	if org == "" {
		org = sess.organizationID
	}
	if org == "" {
		return a, nil
	}
	return a, s.checkSwitch(a, org, sess.method)
}

// checkSwitch says whether the user may have a session in the organization.
func (s *Server) checkSwitch(a *account, id, method string) *refusal {
	if !strings.HasPrefix(id, "org_") {
		return apiRefusal(400, "invalid_organization_id", "The organization_id does not have the form of one.")
	}
	s.mu.Lock()
	org := s.orgs[id]
	member := false
	if org != nil {
		_, member = s.membershipLocked(a, org)
	}
	s.mu.Unlock()
	switch {
	case org == nil:
		return oauthRefusal("organization_not_found", "There is no organization with this organization_id.")
	case !member:
		return oauthRefusal("organization_membership_not_found", "The user is not a member of the organization.")
	}
	return s.checkOrganizationPolicy(a, id, method)
}

// checkOrganizationPolicy says whether the way the user signed in is good enough for the organization.
func (s *Server) checkOrganizationPolicy(a *account, id, method string) *refusal {
	s.mu.Lock()
	org := s.orgs[id]
	s.mu.Unlock()
	switch {
	case org == nil:
		return nil
	case org.RequireSSO && method != "SSO" && method != "Impersonation":
		return s.ssoRefusal(a, id)
	case org.RequireMFA:
		return oauthRefusal("mfa_enrollment", "The organization wants a second factor, and the user has none.")
	}
	return nil
}

// ssoRefusal lists the connections of the organization, or of all when it is empty.
func (s *Server) ssoRefusal(a *account, organization string) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := []string{}
	for id, c := range s.connections {
		if organization == "" || c.Organization == organization {
			ids = append(ids, id)
		}
	}
	f := oauthRefusal("sso_required", "The user must sign in by single sign-on.")
	f.more = map[string]any{"email": a.Email, "connection_ids": ids}
	return f
}

// maxRecent bounds the answers kept for replays in one session.
const maxRecent = 32

func (s *Server) rotate(a *account, sess *session, organization string) (*tokens, *refusal) {
	c, now := s.config(), s.now()
	spent := spentToken{generation: sess.generation, at: now}
	if c.Rotation != RotateNever {
		sess.generation++
	}
	if organization != "" {
		sess.organizationID = organization
	}
	sess.refreshed = now
	answer, err := s.answer(a, sess)
	if err != nil {
		return nil, apiRefusal(500, "", err.Error())
	}
	sess.recent = dropOld(sess.recent, now.Add(-c.RotationGrace))
	if c.Rotation == RotateGrace {
		spent.answer = answer
		sess.recent = append(sess.recent, spent)
	}
	return answer, nil
}

func dropOld(recent []spentToken, before time.Time) []spentToken {
	for len(recent) > 0 && (len(recent) >= maxRecent || recent[0].at.Before(before)) {
		recent = recent[1:]
	}
	return recent
}
