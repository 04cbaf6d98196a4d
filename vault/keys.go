package vault

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/scrypt"
)

const (
	masterSize = 32              // bytes of the key in the keychain
	keyUser    = "vault key"     // the keychain item is this "user" of the service called as the app id
	hkdfInfo   = "akvault 1 key" // then one byte for the source

	// scrypt with 128*N*r = 16 MiB of memory, about 50 ms: what a desktop program can spend once per start.
	// The numbers belong to format 1. They are not in the file, where whoever writes it could ask for gigabytes.
	scryptN, scryptR, scryptP = 1 << 14, 8, 1

	maxDerived = 64 // keys remembered at most, so that many files with salts of their own cost no memory
)

// keys finds the key of a record: where it comes from, and what is derived from that.
type keys struct {
	log         *slog.Logger
	service     string   // name of the keychain item
	passphrases []string // the present one first, if any; then the old ones
	sealing     source

	chain   *patientKeychain
	turn    chan struct{} // holds one token; whoever has it may use chain and masters
	masters [][]byte      // keys in the keychain, the present one first; nil: not asked yet

	mu      sync.Mutex // guards what follows; held while scrypt runs, so that it runs once
	derived map[derivation]*recordKey
	latest  map[source]salt // the last salt used, so that new records share its key
	warn    sync.Once
}

type derivation struct {
	source source
	salt   salt
	input  string
}

func newKeys(c Config) *keys {
	k := &keys{
		log: c.Logger, service: c.AppID, chain: newPatientKeychain(c.Keychain, c.KeychainTimeout),
		turn: make(chan struct{}, 1), derived: map[derivation]*recordKey{}, latest: map[source]salt{},
		sealing: fromKeychain, passphrases: c.OldPassphrases,
	}
	if c.Passphrase != "" {
		k.passphrases = append([]string{c.Passphrase}, c.OldPassphrases...)
		k.sealing = fromWeak
		if looksRandom(c.Passphrase) {
			k.sealing = fromSecret
		}
	}
	return k
}

// ready finds out whether records can be sealed and opened at all: the keychain answers, or there is a passphrase.
// It fails with an unavailable error, or because ctx ended.
func (k *keys) ready(ctx context.Context) error {
	if k.sealing != fromKeychain {
		return nil
	}
	return k.exclusively(ctx, func() error {
		if k.masters != nil {
			return nil
		}
		return k.fetch(ctx)
	})
}

// exclusively runs f while no other goroutine uses the keychain or the keys from it.
func (k *keys) exclusively(ctx context.Context, f func() error) error {
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-k.turn }()
	return f()
}

// fetch reads the keychain item. An absent one leaves masters empty and is no error: there may be nothing to open yet.
func (k *keys) fetch(ctx context.Context) error {
	text, err := k.chain.get(ctx, k.service, keyUser)
	if errors.Is(err, ErrNoKey) {
		return nil
	} else if err != nil {
		return err
	}
	masters, err := parseMasters(text)
	if err != nil {
		return unavailable{fmt.Errorf("%w: the item %q of %q: %w", ErrForeignKey, keyUser, k.service, err), nil}
	}
	k.masters = masters
	return nil
}

// The item is text because some keychains mangle bytes that are not UTF-8: base64 of the key, then, after a rotation,
// a space and the key before it.
func parseMasters(text string) ([][]byte, error) {
	var masters [][]byte
	for field := range strings.FieldsSeq(text) {
		m, err := base64.StdEncoding.DecodeString(field)
		if err != nil || len(m) != masterSize {
			return nil, errors.New("not a key of this version") // and not a word on its content
		}
		masters = append(masters, m)
	}
	if len(masters) == 0 {
		return nil, errors.New("empty")
	}
	return masters, nil
}

func formatMasters(masters [][]byte) string {
	fields := make([]string, len(masters))
	for i, m := range masters {
		fields[i] = base64.StdEncoding.EncodeToString(m)
	}
	return strings.Join(fields, " ")
}

// store puts keys in the keychain and reads them back: a keychain that forgets must be noticed before a record is
// sealed with what it forgot. The caller holds the lock of the folder, so no other process creates a key meanwhile.
func (k *keys) store(ctx context.Context, masters [][]byte) error {
	text := formatMasters(masters)
	if err := k.chain.set(ctx, k.service, keyUser, text); err != nil {
		return err
	}
	if got, err := k.chain.get(ctx, k.service, keyUser); isUnavailable(err) || err == nil && got != text || errors.Is(err, ErrNoKey) {
		return unavailable{fmt.Errorf("%w: it did not keep the key given to it", ErrKeychain), nil}
	} else if err != nil {
		return err
	}
	k.masters = masters
	return nil
}

// forSealing returns the key for a new record, creating the one in the keychain if there is none. The caller holds the
// lock of the folder. Salt is that of the record being replaced, if any: using it again saves another scrypt.
func (k *keys) forSealing(ctx context.Context, present *salt) (*recordKey, error) {
	input, err := k.sealingInput(ctx)
	if err != nil {
		return nil, err
	}
	if k.sealing == fromWeak {
		k.warn.Do(func() {
			k.log.Warn("the passphrase of the vault does not look random; make a better one with `" + goodPassphrase + "`")
		})
	}
	return k.derive(k.sealing, input, k.saltFor(k.sealing, present))
}

func (k *keys) sealingInput(ctx context.Context) (string, error) {
	if k.sealing != fromKeychain {
		return k.passphrases[0], nil
	}
	var input string
	err := k.exclusively(ctx, func() error {
		if len(k.masters) == 0 {
			if err := k.fetch(ctx); err != nil {
				return err
			}
		}
		if len(k.masters) == 0 {
			if err := k.store(ctx, [][]byte{newMaster()}); err != nil {
				return err
			}
		}
		input = string(k.masters[0])
		return nil
	})
	return input, err
}

func newMaster() []byte {
	m := make([]byte, masterSize)
	rand.Read(m)
	return m
}

// forOpening returns the key of a record. When it is none that this process knows, the keychain is asked again:
// another process may have created or rotated the key.
func (k *keys) forOpening(ctx context.Context, h header) (*recordKey, error) {
	if h.source != fromKeychain {
		return k.match(h, k.passphrases)
	}
	if k.sealing != fromKeychain {
		return nil, otherSourceError{damage("it is sealed with a key in the keychain, and this vault has a passphrase instead")}
	}
	var key *recordKey
	err := k.exclusively(ctx, func() (err error) {
		if key, err = k.match(h, texts(k.masters)); !isDamage(err) {
			return err
		}
		if ferr := k.fetch(ctx); len(k.masters) > 0 && isUnavailable(ferr) {
			return fmt.Errorf("vault: another key is needed: %w", errors.Unwrap(ferr)) // no reason to give up the key that we have
		} else if ferr != nil {
			return ferr
		}
		key, err = k.match(h, texts(k.masters))
		return err
	})
	return key, err
}

func texts(keys [][]byte) []string {
	s := make([]string, len(keys))
	for i, k := range keys {
		s[i] = string(k)
	}
	return s
}

func (k *keys) match(h header, inputs []string) (*recordKey, error) {
	for _, input := range inputs {
		key, err := k.derive(h.source, input, h.salt)
		if err != nil {
			return nil, err
		}
		if key.id == h.keyID {
			return key, nil
		}
	}
	switch {
	case h.source == fromKeychain && len(inputs) == 0:
		return nil, damage("its key is no longer in the keychain")
	case h.source == fromKeychain:
		return nil, damage("it is sealed with another key than the one in the keychain")
	case len(inputs) == 0:
		return nil, otherSourceError{damage("it is sealed with a passphrase, and this vault has none")}
	}
	return nil, damage("it is sealed with another passphrase: the passphrase was changed")
}

// derive makes the key of one salt, once per process. See docs/vault.md, "The key".
func (k *keys) derive(from source, input string, s salt) (*recordKey, error) {
	d := derivation{from, s, input}
	k.mu.Lock()
	defer k.mu.Unlock()
	if key := k.derived[d]; key != nil {
		k.latest[from] = s
		return key, nil
	}
	key, err := deriveKey(d)
	if err != nil {
		return nil, fmt.Errorf("vault: no key could be derived: %w", err)
	}
	if len(k.derived) >= maxDerived {
		clear(k.derived)
	}
	k.derived[d], k.latest[from] = key, s
	return key, nil
}

func deriveKey(d derivation) (*recordKey, error) {
	input := []byte(d.input)
	if d.source == fromWeak {
		slow, err := scrypt.Key(input, d.salt[:], scryptN, scryptR, scryptP, masterSize)
		if err != nil {
			return nil, err
		}
		input = slow
	}
	out, err := hkdf.Key(sha256.New, input, d.salt[:], hkdfInfo+string([]byte{byte(d.source)}), chacha20poly1305.KeySize+keyIDSize)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(out[:chacha20poly1305.KeySize])
	if err != nil {
		return nil, err
	}
	return &recordKey{d.source, d.salt, [keyIDSize]byte(out[chacha20poly1305.KeySize:]), aead}, nil
}

// saltFor picks the salt of a write: the record's own, else the one last used, else a fresh one. One salt for a whole
// folder is sound, since the nonce and the name make every record different, and costs one scrypt per process.
func (k *keys) saltFor(from source, present *salt) salt {
	if present != nil {
		return *present
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if s, ok := k.latest[from]; ok {
		return s
	}
	return newSalt()
}

func newSalt() (s salt) {
	rand.Read(s[:])
	return s
}
