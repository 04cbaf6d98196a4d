package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"testing"
)

// sign is what the signature under an access token costs where it is made, and verify what it costs where it is checked.
func (b *bench) sign() (sample, error) {
	return b.rsa(func(key *rsa.PrivateKey, digest, _ []byte) error {
		_, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest)
		return err
	})
}

func (b *bench) verify() (sample, error) {
	return b.rsa(func(key *rsa.PrivateKey, digest, signature []byte) error {
		return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest, signature)
	})
}

func (b *bench) rsa(work func(key *rsa.PrivateKey, digest, signature []byte) error) (sample, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte("a token"))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		return nil, err
	}
	var times sample
	for range b.rounds(9, 1) {
		times = append(times, perCall(testing.Benchmark(func(t *testing.B) { alone(t, func() error { return work(key, digest[:], signature) }) })))
	}
	return times, nil
}
