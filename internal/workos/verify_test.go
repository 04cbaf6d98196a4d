package workos

import (
	"bytes"
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// A signer that is neither library of this repository: the standard library alone.

var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func part(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func sign(header, claims map[string]any, key *rsa.PrivateKey) Secret {
	text := part(header) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return Secret(text + "." + base64.RawURLEncoding.EncodeToString(signature))
}

func jwk(kid string, key *rsa.PublicKey) map[string]any {
	return map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid,
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())}
}

// keyServer serves a key set, and counts how often it is asked.
type keyServer struct {
	asked atomic.Int32
	down  atomic.Bool
	keys  atomic.Pointer[[]any]
}

func verifier(t *testing.T, keys ...any) (*Verifier, *keyServer) {
	t.Helper()
	s := &keyServer{}
	s.keys.Store(&keys)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.asked.Add(1)
		if s.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": *s.keys.Load()})
	}))
	t.Cleanup(srv.Close)
	base, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &Verifier{Issuers: []string{"https://api.workos.com"},
		Keys: &Keys{Client: NewClient(base, "client_1", srv.Client()), Now: time.Now}}, s
}

func good() (header, claims map[string]any) {
	now := time.Now().Unix()
	return map[string]any{"alg": "RS256", "kid": "k1", "typ": "JWT"},
		map[string]any{"iss": "https://api.workos.com", "sub": "user_1", "sid": "session_1", "iat": now, "exp": now + 300, "org_id": "org_1"}
}

func with(m map[string]any, key string, value any) map[string]any {
	m = maps.Clone(m)
	if value == nil {
		delete(m, key)
	} else {
		m[key] = value
	}
	return m
}

func TestAGoodTokenIsAccepted(t *testing.T) {
	v, _ := verifier(t, jwk("k1", &testKey().PublicKey))
	header, claims := good()
	c, err := v.Verify(t.Context(), sign(header, claims, testKey()), time.Now())
	if err != nil || c.Subject != "user_1" || c.SessionID != "session_1" || c.OrganizationID != "org_1" || c.Lifetime() != 5*time.Minute {
		t.Fatalf("Verify = %+v, %v", c, err)
	}
}

func TestC28A14BadTokensAreRefused(t *testing.T) {
	header, claims := good()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // too short on purpose
	if err != nil {
		t.Skip("this Go makes no 1024-bit keys:", err) // then nobody can sign with one here
	}
	v, _ := verifier(t, jwk("k1", &testKey().PublicKey), jwk("short", &short.PublicKey),
		map[string]any{"kty": "oct", "kid": "oct", "k": "c2VjcmV0"}, with(jwk("enc", &testKey().PublicKey), "use", "enc"),
		with(jwk("ps", &testKey().PublicKey), "alg", "PS256"))
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a token chose where its key comes from") }))
	defer elsewhere.Close()
	issued := claims["iat"].(int64) // not the time now: making the keys takes seconds on a busy machine
	public, _ := json.Marshal(jwk("k1", &testKey().PublicKey))
	hs := part(with(header, "alg", "HS256")) + "." + part(claims)
	mac := hmac.New(sha256.New, public)
	mac.Write([]byte(hs))
	for name, token := range map[string]Secret{
		"alg none":              Secret(part(with(header, "alg", "none")) + "." + part(claims) + "."),
		"HS256 with public key": Secret(hs + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))),
		"another key":           sign(header, claims, other),
		"no kid":                sign(with(header, "kid", nil), claims, testKey()),
		"unknown kid":           sign(with(header, "kid", "k9"), claims, testKey()),
		"short key":             sign(with(header, "kid", "short"), claims, short),
		"a key for encryption":  sign(with(header, "kid", "enc"), claims, testKey()),
		"a key for PS256":       sign(with(header, "kid", "ps"), claims, testKey()),
		"a symmetric key":       sign(with(header, "kid", "oct"), claims, testKey()),
		"RS384":                 signedBy(t, jose.RS384, claims),
		"PS256":                 signedBy(t, jose.PS256, claims),
		"its own key along":     sign(with(with(header, "kid", nil), "jwk", jwk("k1", &other.PublicKey)), claims, other),
		"its own key as ours":   sign(with(header, "jwk", jwk("k1", &other.PublicKey)), claims, other),
		"where its key is":      sign(with(with(header, "jku", elsewhere.URL), "x5u", elsewhere.URL), claims, other),
		"a foreign issuer":      sign(header, with(claims, "iss", "https://evil.example"), testKey()),
		"expired":               sign(header, with(with(claims, "iat", issued-900), "exp", issued-600), testKey()),
		"not valid yet":         sign(header, with(claims, "nbf", issued+600), testKey()),
		"no subject":            sign(header, with(claims, "sub", nil), testKey()),
		"no session":            sign(header, with(claims, "sid", nil), testKey()),
		"no exp":                sign(header, with(claims, "exp", nil), testKey()),
		"ends before it begins": sign(header, with(claims, "exp", issued-1), testKey()),
		"nonsense":              "a.b.c",
		"nothing":               "",
	} {
		_, err := v.Verify(t.Context(), token, time.Now())
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if len(token) > 20 && strings.Contains(err.Error(), token.Reveal()) {
			t.Errorf("%s: the error has the token", name)
		}
	}
}

// signedBy signs with the good key and another algorithm than RS256.
func signedBy(t *testing.T, algorithm jose.SignatureAlgorithm, claims map[string]any) Secret {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: testKey(), KeyID: "k1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return Secret(token)
}

// A15: a set that no server has is refused as a whole, and the keys that were good stay.
func TestA15AFloodOfKeysIsRefused(t *testing.T) {
	v, server := verifier(t, jwk("k1", &testKey().PublicKey))
	now := time.Now()
	v.Keys.Now = func() time.Time { return now }
	header, claims := good()
	if _, err := v.Verify(t.Context(), sign(header, claims, testKey()), now); err != nil {
		t.Fatal(err)
	}
	flood := make([]any, maxKeys+1)
	for i := range flood {
		flood[i] = jwk(fmt.Sprintf("flood%d", i), &testKey().PublicKey)
	}
	server.keys.Store(&flood)
	now = now.Add(KeyCooldown)
	if _, err := v.Verify(t.Context(), sign(with(header, "kid", "flood1"), claims, testKey()), time.Now()); !errors.Is(err, ErrKeysUnavailable) {
		t.Errorf("a key of the flood: %v", err)
	}
	if _, err := v.Verify(t.Context(), sign(header, claims, testKey()), time.Now()); err != nil {
		t.Errorf("the key from before: %v", err)
	}
}

// C28: two clocks differ by a little, and then exp and nbf are not taken to the second.
func TestC28AMinuteBetweenTheClocksIsForgiven(t *testing.T) {
	v, _ := verifier(t, jwk("k1", &testKey().PublicKey))
	header, claims := good()
	now := time.Now()
	for name, c := range map[string]struct {
		claim string
		off   time.Duration
		good  bool
	}{
		"expired 50 s ago":  {"exp", -50 * time.Second, true},
		"expired 70 s ago":  {"exp", -70 * time.Second, false},
		"valid in 50 s":     {"nbf", 50 * time.Second, true},
		"valid in 70 s":     {"nbf", 70 * time.Second, false},
		"expires right now": {"exp", 0, true},
	} {
		token := sign(header, with(with(claims, "iat", now.Unix()-300), c.claim, now.Add(c.off).Unix()), testKey())
		if _, err := v.Verify(t.Context(), token, now); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestA15UnknownKeysAreLookedUpOnceInACooldown(t *testing.T) {
	v, server := verifier(t, jwk("k1", &testKey().PublicKey))
	now := time.Now()
	v.Keys.Now = func() time.Time { return now }
	header, claims := good()
	strange := sign(with(header, "kid", "k9"), claims, testKey())
	if _, err := v.Verify(t.Context(), strange, now); err == nil || errors.Is(err, ErrKeysUnavailable) {
		t.Errorf("a key that fresh keys do not have: %v", err)
	}
	for range 100 {
		if _, err := v.Verify(t.Context(), strange, now); !errors.Is(err, ErrKeysUnavailable) {
			t.Errorf("inside the cool-down: %v", err)
		}
	}
	if n := server.asked.Load(); n != 1 {
		t.Errorf("the server was asked %d times", n)
	}
	keys := []any{jwk("k9", &testKey().PublicKey)}
	server.keys.Store(&keys)
	now = now.Add(KeyCooldown)
	if _, err := v.Verify(t.Context(), strange, time.Now()); err != nil {
		t.Errorf("a rotated key after the cool-down: %v", err)
	}
}

func TestAnOutageOfTheKeysIsToldFromABadToken(t *testing.T) {
	v, server := verifier(t, jwk("k1", &testKey().PublicKey))
	server.down.Store(true)
	header, claims := good()
	c, err := v.Verify(t.Context(), sign(header, claims, testKey()), time.Now())
	if !errors.Is(err, ErrKeysUnavailable) || c == nil {
		t.Errorf("Verify = %v, %v", c, err)
	}
	if _, err := v.Verify(t.Context(), sign(header, with(claims, "iss", "x"), testKey()), time.Now()); errors.Is(err, ErrKeysUnavailable) {
		t.Error("a foreign issuer passed for an outage")
	}
}

func TestKeysSurviveARestartWithoutTheNetwork(t *testing.T) {
	v, server := verifier(t, jwk("k1", &testKey().PublicKey))
	var kept []byte
	v.Keys.Save = func(_ context.Context, raw []byte) error { kept = raw; return nil }
	header, claims := good()
	token := sign(header, claims, testKey())
	if _, err := v.Verify(t.Context(), token, time.Now()); err != nil {
		t.Fatal(err)
	}
	server.down.Store(true)
	v.Keys = &Keys{Client: v.Keys.Client, Now: time.Now, Load: func(context.Context) ([]byte, error) { return kept, nil }}
	if _, err := v.Verify(t.Context(), token, time.Now()); err != nil {
		t.Errorf("offline: %v", err)
	}
}

func TestA16AFreshTokenNeedsNoClockOfOurs(t *testing.T) {
	v, _ := verifier(t, jwk("k1", &testKey().PublicKey))
	header, claims := good()
	past := time.Now().Add(-48 * time.Hour).Unix() // the server's clock and ours are two days apart
	claims = with(with(claims, "iat", past), "exp", past+300)
	if _, err := v.Verify(t.Context(), sign(header, claims, testKey()), time.Time{}); err != nil {
		t.Errorf("without a date: %v", err)
	}
	if _, err := v.Verify(t.Context(), sign(header, claims, testKey()), time.Unix(past+1, 0)); err != nil {
		t.Errorf("with the server's date: %v", err)
	}
}

func FuzzReadToken(f *testing.F) {
	header, claims := good()
	f.Add(string(sign(header, claims, testKey())))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, token string) {
		_, c, err := parseToken(Secret(token))
		if err == nil && (c.Subject == "" || c.SessionID == "" || c.Lifetime() <= 0) {
			t.Errorf("%q was read as %+v", token, c)
		}
	})
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"1"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		keys, err := parseKeys(raw)
		for id, k := range keys {
			if err != nil || id == "" || k.N.BitLen() < minKeyBits {
				t.Errorf("a key that must not be used was kept")
			}
		}
	})
}

// A14, A24: the time that a signature takes rises with the square of the key's length and more. A key as long as an answer
// may be would keep a processor busy for hours.
func TestA14A24AKeyThatWouldTakeHoursIsNotUsed(t *testing.T) {
	header, claims := good()
	for _, bits := range []int{8193, 3 << 20} {
		long := new(big.Int).SetBit(big.NewInt(1), bits-1, 1) // nobody has to know its factors
		v, _ := verifier(t, jwk("k1", &testKey().PublicKey), jwk("long", &rsa.PublicKey{N: long, E: 65537}))
		signature := bytes.Repeat([]byte{1}, (bits+7)/8)
		signature[0] = 0
		token := part(with(header, "kid", "long")) + "." + part(claims) + "." + base64.RawURLEncoding.EncodeToString(signature)
		if _, err := v.Verify(t.Context(), Secret(token), time.Now()); !errors.Is(err, errUnknownKey) {
			t.Errorf("%d bits: Verify = %v", bits, err)
		}
		if _, err := v.Verify(t.Context(), sign(header, claims, testKey()), time.Now()); err != nil {
			t.Errorf("the good key beside it: %v", err)
		}
	}
}

// A caller who has less time than the fetch that another one began is not kept by it.
func TestWhoWaitsForTheKeysWaitsNoLongerThanTheirContext(t *testing.T) {
	asked := make(chan struct{})
	client := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	})
	k := &Keys{Client: client, Now: time.Now}
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { first <- k.Warm(ctx) }()
	<-asked
	short, end := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer end()
	if _, err := k.find(short, "one"); !errors.Is(err, ErrKeysUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("find = %v", err)
	}
	if err := k.Warm(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Warm = %v", err)
	}
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the first = %v", err)
	}
}
