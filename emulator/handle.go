package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// call is what is known of a request before its route sees it.
type call struct {
	route   Route
	request tokenRequest // of the routes that take JSON
	refused *refusal     // the body could not be read
	fields  []string
}

type callKey struct{}

func callOf(r *http.Request) *call {
	if c, ok := r.Context().Value(callKey{}).(*call); ok {
		return c
	}
	return &call{refused: oauthRefusal("invalid_request", "The request did not come through the server.")}
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /user_management/authorize", s.authorize)
	mux.HandleFunc("POST /user_management/authenticate", s.authenticate)
	mux.HandleFunc("POST /user_management/authorize/device", s.authorizeDevice)
	mux.HandleFunc("GET /user_management/sessions/logout", s.logout)
	mux.HandleFunc("POST /user_management/sessions/revoke", s.revoke)
	mux.HandleFunc("GET /sso/jwks/{client}", s.jwks)
	mux.HandleFunc("/authkit/{page}", s.hostedPage)
	mux.HandleFunc("GET /authkit/style.css", s.style)
	mux.HandleFunc("GET /authkit/error", s.errorPage)
	mux.HandleFunc("GET /device", s.device)
	mux.HandleFunc("POST /device", s.decideDevice)
	mux.HandleFunc("GET /health", s.health)
	mux.HandleFunc("GET /{$}", s.status)
	mux.HandleFunc("/", s.notFound)
	return mux
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	apiRefusal(http.StatusNotFound, "", "The emulator has no route "+r.Method+" "+r.URL.EscapedPath()+".").write(w)
}

// maxBody is far more than any request of a client has.
const maxBody = 64 << 10

// ServeHTTP answers one request: it reads the body, finds the route, lets the fault for this call do
// its worst, and notes what happened.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	out := &answer{header: http.Header{}}
	s.mark(out.header)
	c, r := s.understand(out, r)
	entry := Request{
		Number: s.record.arrive(c.route), Route: c.route, Method: r.Method, Path: redactedPath(r.URL),
		Fields: c.fields, Header: redactedHeader(r.Header), At: began,
	}
	fault := &Fault{}
	if f := s.faults.next(c.route); f != nil {
		fault, entry.Fault = f, f.String()
		// The server's own limit is for reading the request, and has no business with what comes now.
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	}
	answered := s.perform(r, out, fault)
	if answered {
		entry.Status = out.status
	}
	entry.Error, entry.Duration = out.problem, time.Since(began)
	s.note(entry) // before the answer leaves, so that whoever has it finds it in the log
	if !answered {
		panic(http.ErrAbortHandler)
	}
	s.send(w, r, out, fault)
}

func (s *Server) note(r Request) {
	s.record.add(r)
	s.config().Logger.Debug("request", slog.String("route", string(r.Route)), slog.Int("number", r.Number),
		slog.Int("status", r.Status), slog.String("error", r.Error), slog.String("fault", r.Fault), slog.Duration("took", r.Duration))
}

// mark makes the server known for what it is, in every answer.
func (s *Server) mark(h http.Header) {
	h.Set("X-AuthKit-Emulator", "1")
	h.Set("X-Content-Type-Options", "nosniff")
	c := s.config()
	h.Set("Date", s.now().Add(c.DateSkew).UTC().Format(http.TimeFormat))
	if c.NoDate {
		h["Date"] = nil // keeps net/http from setting it
	}
}

// understand reads the body and names the route. What is wrong goes into out, which then stands as
// the answer.
func (s *Server) understand(out *answer, r *http.Request) (*call, *http.Request) {
	c := &call{route: routeOf(r)}
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	c.fields = fieldNames(r, body)
	switch {
	case err != nil:
		apiRefusal(http.StatusBadRequest, "", "The body could not be read.").write(out)
	case len(body) > maxBody:
		apiRefusal(http.StatusRequestEntityTooLarge, "", "The body is larger than 64 KiB.").write(out)
	case !s.isOurHost(r.Host):
		// A page of another site whose name was made to mean 127.0.0.1 must find nothing here.
		apiRefusal(http.StatusMisdirectedRequest, "", "The emulator is not known by this host name.").write(out)
	case s.origins.Check(r) != nil:
		apiRefusal(http.StatusForbidden, "", "The request comes from a page of another origin.").write(out)
	}
	switch c.route {
	case Authenticate, DeviceAuthorize, Revoke:
		c.request, c.refused = readTokenRequest(r, body)
		if c.route == Authenticate {
			c.route = grantRoute(c.request.GrantType)
		}
	default:
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	return c, r
}

func routeOf(r *http.Request) Route {
	switch path := r.URL.Path; {
	case path == "/user_management/authorize":
		return Authorize
	case path == "/user_management/authenticate":
		return Authenticate
	case path == "/user_management/authorize/device":
		return DeviceAuthorize
	case path == "/user_management/sessions/logout":
		return Logout
	case path == "/user_management/sessions/revoke":
		return Revoke
	case strings.HasPrefix(path, "/sso/jwks/"):
		return JWKS
	case path == "/device" || strings.HasPrefix(path, "/authkit/") && path != "/authkit/style.css":
		return Page
	}
	return Other
}

func grantRoute(grant string) Route {
	switch grant {
	case grantCode:
		return Exchange
	case grantRefresh:
		return Refresh
	case grantDevice:
		return DevicePoll
	case grantOrganization:
		return SelectOrganization
	}
	return Authenticate
}

// fieldNames are the names, never the values, of what a client sent.
func fieldNames(r *http.Request, body []byte) []string {
	names := map[string]bool{}
	var fields map[string]json.RawMessage
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, _ := url.ParseQuery(string(body)) // what can be read of it
		for name := range form {
			names[name] = true
		}
	} else if json.Unmarshal(body, &fields) == nil {
		for name := range fields {
			names[name] = true
		}
	}
	if len(names) > maxNames {
		return []string{fmt.Sprintf("%d fields", len(names))}
	}
	return slices.Sorted(maps.Keys(names))
}

func (s *Server) isOurHost(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return isLoopback(strings.Trim(name, "[]")) || s.config().AllowNetwork || hostnameOf(s.url) == name
}

func bearer(r *http.Request) string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}

// answer holds what a route says until it is known what will be sent. It is an [http.ResponseWriter].
type answer struct {
	header  http.Header
	status  int
	body    []byte
	problem string // the error code
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.body = append(a.body, p...)
	return len(p), nil
}

// noteError names the error for the log.
func noteError(w http.ResponseWriter, code string) {
	if a, ok := w.(*answer); ok {
		a.problem = code
	}
}

// perform does the work, and the fault to it. It returns false when there is to be no answer.
func (s *Server) perform(r *http.Request, out *answer, fault *Fault) bool {
	s.wait(r.Context(), fault.Latency)
	if fault.Drop == DropBefore {
		return false
	}
	if out.status == 0 && !fault.replaces() {
		s.mux.ServeHTTP(out, r)
	}
	if fault.Drop == DropDone {
		return false
	}
	fault.alter(out)
	out.WriteHeader(http.StatusOK) // for those who wrote neither status nor body
	return true
}

// alter changes an answer as the fault says.
func (f *Fault) alter(out *answer) {
	const kind = "application/json; charset=utf-8"
	if len(f.Patch) > 0 {
		out.body = patched(out.body, f.Patch)
	}
	if f.Body != nil {
		out.body = []byte(*f.Body)
		out.header.Set("Content-Type", kind)
	} else if f.Status != 0 {
		out.body = []byte(`{"message":"This failure was asked for."}`)
		out.header.Set("Content-Type", kind)
	}
	if f.Status != 0 {
		out.status = f.Status
	}
	for name, value := range f.Header {
		if value == "" {
			out.header[http.CanonicalHeaderKey(name)] = nil
			continue
		}
		out.header.Set(name, value)
	}
}

// patched is a JSON merge patch (RFC 7396) of the top fields. What is not an object stays as it is.
func patched(body []byte, patch map[string]any) []byte {
	fields := map[string]any{}
	if json.Unmarshal(body, &fields) != nil {
		return body
	}
	for name, value := range patch {
		if value == nil {
			delete(fields, name)
			continue
		}
		fields[name] = value
	}
	changed, err := json.Marshal(fields)
	if err != nil {
		return body
	}
	return changed
}

func (s *Server) send(w http.ResponseWriter, r *http.Request, out *answer, fault *Fault) {
	maps.Copy(w.Header(), out.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
	// A client that does not read its answer is not waited for longer than this.
	deadline := 20*time.Second + time.Duration(len(out.body))*fault.Trickle
	err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(deadline))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return
	}
	w.WriteHeader(out.status)
	switch {
	case fault.Truncate > 0 && fault.Truncate < len(out.body):
		_, _ = w.Write(out.body[:fault.Truncate])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case fault.Trickle > 0:
		s.trickle(w, r, out.body, fault.Trickle)
	default:
		_, _ = w.Write(out.body) // a client that has left hears nothing
	}
}
