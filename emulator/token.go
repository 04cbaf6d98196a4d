package emulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// tokens is the answer to a successful authenticate.
type tokens struct {
	User           userBody          `json:"user"`
	OrganizationID string            `json:"organization_id,omitempty"`
	AccessToken    string            `json:"access_token"`
	RefreshToken   string            `json:"refresh_token"`
	Method         string            `json:"authentication_method,omitempty"`
	Impersonator   *impersonatorBody `json:"impersonator,omitempty"`
}

type userBody struct {
	Object            string            `json:"object"`
	ID                string            `json:"id"`
	Email             string            `json:"email"`
	FirstName         *string           `json:"first_name"`
	LastName          *string           `json:"last_name"`
	Name              *string           `json:"name"`
	EmailVerified     bool              `json:"email_verified"`
	ProfilePictureURL *string           `json:"profile_picture_url"`
	LastSignInAt      *string           `json:"last_sign_in_at"`
	ExternalID        *string           `json:"external_id"`
	Metadata          map[string]string `json:"metadata"`
	Locale            *string           `json:"locale"`
	CreatedAt         string            `json:"created_at"`
	UpdatedAt         string            `json:"updated_at"`
}

type impersonatorBody struct {
	Email  string  `json:"email"`
	Reason *string `json:"reason"`
}

func userJSON(a *account) userBody {
	metadata := a.Metadata
	if metadata == nil {
		metadata = map[string]string{}
	}
	return userBody{
		Object: "user", ID: a.ID, Email: a.Email,
		FirstName: orNull(a.FirstName), LastName: orNull(a.LastName), Name: orNull(a.fullName()),
		EmailVerified: a.EmailVerified, ProfilePictureURL: orNull(a.ProfilePictureURL),
		LastSignInAt: orNull(stamp(a.lastSignIn)), ExternalID: orNull(a.ExternalID),
		Metadata: metadata, Locale: orNull(a.Locale),
		CreatedAt: stamp(a.created), UpdatedAt: stamp(a.updated),
	}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// stamp is empty for no time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// answer makes new tokens for the session. Its lock is held.
func (s *Server) answer(a *account, sess *session) (*tokens, error) {
	access, err := s.Sign(s.claims(a, sess))
	if err != nil {
		return nil, err
	}
	t := &tokens{
		User: userJSON(a), OrganizationID: sess.organizationID,
		AccessToken: access, RefreshToken: s.refreshToken(a, sess),
	}
	if a.Impersonator != nil {
		t.Impersonator = &impersonatorBody{a.Impersonator.Email, orNull(a.Impersonator.Reason)}
	}
	return t, nil
}

// Sign makes an access token of any claims with the present key: for tokens that the server would
// never issue. The error is that of claims which are not JSON.
func (s *Server) Sign(claims map[string]any) (string, error) {
	key := s.keys.current()
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims(claims))
	t.Header["kid"] = key.id
	signed, err := t.SignedString(key.private)
	if err != nil {
		return "", fmt.Errorf("the claims cannot be made a token: %w", err)
	}
	return signed, nil
}

func (s *Server) claims(a *account, sess *session) map[string]any {
	c, now := s.config(), s.now()
	claims := map[string]any{}
	s.customClaims(claims, c.JWTTemplate, a, sess)
	s.customClaims(claims, a.Claims, a, sess)
	maps.Copy(claims, map[string]any{
		"iss": s.issuer(), "sub": a.ID, "sid": sess.id, "jti": newID("token"), "client_id": c.ClientID,
		"iat": now.Unix(), "exp": now.Add(c.AccessTokenLifetime).Unix(), "auth_time": sess.since.Unix(),
	})
	if c.Audience != "" {
		claims["aud"] = c.Audience
	}
	if a.Impersonator != nil {
		claims["act"] = map[string]string{"sub": a.Impersonator.Email}
	}
	s.organizationClaims(claims, a, sess)
	return claims
}

// organizationClaims leaves out what does not apply.
func (s *Server) organizationClaims(claims map[string]any, a *account, sess *session) {
	flags := slices.Clone(a.FeatureFlags)
	s.mu.Lock()
	defer s.mu.Unlock()
	if org := s.orgs[sess.organizationID]; org != nil {
		claims["org_id"] = org.ID
		flags = append(flags, org.FeatureFlags...)
		if len(org.Entitlements) > 0 {
			claims["entitlements"] = org.Entitlements
		}
		if m, ok := s.membershipLocked(a, org); ok && len(m.Roles) > 0 {
			claims["role"], claims["roles"], claims["permissions"] = m.Roles[0], m.Roles, s.permissionsLocked(m.Roles)
		}
	}
	if len(flags) > 0 {
		slices.Sort(flags)
		claims["feature_flags"] = slices.Compact(flags)
	}
}

func (s *Server) issuer() string {
	c := s.config()
	return strings.NewReplacer("{url}", s.url, "{client_id}", c.ClientID).Replace(c.Issuer)
}
