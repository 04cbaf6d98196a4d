package interop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/authkit-desktop/authkit/emulator"
)

// server is our emulator, watched: every answer of it must be as described, whoever asked.
type server struct {
	*emulator.Server

	mu   sync.Mutex // guards what follows
	seen map[string]bool
	used map[exception]bool
	asks func(*http.Request, []byte) // looks at requests before they are answered; may be nil
}

// start runs an emulator for the test. What faults do to answers is not held against it.
func start(t *testing.T, c emulator.Config) *server {
	t.Helper()
	return startAsking(t, c, nil)
}

func startAsking(t *testing.T, c emulator.Config, asks func(*http.Request, []byte)) *server {
	t.Helper()
	outer := httptest.NewUnstartedServer(nil)
	c.URL = "http://" + outer.Listener.Addr().String()
	inner, err := emulator.New(c)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Server: inner, seen: map[string]bool{}, used: map[exception]bool{}, asks: asks}
	outer.Config.Handler = inner
	if len(c.Faults) == 0 {
		outer.Config.Handler = s.watched(t)
	}
	outer.Start()
	t.Cleanup(func() {
		outer.Close()
		if err := inner.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *server) watched(t *testing.T) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("the body of %s %s cannot be read: %v", r.Method, r.URL.Path, err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if s.asks != nil {
			s.asks(r, body)
		}
		answer := httptest.NewRecorder()
		s.ServeHTTP(answer, r)
		if err := s.check(r, answer); err != nil {
			t.Errorf("%s %s answers %d %s, against the description: %v", r.Method, r.URL.Path, answer.Code, answer.Body, err)
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
}

// check compares an answer with the description, and with what is known to differ from it.
func (s *server) check(r *http.Request, answer *httptest.ResponseRecorder) error {
	template, _, _ := described().find(r.Method, r.URL.Path)
	if template == "" {
		return nil // a hosted page, or a page of the emulator about itself
	}
	code := problemIn(answer)
	err := described().checkAnswer(r.Method, r.URL.Path, answer.Code, answer.Header(), answer.Body.Bytes())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[code] = true
	i := slices.IndexFunc(exceptions, func(e exception) bool {
		return (e.path == template || e.path == "") && e.status == answer.Code && e.code == code
	})
	switch {
	case err == nil:
		return nil
	case i < 0:
		return err
	}
	s.used[exceptions[i]] = true
	return nil
}

// problemIn finds the error code, in the body or in the address that the browser is sent to.
func problemIn(answer *httptest.ResponseRecorder) string {
	var body struct{ Error, Code string }
	_ = json.Unmarshal(answer.Body.Bytes(), &body) // pages are not JSON, and have no code
	if u, err := url.Parse(answer.Header().Get("Location")); err == nil && u.Query().Has("error") {
		return u.Query().Get("error")
	}
	return body.Error + body.Code
}

// object is JSON on its way in or out.
type object map[string]any

func (o object) text(name string) string { s, _ := o[name].(string); return s }

// problem is the error code in either of its shapes.
func (o object) problem() string { return o.text("error") + o.text("code") }

// post sends JSON, or a body as it is when it is text already, and gives the status and the fields of the answer.
func (s *server) post(t *testing.T, path string, body any, change ...func(*http.Request)) (int, object) {
	t.Helper()
	raw, ok := body.(string)
	if !ok {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		raw = string(text)
	}
	return s.send(t, http.MethodPost, path, raw, append([]func(*http.Request){header("Content-Type", "application/json")}, change...)...)
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func (s *server) get(t *testing.T, path string, change ...func(*http.Request)) (int, object) {
	t.Helper()
	return s.send(t, http.MethodGet, path, "", change...)
}

func (s *server) send(t *testing.T, method, path, body string, change ...func(*http.Request)) (int, object) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(req)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := object{}
	_ = json.Unmarshal(text, &answer) // pages are not JSON
	for name, key := range map[string]string{"Location": "location", "Set-Cookie": "set-cookie"} {
		if text := resp.Header.Get(name); text != "" {
			answer[key] = text
		}
	}
	return resp.StatusCode, answer
}

// query gives the path of an authorize request; the pairs replace or add parameters, and "" removes one.
func (s *server) query(challenge string, pairs ...string) string {
	q := url.Values{
		"response_type": {"code"}, "client_id": {s.ClientID()}, "redirect_uri": {appURI}, "provider": {"authkit"},
		"state": {"st-1"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	return "/user_management/authorize?" + q.Encode()
}

const appURI = "com.example.app://callback"

// authorize goes through authorize as the person who is signed in automatically, and gives the code.
func (s *server) authorize(t *testing.T, challenge string, pairs ...string) string {
	t.Helper()
	status, answer := s.get(t, s.query(challenge, pairs...))
	u, err := url.Parse(answer.text("location"))
	if err != nil || u.Query().Get("code") == "" {
		t.Fatalf("authorize gives no code: %d %v", status, answer)
	}
	return u.Query().Get("code")
}

func (s *server) exchange(t *testing.T, code, verifier string) (int, object) {
	t.Helper()
	return s.post(t, "/user_management/authenticate", object{
		"grant_type": "authorization_code", "client_id": s.ClientID(), "code": code, "code_verifier": verifier,
	})
}

func (s *server) refresh(t *testing.T, token string, pairs ...string) (int, object) {
	t.Helper()
	body := object{"grant_type": "refresh_token", "client_id": s.ClientID(), "refresh_token": token}
	for i := 0; i < len(pairs); i += 2 {
		body[pairs[i]] = pairs[i+1]
	}
	return s.post(t, "/user_management/authenticate", body)
}

// notSeen lists those of the codes that no answer had.
func (s *server) notSeen(codes []string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(codes), func(code string) bool { return s.seen[code] })
}

func (e exception) String() string { return fmt.Sprintf("%s %d %s", e.path, e.status, e.code) }
