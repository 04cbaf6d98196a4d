package demo

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authkit-desktop/authkit"
)

func TestAPIBelievesTheAccessTokenAndNothingElse(t *testing.T) {
	t.Setenv("AUTHKIT_DEMO_ADDR", "127.0.0.1:0")
	cfg := authkit.Config{AppID: "com.example.test", EncryptionSecret: "not a secret, but long enough for one", Dir: t.TempDir()}
	d, err := Start(&cfg)
	must(t, err)
	t.Cleanup(d.Close)
	client, err := authkit.New(cfg)
	must(t, err)
	t.Cleanup(func() { _ = client.Close() })
	api := d.API(t.Context(), client.About())

	bob := d.server.Users()[1]
	sign := func(claims map[string]any) string {
		for name, value := range map[string]any{"sub": bob.ID, "iss": cfg.APIURL, "exp": 4102444800} {
			if claims[name] == nil {
				claims[name] = value
			}
		}
		token, err := d.server.Sign(claims)
		must(t, err)
		return "Bearer " + token
	}
	get := func(path, authorization string) (status int, body string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}

	status, body := get("/api/me", sign(map[string]any{"role": "member"}))
	var claims map[string]any
	if status != http.StatusOK || json.Unmarshal([]byte(body), &claims) != nil || claims["sub"] != bob.ID || claims["role"] != "member" {
		t.Errorf("/api/me: %d %s", status, body)
	}
	if status, body := get("/api/organizations", sign(map[string]any{})); status != http.StatusOK || !strings.Contains(body, "Acme") || !strings.Contains(body, "Globex") {
		t.Errorf("/api/organizations: %d %s", status, body)
	}
	good := sign(map[string]any{})
	for name, authorization := range map[string]string{
		"nothing":           "",
		"another scheme":    strings.Replace(good, "Bearer", "Basic", 1),
		"another signature": good[:len(good)-8] + "AAAAAAAA",
		"an old token":      sign(map[string]any{"exp": 1}),
		"another issuer":    sign(map[string]any{"iss": "https://evil.example"}),
	} {
		if status, _ := get("/api/me", authorization); status != http.StatusUnauthorized {
			t.Errorf("%s: %d, want 401", name, status)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
