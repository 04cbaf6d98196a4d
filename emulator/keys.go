package emulator

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/http"
	"sync"
	"time"
)

// The first keys of every emulator are the same, and known to everybody: making one takes a tenth of a second, and no
// test should wait for it. A token is no safer with a key of its own when its issuer is an emulator.
//
//go:embed keys
var keyFiles embed.FS

// developmentKeys reads the embedded keys, once and only when a token is signed or the key set is asked for.
var developmentKeys = sync.OnceValue(func() []*signingKey {
	keys, err := readKeys(keyFiles)
	if err != nil {
		panic(fmt.Sprintf("emulator: an embedded key is damaged: %v", err))
	}
	return keys
})

func readKeys(files fs.FS) (keys []*signingKey, err error) {
	names, err := fs.Glob(files, "keys/*.pem")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		block, _ := pem.Decode(text)
		if block == nil {
			return nil, errors.New(name + " is not PEM")
		}
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		private, ok := parsed.(*rsa.PrivateKey)
		if !ok {
			return nil, errors.New(name + " is not an RSA key")
		}
		keys = append(keys, newSigningKey(private))
	}
	return keys, nil
}

// signingKey is an RSA key and what the key set says of it.
type signingKey struct {
	private *rsa.PrivateKey
	id      string
	entry   func() (jwk, error)
}

func newSigningKey(private *rsa.PrivateKey) *signingKey {
	sum := sha256.Sum256(private.N.Bytes())
	k := &signingKey{private: private, id: "emulator_" + hex.EncodeToString(sum[:6])}
	k.entry = sync.OnceValues(k.jwk)
	return k
}

// keyring holds the signing keys, the present one last.
type keyring struct {
	mu   sync.Mutex
	keys []*signingKey
	made int // how many there have been
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

func (k *keyring) current() *signingKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.begunLocked()
	return k.keys[len(k.keys)-1]
}

// begunLocked makes sure that there is a key.
func (k *keyring) begunLocked() {
	if len(k.keys) == 0 {
		k.addLocked()
	}
}

func (k *keyring) addLocked() {
	known := developmentKeys()
	k.made++
	if k.made <= len(known) {
		k.keys = append(k.keys, known[k.made-1])
		return
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil { // the system has no randomness: nothing can go on without
		panic(fmt.Sprintf("emulator: no new key: %v", err))
	}
	k.keys = append(k.keys, newSigningKey(private))
}

// RotateKeys signs with another key from now on. With retire, the key set no longer has the old ones, and tokens signed
// by them cannot be verified any more. The first few keys are at hand; later ones take a tenth of a second to make.
func (s *Server) RotateKeys(retire bool) {
	k := s.keys
	k.mu.Lock()
	defer k.mu.Unlock()
	k.begunLocked() // rotating away from a key that nobody has used yet is a rotation too
	k.addLocked()
	keep := maxKeys
	if retire {
		keep = 1
	}
	k.keys = k.keys[max(0, len(k.keys)-keep):]
}

// maxKeys bounds the key set; the oldest keys leave it.
const maxKeys = 4

func (k *keyring) jwks() ([]jwk, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.begunLocked()
	set := make([]jwk, 0, len(k.keys))
	for _, key := range k.keys {
		entry, err := key.entry()
		if err != nil {
			return nil, err
		}
		set = append(set, entry)
	}
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
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.private.PublicKey, k.private)
	if err != nil {
		return jwk{}, err
	}
	sum := sha256.Sum256(der)
	return jwk{
		Type: "RSA", Use: "sig", Algorithm: "RS256", ID: k.id,
		N:          base64.RawURLEncoding.EncodeToString(k.private.N.Bytes()),
		E:          base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.private.E)).Bytes()),
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
