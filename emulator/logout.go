package emulator

import (
	"net/http"
	"slices"
)

// logout ends a session and the hosted session that it came from, and sends the browser on. A session
// that is gone already is no reason to leave the person stranded.
func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	v := &visit{s: s, w: w, r: r}
	id, returnTo := r.URL.Query().Get("session_id"), r.URL.Query().Get("return_to")
	switch {
	case id == "":
		v.fail(http.StatusUnprocessableEntity, "", "The session_id is missing.")
		return
	case returnTo != "" && !s.config().isLogoutURI(returnTo):
		v.fail(http.StatusUnprocessableEntity, "", "The return_to is not among the registered sign-out redirects.")
		return
	}
	s.endSession(id, "signed out")
	if s.leaveBrowser(r, id) {
		w.Header().Add("Set-Cookie", cookieName+"=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
	}
	if returnTo != "" {
		v.leave(returnTo)
		return
	}
	v.show(http.StatusOK, "message", view{Title: "Signed out", Lead: "You are signed out. You can close this page."})
}

// leaveBrowser ends the hosted session, when the session came from it: a link with somebody else's
// session id must not sign this person out.
func (s *Server) leaveBrowser(r *http.Request, id string) bool {
	b := s.browserOf(r)
	if b == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(b.sessions, id) {
		return false
	}
	s.browsers.remove(b.key)
	return true
}

// revoke is the administrator's way to end a session. With Config.APIKeys it wants one of them.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	call, c := callOf(r), s.config()
	key := bearer(r)
	switch {
	case len(c.APIKeys) > 0 && !c.isAPIKey(key):
		w.Header().Set("WWW-Authenticate", "Bearer")
		apiRefusal(http.StatusUnauthorized, "", "This route wants an API key as a bearer token.").write(w)
	case call.refused != nil || call.request.SessionID == "":
		apiRefusal(http.StatusBadRequest, "", "The body must be JSON with a session_id.").write(w)
	case !s.RevokeSession(call.request.SessionID):
		apiRefusal(http.StatusBadRequest, "", "There is no session with this session_id.").write(w)
	default:
		writeJSON(w, http.StatusOK, map[string]any{})
	}
}
