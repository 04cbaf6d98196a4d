package emulator_test

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authkit-desktop/authkit/emulator"
)

// publicKey reads a key of the set the way a client does.
func publicKey(t *testing.T, key map[string]any) *rsa.PublicKey {
	t.Helper()
	text, _ := key["n"].(string)
	n, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || key["e"] != "AQAB" || key["kty"] != "RSA" || key["alg"] != "RS256" || key["use"] != "sig" {
		t.Fatalf("the key is %v", key)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}
}

func (a app) verify(token string) error {
	a.Helper()
	keys := map[any]*rsa.PublicKey{}
	for _, key := range a.keys() {
		keys[key["kid"]] = publicKey(a.T, key)
	}
	_, err := jwt.Parse(token, func(t *jwt.Token) (any, error) {
		if key := keys[t.Header["kid"]]; key != nil {
			return key, nil
		}
		return nil, jwt.ErrTokenUnverifiable
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(time.Now))
	return err
}

func TestC28_TokensVerifyAgainstTheKeySet(t *testing.T) {
	a := start(t, emulator.Config{})
	token := a.signIn("alice@example.com").text("access_token")
	if err := a.verify(token); err != nil {
		t.Errorf("crypto/rsa does not accept the signature: %v", err)
	}
	if err := a.verify(token[:len(token)-10] + "AAAAAAAAAA"); err == nil {
		t.Error("a changed signature is accepted")
	}
	for _, key := range a.keys() {
		if bits := publicKey(t, key).N.BitLen(); bits != 2048 {
			t.Errorf("the key has %d bits", bits)
		}
	}
}

func TestTheKeysCertificateIsItsOwn(t *testing.T) {
	key := start(t, emulator.Config{}).keys()[0]
	chain, _ := key["x5c"].([]any)
	text, _ := chain[0].(string)
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature); err != nil {
		t.Error(err)
	}
	sum := sha256.Sum256(der)
	if !publicKey(t, key).Equal(cert.PublicKey) || key["x5t#S256"] != base64.RawURLEncoding.EncodeToString(sum[:]) {
		t.Error("the certificate is of another key, or its thumbprint of another certificate")
	}
}

func TestKeysRotate(t *testing.T) {
	a := start(t, emulator.Config{})
	old := a.signIn("alice@example.com").text("access_token")
	a.srv.RotateKeys(false)
	fresh := a.signIn("alice@example.com").text("access_token")
	for name, token := range map[string]string{"old": old, "new": fresh} {
		if err := a.verify(token); err != nil {
			t.Errorf("the %s token: %v", name, err)
		}
	}
	a.srv.RotateKeys(true)
	if a.verify(fresh) == nil || a.verify(old) == nil || len(a.keys()) != 1 {
		t.Error("a retired key is still in the set")
	}
	for range 5 { // more than there are keys at hand
		a.srv.RotateKeys(false)
	}
	if n := len(a.keys()); n != 4 {
		t.Errorf("the set has %d keys", n)
	}
	if err := a.verify(a.signIn("alice@example.com").text("access_token")); err != nil {
		t.Errorf("a token of a key made now: %v", err)
	}
}

func TestClaims(t *testing.T) {
	a := start(t, emulator.Config{
		Users: []emulator.User{{
			Email: "alice@example.com", FirstName: "Alice", FeatureFlags: []string{"beta"}, Metadata: map[string]string{"plan": "gold"},
			Claims: map[string]any{"seat": 7, "sub": "somebody-else"}, Impersonator: &emulator.Impersonator{Email: "staff@example.com"},
		}},
		Organizations: []emulator.Organization{{
			ID: "org_acme", Name: "Acme", Domains: []string{"acme.example"}, Entitlements: []string{"audit"}, FeatureFlags: []string{"alpha", "beta"},
			Members: []emulator.Member{{User: "ALICE@example.com", Roles: []string{"admin", "member"}}},
		}},
		Roles: []emulator.Role{
			{Slug: "admin", Permissions: []string{"write", "read"}}, {Slug: "member", Permissions: []string{"read"}},
		},
		Audience: "api", AccessTokenLifetime: time.Minute,
		JWTTemplate: map[string]any{
			"mail": "{{user.email}}", "hello": "Hi {{ user.first_name }} of {{organization.name}}", "verified": "{{user.email_verified}}",
			"deep": map[string]any{"plan": []any{"{{user.metadata.plan}}"}}, "none": "{{user.shoe_size}}",
			"urn:myapp:tier": "{{ organization.metadata.tier || 'bronze' }}", "nick": `{{user.metadata.nick||user.last_name || user.email}}`,
			"domain": "{{ organization.domains.0.domain }}", "no domain": "{{ organization.domains.7.domain }}", "all": "{{user.metadata}}",
			"name": `{{ user.first_name || 'Someone' }} {{ user.last_name || "Unknown" }}`, "no end": "{{ user.email", "iss": "https://api.workos.com",
		},
	})
	answer := a.signIn("alice@example.com")
	claims := answer.claims(t)
	user, _ := answer["user"].(map[string]any)
	for name, want := range map[string]any{
		"iss": a.srv.URL() + "/user_management/" + a.srv.ClientID(), "sub": user["id"], "aud": "api", "client_id": a.srv.ClientID(),
		"org_id": "org_acme", "role": "admin", "roles": []any{"admin", "member"}, "permissions": []any{"read", "write"},
		"entitlements": []any{"audit"}, "feature_flags": []any{"alpha", "beta"}, "act": map[string]any{"sub": "staff@example.com"},
		"seat": 7.0, "mail": "alice@example.com", "hello": "Hi Alice of Acme", "verified": false, "none": nil,
		"urn:myapp:tier": "bronze", "nick": "alice@example.com", "domain": "acme.example", "no domain": nil, "all": map[string]any{"plan": "gold"},
		"name": "Alice Unknown", "no end": "{{ user.email",
		"deep": map[string]any{"plan": []any{"gold"}},
	} {
		if !reflect.DeepEqual(claims[name], want) {
			t.Errorf("%s is %v instead of %v", name, claims[name], want)
		}
	}
	if exp, iat := claims["exp"].(float64), claims["iat"].(float64); exp-iat != 60 {
		t.Errorf("it lives %v s", exp-iat)
	}
	if !reflect.DeepEqual(answer["impersonator"], map[string]any{"email": "staff@example.com", "reason": nil}) || answer["authentication_method"] != "Impersonation" {
		t.Errorf("the impersonator is %v, the method %v", answer["impersonator"], answer["authentication_method"])
	}
}

func TestTheIssuerIsSettableAndNeverWorkOSByItself(t *testing.T) {
	for form, want := range map[string]string{"{url}": "", "{url}/": "/", "": "/user_management/" + emulator.DefaultClientID} {
		a := start(t, emulator.Config{Issuer: form})
		if got := a.signIn("alice@example.com").claims(t)["iss"]; got != a.srv.URL()+want {
			t.Errorf("the issuer %q becomes %v", form, got)
		}
	}
}

func TestAnyClaimsCanBeSigned(t *testing.T) {
	a := start(t, emulator.Config{})
	token, err := a.srv.Sign(map[string]any{"sub": "user_mallory"})
	if err != nil || a.verify(token) != nil {
		t.Errorf("signing: %v", err)
	}
	if _, err := a.srv.Sign(map[string]any{"sub": func() {}}); err == nil {
		t.Error("a function became a claim")
	}
}

func TestSettingsChangeWhileItRuns(t *testing.T) {
	a := start(t, emulator.Config{})
	first := a.signIn("alice@example.com")
	a.srv.Change(func(c *emulator.Config) { c.AccessTokenLifetime = time.Hour })
	_, second := a.refresh(first.text("refresh_token"))
	if claims := second.claims(t); claims["exp"].(float64)-claims["iat"].(float64) != 3600 {
		t.Errorf("the lifetime did not change: %v", claims)
	}
}
