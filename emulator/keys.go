package emulator

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"io"
	"math/big"
	randv2 "math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// keyring holds the signing keys, the present one last. The first is made when it is needed, so that
// a test that needs none waits for none.
type keyring struct {
	mu     sync.Mutex
	random io.Reader
	keys   []*signingKey
	set    []jwk // nil when it must be made anew
}

// jwk is a key in the key set, with the fields that the API description requires.
type jwk struct {
	Type       string   `json:"kty"`
	Use        string   `json:"use"`
	Algorithm  string   `json:"alg"`
	ID         string   `json:"kid"`
	N          string   `json:"n"`
	E          string   `json:"e"`
	Chain      []string `json:"x5c"`
	Thumbprint string   `json:"x5t#S256"`
}

// newKeyring makes keys from a secret, the same ones in every run, or at random.
func newKeyring(secret string) *keyring {
	k := &keyring{random: rand.Reader}
	if secret != "" {
		k.random = randv2.NewChaCha8(sha256.Sum256([]byte("signing key\x00" + secret)))
	}
	return k
}

func (k *keyring) current() *signingKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.currentLocked()
}

func (k *keyring) currentLocked() *signingKey {
	if len(k.keys) == 0 {
		k.keys = append(k.keys, newSigningKey(k.random))
	}
	return k.keys[len(k.keys)-1]
}

// RotateKeys signs with a new key from now on. With retire, the key set no longer has the old ones,
// and tokens signed by them cannot be verified any more.
func (s *Server) RotateKeys(retire bool) {
	k := s.keys
	k.mu.Lock()
	defer k.mu.Unlock()
	k.currentLocked() // rotating away from a key that nobody has used yet is a rotation too
	k.keys, k.set = append(k.keys, newSigningKey(k.random)), nil
	keep := maxKeys
	if retire {
		keep = 1
	}
	k.keys = k.keys[max(0, len(k.keys)-keep):]
}

// maxKeys bounds the key set; the oldest keys leave it.
const maxKeys = 8

func (k *keyring) jwks() ([]jwk, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.set != nil {
		return k.set, nil
	}
	k.currentLocked()
	set := make([]jwk, 0, len(k.keys))
	for _, key := range k.keys {
		entry, err := key.jwk()
		if err != nil {
			return nil, err
		}
		set = append(set, entry)
	}
	k.set = set
	return set, nil
}

// jwk writes the public key with a certificate that says what it is. Nobody checks the certificate;
// the API description wants one.
func (k *signingKey) jwk() (jwk, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "AuthKit emulator, for tests only"},
		NotBefore:    time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.public, k)
	if err != nil {
		return jwk{}, err
	}
	sum := sha256.Sum256(der)
	return jwk{
		Type: "RSA", Use: "sig", Algorithm: "RS256", ID: k.id,
		N:          base64.RawURLEncoding.EncodeToString(k.public.N.Bytes()),
		E:          "AQAB",
		Chain:      []string{base64.StdEncoding.EncodeToString(der)},
		Thumbprint: base64.RawURLEncoding.EncodeToString(sum[:]),
	}, nil
}

func (s *Server) jwks(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("client") != s.config().ClientID {
		apiRefusal(http.StatusNotFound, "", "There is no client with this id.").write(w)
		return
	}
	set, err := s.keys.jwks()
	if err != nil {
		apiRefusal(http.StatusInternalServerError, "", err.Error()).write(w)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": set})
}
