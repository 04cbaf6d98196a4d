package emulator_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// paths are all routes.
var paths = []string{
	"/user_management/authorize", "/user_management/authenticate", "/user_management/authorize/device",
	"/user_management/sessions/logout", "/user_management/sessions/revoke", "/sso/jwks/client_01EMULATOR",
	"/authkit/sign-in", "/authkit/sign-up", "/authkit/continue", "/authkit/accounts", "/authkit/verify",
	"/authkit/organization", "/authkit/cancel", "/authkit/style.css", "/device", "/health", "/", "/nowhere",
}

// FuzzRequest sends anything to every route: each gets an answer that is whole, marked, and no error of ours.
func FuzzRequest(f *testing.F) {
	good := "response_type=code&client_id=client_01EMULATOR&redirect_uri=workos-auth%3A%2F%2Fcallback&provider=authkit&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&state=x"
	f.Add(uint8(0), false, good, "", "", "")
	f.Add(uint8(6), true, good, "application/x-www-form-urlencoded", "email=alice%40example.com&password=emulator-demo", "")
	f.Add(uint8(7), true, good, "application/x-www-form-urlencoded", "email=x%40y&password=123456789&first_name=%00", "")
	f.Add(uint8(9), true, good+"&provider=GoogleOAuth", "application/x-www-form-urlencoded", "email=alice%40example.com", "")
	f.Add(uint8(1), true, "", "application/json", `{"grant_type":"refresh_token","client_id":"client_01EMULATOR","refresh_token":"eyJzIjoieCJ9.x"}`, "")
	f.Add(uint8(1), true, "", "application/json", `{"grant_type":["x"]}`, "")
	f.Add(uint8(1), true, "", "application/x-www-form-urlencoded", "grant_type=a&grant_type=b;%zz", "")
	f.Add(uint8(2), true, "", "application/json", `{"client_id":"client_01EMULATOR"}`, "")
	f.Add(uint8(3), false, "session_id=x&return_to=http://127.0.0.1:1/", "", "", "")
	f.Add(uint8(14), true, "user_code=BCDF-GHJK", "application/x-www-form-urlencoded", "decision=approve", "authkit_emulator=x")
	srv, err := emulator.New(emulator.Config{URL: "http://127.0.0.1:4100", AccessTokenLifetime: time.Minute})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, route uint8, post bool, query, kind, body, cookie string) {
		method := http.MethodGet
		if post {
			method = http.MethodPost
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, method, "http://127.0.0.1:4100"+paths[int(route)%len(paths)], strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.URL.RawQuery = query
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Cookie", cookie)
		req.Header.Set("Accept", "text/html")
		out := httptest.NewRecorder()
		srv.ServeHTTP(out, req)
		check(t, out)
	})
}

func check(t *testing.T, out *httptest.ResponseRecorder) {
	t.Helper()
	if out.Code >= 500 || out.Code < 200 || out.Header().Get("X-AuthKit-Emulator") != "1" {
		t.Errorf("the answer is %d %s", out.Code, out.Body)
	}
	if strings.HasPrefix(out.Header().Get("Content-Type"), "application/json") && !json.Valid(out.Body.Bytes()) {
		t.Errorf("not JSON: %s", out.Body)
	}
	if to := out.Header().Get("Location"); to != "" && !strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "workos-auth://callback") && !strings.HasPrefix(to, "http://") {
		t.Errorf("sent to %q", to)
	}
	if strings.ContainsAny(out.Header().Get("Location"), "\r\n") {
		t.Error("the Location has a line break")
	}
}

// FuzzConfigFile reads anything without a panic, and what it takes can be started or is refused.
func FuzzConfigFile(f *testing.F) {
	f.Add([]byte(vendorSeed))
	f.Add([]byte("emulator:\n  rotation: grace\n  faults: [{route: jwks, status: 500}]\n"))
	f.Add([]byte("a: &a [*a, *a]\n"))
	f.Add([]byte("users: [{metadata: {<<: 1}}]"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		c, _, err := emulator.ParseConfig("fuzz", data)
		if err == nil {
			c.URL = "http://127.0.0.1:4100"
			_, _ = emulator.New(c) // either is fine
		}
	})
}
