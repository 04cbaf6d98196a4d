package interop

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
)

// heard is an answer of the vendor's emulator, and how it differs from the description.
type heard struct {
	status int
	object
	against error
}

func (v *vendorEmulator) ask(t *testing.T, method, path string, body object) heard {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, v.url+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultTransport.RoundTrip(req) // follows no redirect
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	h := heard{resp.StatusCode, object{}, described().checkAnswer(method, req.URL.Path, resp.StatusCode, resp.Header, text)}
	_ = json.Unmarshal(text, &h.object) // a redirect has no JSON
	if location := resp.Header.Get("Location"); location != "" {
		h.object["location"] = location
	}
	return h
}

func (h heard) differs(t *testing.T, what string, status int, parts ...string) {
	t.Helper()
	if h.against == nil || h.status != status {
		t.Errorf("%s: %d %v is no longer against the description: change docs/interop.md", what, h.status, h.object)
		return
	}
	for _, part := range parts {
		if !strings.Contains(h.against.Error(), part) {
			t.Errorf("%s: nothing about %q in %v", what, part, h.against)
		}
	}
}

// TestTheVendorsEmulatorStillDiffers keeps docs/interop.md true: these are the differences that it tells of.
func TestTheVendorsEmulatorStillDiffers(t *testing.T) {
	v := startVendorEmulator(t)
	const token = "/user_management/authenticate"
	secret := oauth2.GenerateVerifier()
	query := url.Values{
		"redirect_uri": {"http://127.0.0.1:1/callback"}, "code_challenge": {oauth2.S256ChallengeFromVerifier(secret)},
		"code_challenge_method": {"S256"}, "organization_id": {v.acme},
	}
	authorize := func() heard { return v.ask(t, http.MethodGet, "/user_management/authorize?"+query.Encode(), nil) }
	to, err := url.Parse(authorize().text("location"))
	if err != nil || to.Query().Get("code") == "" {
		t.Fatalf("without client_id and response_type there is no code any more: %v, %v", to, err)
	}
	exchange := object{"grant_type": "authorization_code", "client_id": "client_x", "code": to.Query().Get("code"), "code_verifier": "wrong"}
	wrong := v.ask(t, http.MethodPost, token, exchange)
	wrong.differs(t, "a wrong verifier", http.StatusBadRequest)
	exchange["code_verifier"] = secret
	first := v.ask(t, http.MethodPost, token, exchange)
	first.differs(t, "the code after a wrong verifier", http.StatusOK, "/organization_id", "/authentication_method")
	v.ask(t, http.MethodPost, token, exchange).differs(t, "a spent code", http.StatusBadRequest)

	second := v.ask(t, http.MethodPost, token, object{
		"grant_type": "refresh_token", "client_id": "client_x", "refresh_token": first.text("refresh_token"), "organization_id": "org_of_nobody",
	})
	if second.status != http.StatusOK || session(t, first) == session(t, second) {
		t.Errorf("a refresh into an organization of nobody gives %d, and the session %s after %s: change docs/interop.md", second.status, session(t, second), session(t, first))
	}
	v.ask(t, http.MethodPost, "/user_management/authorize/device", object{"client_id": "client_x"}).differs(t, "a device", http.StatusUnauthorized)
	v.ask(t, http.MethodGet, "/sso/jwks/client_x", nil).differs(t, "the keys", http.StatusOK, "x5c")
	query.Set("login_hint", "nobody@example.com")
	if location := authorize().text("location"); !strings.Contains(location, "error=user_not_found") {
		t.Errorf("a login hint for nobody leads to %s: change docs/interop.md", location)
	}
	query.Set("redirect_uri", "https://app.example/")
	authorize().differs(t, "a redirect URI elsewhere", http.StatusBadRequest)
}

// session reads the sid of an access token, unverified.
func session(t *testing.T, h heard) string {
	t.Helper()
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(h.text("access_token"), claims); err != nil {
		t.Fatal(err)
	}
	sid, _ := claims["sid"].(string)
	return sid
}
