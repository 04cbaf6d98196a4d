package emulator

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"time"
)

// maxSessions is how many sessions, codes and the like are kept, the newest of each: what a person or a
// test can use, and a few megabytes at most.
const maxSessions = 5_000

// maxOfBrowser is how many sessions a browser remembers to have started, the newest.
const maxOfBrowser = 50

// session is one app's sign-in of one user: what sid names.
type session struct {
	id, userID, method string
	browser            string // the hosted session it came from
	created, since     time.Time

	mu             sync.Mutex // guards the rest; taken before the server's lock, never after it
	organizationID string
	refreshed      time.Time
	generation     uint64 // of the refresh token that is good now
	ended          string // why, else empty
	recent         []spentToken
}

// spentToken is a refresh token that still repeats its answer.
type spentToken struct {
	generation uint64
	at         time.Time
	answer     *tokens
}

// refreshClaims are what a refresh token says of itself. Spent ones need not be remembered: their
// generation tells. What follows Generation is there only with Config.Secret, to go on after a restart.
type refreshClaims struct {
	Session    string `json:"s"`
	Generation uint64 `json:"g"`
	Restart    *carry `json:"r,omitempty"`
}

// carry is what a new process needs to go on with a session.
type carry struct {
	UserID         string    `json:"u"`
	Email          string    `json:"e"`
	FirstName      string    `json:"f,omitempty"`
	LastName       string    `json:"l,omitempty"`
	OrganizationID string    `json:"o,omitempty"`
	Method         string    `json:"m"`
	Created        time.Time `json:"c"`
}

// newID is an id of the real ones' form: a kind and 26 characters.
func newID(kind string) string {
	var b [15]byte
	rand.Read(b[:])
	return kind + "_01" + crockford.EncodeToString(b[:])
}

// replayedCode is why the session of a code that was used twice ended.
const replayedCode = "its code was used again"

func (s *Server) startSession(a *account, c *code, organization string) (*tokens, *refusal) {
	now := s.now()
	method := c.method
	if a.Impersonator != nil {
		method = "Impersonation"
	}
	sess := &session{
		id: newID("session"), userID: a.ID, method: method, browser: c.browser,
		created: now, since: c.since, refreshed: now, organizationID: organization, generation: 1,
	}
	a = s.enter(a, c, sess)
	sess.mu.Lock()
	defer sess.mu.Unlock()
	answer, err := s.answer(a, sess)
	if err != nil {
		return nil, apiRefusal(500, "", err.Error())
	}
	answer.Method = method
	return answer, nil
}

// enter puts the session where it can be found, and marks that the user came.
func (s *Server) enter(a *account, c *code, sess *session) *account {
	s.mu.Lock()
	defer s.mu.Unlock()
	if present := s.users[a.ID]; present != nil { // neither changed nor removed meanwhile
		came := *present
		came.lastSignIn = sess.created
		s.replaceLocked(&came)
		a = &came
	}
	c.session = sess.id
	if c.replayed { // between the exchange of the code and now
		sess.ended = replayedCode
	}
	s.sessions.put(sess.created, sess.id, sess, time.Time{})
	if b, ok := s.browsers.get(sess.created, c.browser); ok {
		b.sessions = append(b.sessions[max(0, len(b.sessions)-maxOfBrowser+1):], sess.id)
	}
	return a
}

// endSession ends a session; its refresh token is worth nothing from now on.
func (s *Server) endSession(id, why string) bool {
	s.mu.Lock()
	sess, ok := s.sessions.get(s.now(), id)
	s.mu.Unlock()
	if !ok {
		return false
	}
	sess.mu.Lock()
	defer sess.mu.Unlock()
	sess.end(why)
	return true
}

// end keeps the first reason. The lock is held.
func (sess *session) end(why string) {
	if sess.ended == "" {
		sess.ended, sess.recent = why, nil
	}
}

// RevokeSession ends a session from outside, as an administrator would. It reports whether there was one.
func (s *Server) RevokeSession(id string) bool { return s.endSession(id, "revoked") }

// RevokeAllSessions ends every session.
func (s *Server) RevokeAllSessions() {
	for _, sess := range s.Sessions() {
		s.RevokeSession(sess.ID)
	}
}

// Session is what the server knows of a sign-in.
type Session struct {
	ID, UserID, Email, OrganizationID, AuthenticationMethod string
	CreatedAt, RefreshedAt                                  time.Time
	Ended                                                   string // why it ended; empty: it has not
}

// Sessions returns the sessions, the latest first.
func (s *Server) Sessions() []Session { return s.newestSessions(maxSessions) }

func (s *Server) newestSessions(n int) []Session {
	s.mu.Lock()
	all := s.sessions.newest(n)
	emails := map[string]string{}
	for id, a := range s.users {
		emails[id] = a.Email
	}
	s.mu.Unlock()
	list := make([]Session, 0, len(all))
	for _, sess := range all {
		sess.mu.Lock()
		list = append(list, Session{
			sess.id, sess.userID, emails[sess.userID], sess.organizationID, sess.method,
			sess.created, sess.refreshed, sess.ended,
		})
		sess.mu.Unlock()
	}
	return list
}

// refreshToken writes the session's present refresh token. The lock is held.
func (s *Server) refreshToken(a *account, sess *session) string {
	claims := refreshClaims{Session: sess.id, Generation: sess.generation}
	if s.config().Secret != "" {
		claims.Restart = &carry{a.ID, a.Email, a.FirstName, a.LastName, sess.organizationID, sess.method, sess.created}
	}
	payload, err := json.Marshal(claims)
	if err != nil { // a clock beyond the year 9999: no session outlives that
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(payload) + "." + s.mac(payload)
}

func (s *Server) mac(payload []byte) string {
	h := hmac.New(sha256.New, s.secret)
	h.Write(payload)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// openRefreshToken reads a token that this server wrote, or a run before it with the same secret.
func (s *Server) openRefreshToken(token string) (claims refreshClaims, ok bool) {
	text, mac, _ := strings.Cut(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || !hmac.Equal([]byte(mac), []byte(s.mac(payload))) {
		return claims, false
	}
	return claims, json.Unmarshal(payload, &claims) == nil
}

// sessionOf finds the session of a refresh token, or brings it back from an earlier run.
func (s *Server) sessionOf(claims refreshClaims) *session {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if sess, ok := s.sessions.get(now, claims.Session); ok {
		return sess
	}
	c := claims.Restart
	if c == nil {
		return nil
	}
	if s.users[c.UserID] == nil { // signed up in the earlier run
		_, err := s.addUserLocked(User{ID: c.UserID, Email: c.Email, FirstName: c.FirstName, LastName: c.LastName})
		if err != nil {
			return nil
		}
	}
	sess := &session{
		id: claims.Session, userID: c.UserID, method: c.Method, created: c.Created, since: c.Created,
		refreshed: now, organizationID: c.OrganizationID, generation: claims.Generation,
	}
	s.sessions.put(now, sess.id, sess, time.Time{})
	return sess
}
