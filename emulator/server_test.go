package emulator_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

func TestABusyPortIsNamedWithTheFlag(t *testing.T) {
	a := start(t, emulator.Config{})
	addr := strings.TrimPrefix(a.srv.URL(), "http://")
	_, err := emulator.Start(emulator.Config{Addr: addr})
	if err == nil || !strings.Contains(err.Error(), addr) || !strings.Contains(err.Error(), "--addr") {
		t.Errorf("a busy port: %v", err)
	}
}

func TestItListensOnLoopbackOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:80", "nonsense"} {
		if _, err := emulator.Start(emulator.Config{Addr: addr}); err == nil || !strings.Contains(err.Error(), "--addr") && !strings.Contains(err.Error(), "--allow-network") {
			t.Errorf("%s: %v", addr, err)
		}
	}
	a := start(t, emulator.Config{Addr: "0.0.0.0:0", AllowNetwork: true})
	if !strings.HasPrefix(a.srv.URL(), "http://127.0.0.1:") || a.get(a.srv.URL()+"/health").StatusCode != http.StatusOK {
		t.Errorf("on all interfaces it is at %s", a.srv.URL())
	}
}

// A server that was closed before it had begun to serve went on listening for a moment.
func TestOnceClosedNobodyListens(t *testing.T) {
	for range 500 {
		srv, err := emulator.Start(emulator.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", strings.TrimPrefix(srv.URL(), "http://"))
		if err == nil {
			_ = c.Close()
			t.Fatal("somebody answers after Close")
		}
	}
}

func TestMistakesInTheConfigurationAreAllNamed(t *testing.T) {
	_, err := emulator.Start(emulator.Config{
		RedirectURIs: []string{"callback", "x://y#z"}, Rotation: "sometimes",
	})
	for _, want := range []string{`"callback"`, `"x://y#z"`, `"sometimes"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
	_, err = emulator.Start(emulator.Config{
		Users:       []emulator.User{{Email: "nobody"}},
		Connections: []emulator.Connection{{Name: "Okta", Organization: "Nowhere"}},
		Invitations: []emulator.Invitation{{Email: "x@example.com", Organization: "Elsewhere"}},
	})
	for _, want := range []string{`"nobody"`, `"Nowhere"`, `"Elsewhere"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
}

func TestItIsAHandlerToo(t *testing.T) {
	if _, err := emulator.New(emulator.Config{}); err == nil || !strings.Contains(err.Error(), "Config.URL") {
		t.Errorf("without an address: %v", err)
	}
	server := httptest.NewUnstartedServer(nil)
	srv, err := emulator.New(emulator.Config{URL: "http://" + server.Listener.Addr().String(), RedirectURIs: []string{appURI}})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = srv
	server.Start()
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()
	a := app{t, srv}
	if answer := a.signIn("alice@example.com"); answer.claims(t)["iss"] != server.URL+"/user_management/"+srv.ClientID() {
		t.Errorf("the issuer is %v", answer.claims(t)["iss"])
	}
}

func TestIdleAndSlowClientsLeaveRoomForOthers(t *testing.T) {
	a := start(t, emulator.Config{})
	host := strings.TrimPrefix(a.srv.URL(), "http://")
	var slow net.Conn
	for i := range 1000 {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if i%2 == 0 { // half a request
			if _, err := conn.Write([]byte("POST /user_management/authenticate HTTP/1.1\r\nHost: ")); err != nil {
				t.Fatal(err)
			}
			slow = conn
		}
	}
	if resp := a.get(a.srv.URL() + "/health"); resp.StatusCode != http.StatusOK {
		t.Errorf("after 1000 idle connections: %d", resp.StatusCode)
	}
	if a.signIn("alice@example.com")["access_token"] == nil {
		t.Error("nobody can sign in")
	}
	if err := slow.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, slow); errors.Is(err, os.ErrDeadlineExceeded) { // otherwise it was closed, in one way or another
		t.Error("half a request is waited for without end")
	}
}

func TestAClientThatSendsForeverIsCutOff(t *testing.T) {
	a := start(t, emulator.Config{})
	huge := strings.NewReader(strings.Repeat("x", 70<<10))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.srv.URL()+"/user_management/authenticate", huge)
	if err != nil {
		t.Fatal(err)
	}
	if resp := a.do(req); resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of 70 kB gets %d", resp.StatusCode)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(a.srv.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("GET /" + strings.Repeat("a", 60<<10) + " HTTP/1.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "431") {
		t.Errorf("a line of 60 kB gets %q, %v", line, err)
	}
}

func TestTheLogNamesNoSecret(t *testing.T) {
	a := start(t, emulator.Config{})
	verifier := newVerifier()
	code := a.code(verifier, "alice@example.com")
	_, answer := a.exchange(code, verifier)
	a.refresh(answer.text("refresh_token"))
	device := a.device()
	a.get(device.text("verification_uri_complete"))
	a.get(a.srv.URL()+"/user_management/authorize?invitation_token=secret-1&state=secret-2&client_secret=secret-3&%zz=secret-4", "Authorization", "Bearer secret-5")
	for _, r := range a.srv.Requests() {
		line := r.Path + strings.Join(r.Fields, " ") + r.Error
		for _, values := range r.Header {
			line += strings.Join(values, " ")
		}
		for _, secret := range []string{verifier, code, answer.text("refresh_token"), answer.text("access_token"), device.text("user_code"), device.text("device_code"), "secret-", emulator.DefaultPassword} {
			if strings.Contains(line, secret) {
				t.Errorf("%s names %q: %s", r.Route, secret, line)
			}
		}
	}
}

func TestCountsAndTheLogAgree(t *testing.T) {
	a := start(t, emulator.Config{})
	a.signIn("alice@example.com")
	for route, want := range map[emulator.Route]int{emulator.Authorize: 1, emulator.Page: 1, emulator.Exchange: 1, emulator.Refresh: 0, emulator.Authenticate: 0, emulator.Any: 3} {
		if got, log := a.srv.Count(route), a.srv.Requests(route); got != want || len(log) != want {
			t.Errorf("%s: counted %d, logged %d, instead of %d", route, got, len(log), want)
		}
	}
	if got := a.srv.Requests(emulator.Exchange)[0]; got.Status != http.StatusOK || got.Number != 1 || strings.Join(got.Fields, " ") != "client_id code code_verifier grant_type" {
		t.Errorf("the exchange is logged as %+v", got)
	}
	a.srv.ResetRequests()
	if a.srv.Count() != 0 || len(a.srv.Requests()) != 0 {
		t.Error("the log is not empty after a reset")
	}
}

func TestStandardOAuthClientsMaySendForms(t *testing.T) {
	a := start(t, emulator.Config{})
	verifier := newVerifier()
	resp, err := http.PostForm(a.srv.URL()+"/user_management/authenticate", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {a.srv.ClientID()}, "code": {a.code(verifier, "alice@example.com")}, "code_verifier": {verifier},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("a form gets %d: %s", resp.StatusCode, a.text(resp))
	}
}

func TestAWrongTokenRequestSaysWhatIsWrong(t *testing.T) {
	a := start(t, emulator.Config{})
	id := a.srv.ClientID()
	for name, wrong := range map[string]struct {
		body   any
		status int
		code   string
	}{
		"no JSON":         {"text", 400, "invalid_request"},
		"no grant":        {fields{"client_id": id}, 422, "invalid_request_parameters"},
		"no code":         {fields{"client_id": id, "grant_type": "authorization_code"}, 422, "invalid_request_parameters"},
		"a number":        {fields{"client_id": id, "grant_type": "refresh_token", "refresh_token": 7}, 422, "invalid_request_parameters"},
		"an unknown one":  {fields{"client_id": id, "grant_type": "password"}, 400, "invalid_request"},
		"another client":  {fields{"client_id": "client_other", "grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_client"},
		"no client":       {fields{"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_client"},
		"a foreign token": {fields{"client_id": id, "grant_type": "refresh_token", "refresh_token": "x.y"}, 400, "invalid_grant"},
	} {
		if status, answer := a.post("/user_management/authenticate", wrong.body); status != wrong.status || answer.problem() != wrong.code {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
}
