package workos

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// KeyCooldown is the least time between two fetches of the signing keys, successful or not. Without it, tokens with
// made-up key ids turn every client into a request generator (A15).
const KeyCooldown = time.Minute

const (
	maxKeys    = 50
	minKeyBits = 2048 // RFC 7518 §3.3
)

// ErrKeysUnavailable says that a signature could not be checked, because the key it names is not known and the
// keys cannot be fetched now. It says nothing about the token.
var ErrKeysUnavailable = errors.New("the server's signing keys cannot be had now")

// Keys holds the server's signing keys. It is safe for concurrent use.
type Keys struct {
	Client *Client
	Now    func() time.Time
	// Load and Save keep the keys between runs, so that a start without the network can still check a signature.
	// Both may be nil.
	Load func(context.Context) ([]byte, error)
	Save func(context.Context, []byte) error

	once    sync.Once
	turn    chan struct{} // holds one token, also during a fetch: those who wait need its result. It guards what follows
	byID    map[string]*rsa.PublicKey
	loaded  bool
	tried   time.Time // last fetch, successful or not
	fetched time.Time // last successful fetch
}

// find returns the key with that id. An id nobody knows is refused only when the keys are fresh from the server;
// while the cool-down forbids a look, the answer is ErrKeysUnavailable.
func (k *Keys) find(ctx context.Context, id string) (*rsa.PublicKey, error) {
	unlock, err := k.lock(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeysUnavailable, err)
	}
	defer unlock()
	k.loadOnce(ctx)
	if key := k.byID[id]; key != nil {
		return key, nil
	}
	if k.cooling() {
		return nil, ErrKeysUnavailable
	}
	if err := k.fetch(ctx); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeysUnavailable, err)
	}
	if key := k.byID[id]; key != nil {
		return key, nil
	}
	return nil, errUnknownKey
}

func (k *Keys) loadOnce(ctx context.Context) {
	if k.loaded || k.Load == nil {
		return
	}
	k.loaded = true
	if raw, err := k.Load(ctx); err == nil {
		if keys, err := parseKeys(raw); err == nil {
			k.byID = keys
		}
	}
}

func (k *Keys) cooling() bool {
	return !k.tried.IsZero() && k.Now().Sub(k.tried).Abs() < KeyCooldown
}

// Warm fetches the keys unless the cool-down forbids it. Its error tells whether the server can be reached.
func (k *Keys) Warm(ctx context.Context) error {
	unlock, err := k.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if k.cooling() && k.fetched.Equal(k.tried) {
		return nil
	}
	return k.fetch(ctx)
}

// lock waits no longer than ctx lasts for a fetch that somebody else has begun.
func (k *Keys) lock(ctx context.Context) (unlock func(), err error) {
	k.once.Do(func() { k.turn = make(chan struct{}, 1) })
	select {
	case k.turn <- struct{}{}:
		return func() { <-k.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// fetch asks the server. k has been locked.
func (k *Keys) fetch(ctx context.Context) error {
	k.tried = k.Now()
	a, err := k.Client.do(ctx, http.MethodGet, "sso/jwks/"+k.Client.ClientID, nil)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := k.Client.decode(a, &raw); err != nil {
		return err
	}
	keys, err := parseKeys(raw)
	if err != nil {
		return k.Client.bad(a.status, err.Error())
	}
	k.byID, k.fetched, k.loaded = keys, k.tried, true
	if k.Save != nil {
		_ = k.Save(ctx, raw) // a cache: the next run fetches again
	}
	return nil
}

// parseKeys keeps the RSA signing keys of a set, and drops one by one what it must not use: other types and uses,
// short keys, keys without an id (A14, A15).
func parseKeys(raw []byte) (map[string]*rsa.PublicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, errors.New("the signing keys are not readable JSON")
	}
	if len(set.Keys) > maxKeys {
		return nil, errors.New("there are too many signing keys")
	}
	keys := make(map[string]*rsa.PublicKey, len(set.Keys))
	for _, one := range set.Keys {
		var jwk jose.JSONWebKey
		if jwk.UnmarshalJSON(one) != nil || jwk.KeyID == "" {
			continue
		}
		if key, ok := jwk.Key.(*rsa.PublicKey); ok && usable(jwk, key) {
			keys[jwk.KeyID] = key
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("there is no usable signing key")
	}
	return keys, nil
}

func usable(jwk jose.JSONWebKey, key *rsa.PublicKey) bool {
	return key.N.BitLen() >= minKeyBits && (jwk.Use == "" || jwk.Use == "sig") &&
		(jwk.Algorithm == "" || jwk.Algorithm == string(jose.RS256))
}
