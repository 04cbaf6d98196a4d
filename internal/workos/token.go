package workos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Leeway is how far two clocks may differ before exp and nbf count.
const Leeway = time.Minute

// TokenError says that an access token must not be used.
type TokenError struct{ Reason string }

func (e *TokenError) Error() string { return "the access token was refused: " + e.Reason }

var errUnknownKey = &TokenError{"it is signed with a key that the server does not publish"}

// Claims are an access token's claims that the session needs, and All of them as they came.
type Claims struct {
	Issuer         string
	Subject        string
	SessionID      string
	OrganizationID string
	IssuedAt       time.Time
	ExpiresAt      time.Time
	NotBefore      time.Time // zero when absent
	All            map[string]any
}

// Lifetime is how long the token lives from its issue. It needs no clock of ours.
func (c *Claims) Lifetime() time.Duration { return c.ExpiresAt.Sub(c.IssuedAt) }

// parseToken takes a compact JWS apart and refuses every algorithm but RS256 before a byte of it is believed
// (C28, A14; RFC 8725 §3.1). Keys that the token brings along (jwk, jku, x5u) are never looked at.
func parseToken(token Secret) (*jose.JSONWebSignature, *Claims, error) {
	jws, err := jose.ParseSignedCompact(token.Reveal(), []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, nil, &TokenError{"it is not a JWT signed with RS256"}
	}
	claims, err := readClaims(jws.UnsafePayloadWithoutVerification())
	return jws, claims, err
}

func readClaims(payload []byte) (*Claims, error) {
	var c struct {
		Iss   string   `json:"iss"`
		Sub   string   `json:"sub"`
		Sid   string   `json:"sid"`
		OrgID string   `json:"org_id"`
		Iat   *float64 `json:"iat"`
		Exp   *float64 `json:"exp"`
		Nbf   *float64 `json:"nbf"`
	}
	claims := &Claims{}
	if json.Unmarshal(payload, &c) != nil || json.Unmarshal(payload, &claims.All) != nil {
		return nil, &TokenError{"its claims are not readable"}
	}
	if c.Iss == "" || c.Sub == "" || c.Sid == "" || c.Iat == nil || c.Exp == nil {
		return nil, &TokenError{"one of the claims iss, sub, sid, iat and exp is missing"}
	}
	claims.Issuer, claims.Subject, claims.SessionID, claims.OrganizationID = c.Iss, c.Sub, c.Sid, c.OrgID
	claims.IssuedAt, claims.ExpiresAt = numericDate(*c.Iat), numericDate(*c.Exp)
	if c.Nbf != nil {
		claims.NotBefore = numericDate(*c.Nbf)
	}
	if !claims.ExpiresAt.After(claims.IssuedAt) {
		return nil, &TokenError{"it expires before it was issued"}
	}
	return claims, nil
}

// numericDate reads RFC 7519's seconds, which may have a fraction, and keeps absurd numbers inside what time.Time
// can subtract.
func numericDate(s float64) time.Time {
	s = math.Max(0, math.Min(s, 1<<36))
	return time.Unix(int64(s), 0)
}

// Verifier checks access tokens.
type Verifier struct {
	Keys    *Keys
	Issuers []string
}

// Read takes the claims of a token without checking its signature, for a token that this program itself has sealed
// after checking it.
func (v *Verifier) Read(token Secret) (*Claims, error) {
	_, claims, err := parseToken(token)
	return claims, err
}

// Verify checks signature, issuer and times. at is the server's time; the zero time means that it is not known, and
// exp and nbf are then measured against the token's own iat, which is right for a token that has just arrived.
//
// An error that is ErrKeysUnavailable comes with the claims: all that could be checked was in order.
func (v *Verifier) Verify(ctx context.Context, token Secret, at time.Time) (*Claims, error) {
	jws, claims, err := parseToken(token)
	if err != nil {
		return nil, err
	}
	if err := v.check(claims, at); err != nil {
		return nil, err
	}
	kid := jws.Signatures[0].Header.KeyID
	if kid == "" {
		return nil, &TokenError{"it does not name its key"}
	}
	key, err := v.Keys.find(ctx, kid)
	if errors.Is(err, ErrKeysUnavailable) {
		return claims, err
	}
	if err != nil {
		return nil, err
	}
	if _, err := jws.Verify(key); err != nil {
		return nil, &TokenError{"its signature is wrong"}
	}
	return claims, nil
}

func (v *Verifier) check(c *Claims, at time.Time) error {
	if !slices.Contains(v.Issuers, c.Issuer) {
		return &TokenError{fmt.Sprintf("its issuer %q is not one that this program trusts", Clean(c.Issuer, 120))}
	}
	if at.IsZero() {
		at = c.IssuedAt
	}
	if at.After(c.ExpiresAt.Add(Leeway)) {
		return &TokenError{"it has expired"}
	}
	if !c.NotBefore.IsZero() && at.Add(Leeway).Before(c.NotBefore) {
		return &TokenError{"it is not valid yet"}
	}
	return nil
}
