package emulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Route names a route, or a grant of authenticate, in faults, counts and the request log.
type Route string

// The routes. Authenticate is split by grant, and stands alone for requests without a known one.
const (
	Any                Route = "any" // in Fault and Count: every route
	Authorize          Route = "authorize"
	Page               Route = "page"         // a hosted page other than authorize itself
	Exchange           Route = "exchange"     // authenticate with a code
	Refresh            Route = "refresh"      // authenticate with a refresh token
	DevicePoll         Route = "device-poll"  // authenticate with a device code
	SelectOrganization Route = "organization" // authenticate with the choice of an organization
	Authenticate       Route = "authenticate"
	DeviceAuthorize    Route = "device-authorize"
	JWKS               Route = "jwks"
	Logout             Route = "logout"
	Revoke             Route = "revoke"
	Other              Route = "other" // status page, health and what does not exist
)

// Request is one request in the log. It has no secret: values that could be one are replaced.
type Request struct {
	Number   int // counts from 1 on each route
	Route    Route
	Method   string
	Path     string      // with its query
	Fields   []string    // the names of the fields in the body, sorted
	Header   http.Header // the first value of each
	At       time.Time   // by the wall clock
	Duration time.Duration
	Status   int    // 0: the connection was dropped before an answer
	Error    string // the error code of the answer; empty: none
	Fault    string // what was done to it on purpose; empty: nothing
}

// maxRecorded is how many requests the log keeps; the counts go on.
const maxRecorded = 1000

type record struct {
	mu       sync.Mutex
	counts   map[Route]int
	requests []Request // a ring once it is full
	next     int
}

// arrive counts a request when it comes in, and returns its number: a call under way counts already.
func (l *record) arrive(route Route) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = map[Route]int{}
	}
	l.counts[Any]++
	l.counts[route]++
	return l.counts[route]
}

func (l *record) add(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.requests) < maxRecorded {
		l.requests = append(l.requests, r)
		return
	}
	l.requests[l.next] = r
	l.next = (l.next + 1) % maxRecorded
}

// Count is how many requests a route has had since the start or [Server.ResetRequests], answered or
// not. Several routes are added up; none means all.
func (s *Server) Count(routes ...Route) int {
	if len(routes) == 0 {
		routes = []Route{Any}
	}
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	n := 0
	for _, r := range routes {
		n += s.record.counts[r]
	}
	return n
}

// Requests returns the last requests of the routes, the oldest first; of all, when none is named. A
// request is in it when its answer is through.
func (s *Server) Requests(routes ...Route) []Request {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	ordered := slices.Concat(s.record.requests[s.record.next:], s.record.requests[:s.record.next])
	if len(routes) == 0 || slices.Contains(routes, Any) {
		return ordered
	}
	return slices.DeleteFunc(ordered, func(r Request) bool { return !slices.Contains(routes, r.Route) })
}

// ResetRequests empties the log and the counts.
func (s *Server) ResetRequests() {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	s.record.counts, s.record.requests, s.record.next = nil, nil, 0
}

// harmless are the query parameters whose values may be seen in a log.
var harmless = []string{
	"response_type", "client_id", "redirect_uri", "code_challenge_method", "provider", "connection_id", "organization_id",
	"login_hint", "domain_hint", "screen_hint", "prompt", "session_id", "return_to",
}

const redacted = "redacted"

// redactedPath is the address without what could be a secret.
func redactedPath(u *url.URL) string {
	if u.RawQuery == "" {
		return short(u.EscapedPath())
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return short(u.EscapedPath()) + "?" + redacted
	}
	for name := range q {
		if !slices.Contains(harmless, name) {
			q[name] = []string{redacted}
		}
	}
	return short(u.EscapedPath() + "?" + q.Encode())
}

// What the log keeps of one request is bounded, so that a flood of long ones does not fill the memory.
const (
	maxText  = 1024
	maxNames = 40
)

func short(s string) string {
	if len(s) > maxText {
		return s[:maxText] + "…"
	}
	return s
}

func redactedHeader(h http.Header) http.Header {
	kept := http.Header{}
	for name, values := range h {
		switch {
		case len(kept) == maxNames || len(name) > 100:
		case name == "Authorization" || name == "Cookie" || name == "Proxy-Authorization":
			kept.Set(name, redacted)
		default:
			kept[name] = []string{strings.Clone(short(values[0]))}
		}
	}
	return kept
}
