package emulator

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

// signingKey is a 2048-bit RSA key that protects nothing, and is quick because of it. To whoever
// verifies, it is a key like any other: n, e = 65537, RS256. But n has sixteen short prime factors
// where a real key has two long ones, so that making one takes milliseconds and signing, the dearest
// part of every sign-in and refresh, is six times quicker than crypto/rsa. Anybody who wants can
// factor it in an afternoon. Never take this type as a model for a key that matters.
type signingKey struct {
	public rsa.PublicKey
	id     string
	parts  []keyPart
}

// keyPart is what the Chinese remainder theorem needs of one prime.
type keyPart struct{ prime, exponent, weight *big.Int }

const primes, primeBits = 16, 128

// newSigningKey makes a key. The same randomness makes the same key.
func newSigningKey(random io.Reader) *signingKey {
	for {
		n, found := big.NewInt(1), make([]*big.Int, 0, primes)
		for len(found) < primes {
			p := shortPrime(random)
			n.Mul(n, p)
			found = append(found, p)
		}
		if k := assemble(n, found); k != nil {
			return k
		}
	}
}

// shortPrime has its five top bits set: otherwise the product of sixteen rarely has 2048 bits.
func shortPrime(random io.Reader) *big.Int {
	var b [primeBits / 8]byte
	for {
		_, _ = io.ReadFull(random, b[:]) // neither crypto/rand nor a stream cipher fails
		b[0] |= 0xf8
		b[len(b)-1] |= 1
		if p := new(big.Int).SetBytes(b[:]); p.ProbablyPrime(10) {
			return p
		}
	}
}

// assemble returns nil for primes that do not make a key.
func assemble(n *big.Int, found []*big.Int) *signingKey {
	one, e := big.NewInt(1), big.NewInt(65537)
	k := &signingKey{public: rsa.PublicKey{N: n, E: 65537}}
	for _, p := range found {
		exponent := new(big.Int).ModInverse(e, new(big.Int).Sub(p, one))
		others := new(big.Int).Div(n, p)
		inverse := new(big.Int).ModInverse(others, p)
		if exponent == nil || inverse == nil {
			return nil
		}
		k.parts = append(k.parts, keyPart{p, exponent, inverse.Mul(inverse, others)})
	}
	sum := sha256.Sum256(n.Bytes())
	k.id = "emulator_" + hex.EncodeToString(sum[:6])
	if n.BitLen() != primes*primeBits {
		return nil
	}
	return k
}

// Public and Sign make it a [crypto.Signer], for the certificate.
func (k *signingKey) Public() crypto.PublicKey { return &k.public }

// Sign pads and signs a SHA-256 digest: EMSA-PKCS1-v1_5 and RSASP1 of RFC 8017 §9.2 and §5.2.1.
func (k *signingKey) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	const size = primes * primeBits / 8
	block := make([]byte, size)
	for i := range block {
		block[i] = 0xff
	}
	block[0], block[1] = 0, 1
	tail := append(append([]byte{0}, sha256Prefix...), digest...)
	copy(block[size-len(tail):], tail)
	message, signature := new(big.Int).SetBytes(block), new(big.Int)
	var power, term big.Int
	for _, part := range k.parts {
		power.Exp(power.Mod(message, part.prime), part.exponent, part.prime)
		signature.Add(signature, term.Mul(&power, part.weight))
	}
	return signature.Mod(signature, k.public.N).FillBytes(block), nil
}

// sha256Prefix is the DigestInfo of SHA-256 (RFC 8017 §9.2, note 1).
var sha256Prefix = []byte{
	0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
}

// rs256 lets the jwt package sign with a signingKey; checking is the package's own.
type rs256 struct{ *jwt.SigningMethodRSA }

func (rs256) Sign(text string, key any) ([]byte, error) {
	sum := sha256.Sum256([]byte(text))
	k, ok := key.(*signingKey)
	if !ok {
		return nil, jwt.ErrInvalidKeyType
	}
	return k.Sign(rand.Reader, sum[:], crypto.SHA256)
}
