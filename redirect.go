package authkit

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxCallback bounds a callback URL. A code and a state are a few hundred bytes; the rest is somebody's test.
const maxCallback = 8 << 10

// A redirect is a parsed redirect URI, kept in parts because parts are what is compared.
type redirect struct {
	raw  string
	url  *url.URL
	port int // of a loopback redirect; 0: chosen at run time
}

// schemeGrammar is RFC 3986 §3.1 in the lower case that url.Parse gives.
var schemeGrammar = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)

// foreignSchemes belong to the system or to other programs, and must not become ours (C21).
var foreignSchemes = []string{"about", "blob", "data", "file", "ftp", "https", "javascript", "mailto", "ms-settings",
	"sftp", "smb", "ssh", "tel", "vbscript", "view-source", "wails", "ws", "wss"}

func parseRedirect(raw string) (*redirect, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || raw == "":
		return nil, fmt.Errorf("%q is not a URI", raw)
	case !schemeGrammar.MatchString(u.Scheme):
		return nil, fmt.Errorf("%q has no scheme", raw)
	case slices.Contains(foreignSchemes, u.Scheme):
		return nil, fmt.Errorf("the scheme of %q belongs to others, and the system would not hand its links to this app", raw)
	case u.Fragment != "" || u.User != nil:
		return nil, fmt.Errorf("%q has a fragment or a user name, which a redirect must not have (RFC 6749 §3.1.2)", raw)
	}
	r := &redirect{raw: raw, url: u}
	if u.Scheme != "http" {
		return r, nil
	}
	return r, r.readLoopback()
}

// readLoopback checks an http redirect: an IP literal, because what localhost means is up to the machine's hosts
// file and resolver (RFC 8252 §8.3, C15).
func (r *redirect) readLoopback() error {
	if host := r.url.Hostname(); host != "127.0.0.1" && host != "::1" {
		return fmt.Errorf("%q is http, but not on this machine's own 127.0.0.1 or [::1], as a loopback redirect is (RFC 8252 §8.3)", r.raw)
	}
	if r.url.RawQuery != "" {
		return fmt.Errorf("%q has a query, which a loopback redirect cannot keep", r.raw)
	}
	if p := r.url.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("%q has no usable port", r.raw)
		}
		r.port = int(n)
	}
	return nil
}

// ports are those that a loopback redirect may be received on: its own, else those of the config; none: the system
// chooses.
func (r *redirect) ports(configured []int) []int {
	if r.port == 0 {
		return configured
	}
	return []int{r.port}
}

func (r *redirect) loopback() bool { return r.url.Scheme == "http" }

// matches reports whether got arrived at this redirect: scheme, host, port and path equal, never a prefix (C11).
// x:/p and x://p come from different systems for the same link, so for private schemes host and path are compared
// as one (C22); parameters that the redirect was registered with must still be there.
func (r *redirect) matches(got *url.URL) bool {
	if got.User != nil || !strings.EqualFold(got.Scheme, r.url.Scheme) {
		return false
	}
	if r.loopback() && (got.Host != r.url.Host || got.EscapedPath() != r.url.EscapedPath()) {
		return false
	}
	if !r.loopback() && place(got) != place(r.url) {
		return false
	}
	query := got.Query()
	for name, values := range r.url.Query() {
		if !slices.Equal(values, query[name]) {
			return false
		}
	}
	return true
}

// place is the host and path of a private-use URI in one form: callback for x://callback, x:/callback, x:callback
// and x://callback/.
func place(u *url.URL) string {
	path := u.EscapedPath()
	if u.Opaque != "" {
		path = u.Opaque
	}
	return strings.Trim(strings.ToLower(u.Host)+"/"+strings.Trim(path, "/"), "/")
}

// callback is what came back, read once.
type callback struct {
	url              *url.URL
	state            string
	code             string
	errorCode        string
	errorDescription string
}

var errNotACallback = errors.New("the link is not an answer to a sign-in, so it was ignored")

// parseCallback takes any bytes that the system calls a link (A11). Parameters that RFC 6749 §3.1 allows once and
// that come twice make it no callback at all: which of the two would be meant?
func parseCallback(raw string) (*callback, error) {
	if len(raw) > maxCallback {
		return nil, fmt.Errorf("%w: it is %d bytes long", errNotACallback, len(raw))
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, errNotACallback // url.Parse quotes the link, which may hold a code
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errNotACallback
	}
	for _, name := range []string{"state", "code", "error"} {
		if len(query[name]) > 1 {
			return nil, fmt.Errorf("%w: it has more than one %s", errNotACallback, name)
		}
	}
	cb := &callback{url: u, state: query.Get("state"), code: query.Get("code"), errorCode: query.Get("error"),
		errorDescription: query.Get("error_description")}
	if cb.state == "" || (cb.code == "" && cb.errorCode == "") {
		return nil, fmt.Errorf("%w: the state, or the code or error, is missing", errNotACallback)
	}
	return cb, nil
}
