package interop

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/authkit-desktop/authkit/emulator"
)

// standard is golang.org/x/oauth2 as a client of our emulator: forms instead of JSON, and nothing of the vendor's.
func (s *server) standard() *oauth2.Config {
	base := s.URL() + "/user_management"
	return &oauth2.Config{
		ClientID: s.ClientID(), RedirectURL: appURI,
		Endpoint: oauth2.Endpoint{
			AuthURL: base + "/authorize", TokenURL: base + "/authenticate", DeviceAuthURL: base + "/authorize/device", AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}

// verifier is go-oidc's, which knows the token's form from the specification alone.
func verifier(ctx context.Context, issuer, api, client string) *oidc.IDTokenVerifier {
	return oidc.NewVerifier(issuer, oidc.NewRemoteKeySet(ctx, api+"/sso/jwks/"+client), &oidc.Config{ClientID: client})
}

func (s *server) verifier(ctx context.Context) *oidc.IDTokenVerifier {
	return verifier(ctx, s.URL()+"/user_management/"+s.ClientID(), s.URL(), s.ClientID())
}

// verify checks a token's signature, issuer, audience and age as any other program would.
func (v *vendorEmulator) verify(ctx context.Context, token string) error {
	_, err := verifier(ctx, v.url, v.url, "client_01INTEROP").Verify(ctx, token)
	return err
}

func TestAStandardClientSignsInAndRefreshes(t *testing.T) {
	s := start(t, withAudience(people()))
	config := s.standard()
	secret := oauth2.GenerateVerifier()
	redirect, err := s.Person("bob@example.com").SignIn(t.Context(), config.AuthCodeURL("st-1",
		oauth2.S256ChallengeOption(secret), oauth2.SetAuthURLParam("provider", "authkit")))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(redirect)
	if err != nil || u.Query().Get("state") != "st-1" {
		t.Fatalf("sent to %s, %v", redirect, err)
	}
	first, err := config.Exchange(t.Context(), u.Query().Get("code"), oauth2.VerifierOption(secret))
	if err != nil {
		t.Fatal(err)
	}
	checked, err := s.verifier(t.Context()).Verify(t.Context(), first.AccessToken)
	if err != nil || checked.Subject == "" {
		t.Fatalf("the access token is %+v, %v", checked, err)
	}
	first.Expiry = time.Now().Add(-time.Minute) // the answer has no expires_in
	second, err := config.TokenSource(t.Context(), first).Token()
	if err != nil || second.RefreshToken == first.RefreshToken {
		t.Fatalf("a refresh gives %v", err)
	}
	if again, err := s.verifier(t.Context()).Verify(t.Context(), second.AccessToken); err != nil || again.Subject != checked.Subject {
		t.Errorf("after a refresh the token is %+v, %v", again, err)
	}
	if _, err := config.TokenSource(t.Context(), first).Token(); codeOfError(err) != "invalid_grant" {
		t.Errorf("a spent refresh token gives %v", err)
	}
	if _, err := config.Exchange(t.Context(), u.Query().Get("code"), oauth2.VerifierOption(secret)); codeOfError(err) != "invalid_grant" {
		t.Errorf("a spent code gives %v", err)
	}
}

// withAudience adds the claim that OpenID Connect's tokens have, and the vendor's only when told to.
func withAudience(c emulator.Config) emulator.Config {
	c.Audience = emulator.DefaultClientID
	return c
}

func codeOfError(err error) string {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return refused.ErrorCode
	}
	return ""
}

func TestAStandardClientSignsInByDeviceCode(t *testing.T) {
	config := withAudience(people())
	config.DeviceInterval = time.Second
	s := start(t, config)
	for _, one := range []struct {
		name   string
		decide func(userCode string) error
		code   string
	}{
		{"let in", func(code string) error { return s.ApproveDevice(code, "bob@example.com") }, ""},
		{"kept out", s.DenyDevice, "access_denied"},
	} {
		t.Run(one.name, func(t *testing.T) {
			before := s.Count(emulator.DevicePoll)
			device, err := s.standard().DeviceAuth(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() {
				token, err := s.standard().DeviceAccessToken(t.Context(), device)
				if err == nil {
					_, err = s.verifier(t.Context()).Verify(t.Context(), token.AccessToken)
				}
				done <- err
			}()
			// It must hear authorization_pending first, and go on.
			eventually(t, "the device asks", func() bool { return s.Count(emulator.DevicePoll) > before })
			if err := one.decide(device.UserCode); err != nil {
				t.Fatal(err)
			}
			if err := <-done; codeOfError(err) != one.code || (err == nil) != (one.code == "") {
				t.Errorf("the device gets %v", err)
			}
		})
	}
}

func TestAStandardVerifierRefusesWhatIsWrong(t *testing.T) {
	s := start(t, withAudience(people()))
	v := s.verifier(t.Context())
	good := func() map[string]any {
		return map[string]any{
			"iss": s.URL() + "/user_management/" + s.ClientID(), "sub": "user_1", "aud": s.ClientID(),
			"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
		}
	}
	verify := func(change func(map[string]any)) error {
		claims := good()
		change(claims)
		token, err := s.Sign(claims)
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Verify(t.Context(), token)
		return err
	}
	if err := verify(func(map[string]any) {}); err != nil {
		t.Errorf("a good token: %v", err)
	}
	for what, change := range map[string]func(map[string]any){
		"another issuer":   func(c map[string]any) { c["iss"] = "https://api.workos.com" },
		"another audience": func(c map[string]any) { c["aud"] = "client_other" },
		"a past time":      func(c map[string]any) { c["exp"] = time.Now().Add(-time.Hour).Unix() },
	} {
		if verify(change) == nil {
			t.Errorf("a token with %s passes", what)
		}
	}
	old, err := s.Sign(good())
	if err != nil {
		t.Fatal(err)
	}
	s.RotateKeys(false)
	if err := verify(func(map[string]any) {}); err != nil {
		t.Errorf("after a rotation, a new token: %v", err)
	}
	if _, err := v.Verify(t.Context(), old); err != nil {
		t.Errorf("after a rotation, an old token: %v", err)
	}
	s.RotateKeys(true)
	if _, err := s.verifier(t.Context()).Verify(t.Context(), old); err == nil {
		t.Error("a token of a key that was withdrawn passes")
	}
}
