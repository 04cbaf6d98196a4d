package emulator

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// statusView is the page at /: what an emulator's owner wants to see at a glance.
type statusView struct {
	URL, ClientID, Issuer, Rotation string
	Lifetime                        string
	RedirectURIs                    []string
	Users                           []User
	Organizations                   []Organization
	Sessions                        []Session
	Tokens                          map[string]string // session to shortened refresh token
	Requests                        []requestLine
	Counts                          map[Route]int
}

// status shows what is going on, without a whole secret.
func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	c := s.config()
	sessions := s.newestSessions(20)
	v := &visit{s: s, w: w, r: r, browser: s.browserOf(r)}
	v.show(http.StatusOK, "status", view{Title: "AuthKit emulator", Status: &statusView{
		URL: s.url, ClientID: c.ClientID, Issuer: s.issuer(), Rotation: string(c.Rotation), Lifetime: brief(c.AccessTokenLifetime),
		RedirectURIs: c.RedirectURIs, Users: firstOf(s.Users(), 50), Organizations: firstOf(s.Organizations(), 50),
		Sessions: sessions, Tokens: s.shortTokens(sessions),
		Requests: firstOf(requestLines(s.Requests()), 30), Counts: s.counts(),
	}})
}

// brief writes 5m instead of 5m0s.
func brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// requestLine folds the parameters away, for the page.
type requestLine struct {
	Request
	BarePath, Query string
}

func requestLines(requests []Request) []requestLine {
	var lines []requestLine
	for _, r := range slices.Backward(requests) {
		path, query, _ := strings.Cut(r.Path, "?")
		lines = append(lines, requestLine{r, path, query})
	}
	return lines
}

func firstOf[T any](list []T, n int) []T { return list[:min(n, len(list))] }

func (s *Server) counts() map[Route]int {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return maps.Clone(s.record.counts)
}

// shortTokens are the last letters of each live refresh token: enough to tell one from another.
func (s *Server) shortTokens(sessions []Session) map[string]string {
	short := map[string]string{}
	for _, known := range sessions {
		s.mu.Lock()
		sess, ok := s.sessions.get(s.now(), known.ID)
		a := s.users[known.UserID]
		s.mu.Unlock()
		if !ok || a == nil || known.Ended != "" {
			continue
		}
		sess.mu.Lock()
		token := s.refreshToken(a, sess)
		sess.mu.Unlock()
		short[known.ID] = "…" + token[len(token)-6:]
	}
	return short
}
