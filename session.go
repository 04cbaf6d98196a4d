package authkit

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/authkit-desktop/authkit/internal/workos"
)

// User is a person as WorkOS describes them. Text that WorkOS does not know is empty.
type User struct {
	ID                string            `json:"id"`
	Email             string            `json:"email"`
	EmailVerified     bool              `json:"email_verified"`
	FirstName         string            `json:"first_name"`
	LastName          string            `json:"last_name"`
	Name              string            `json:"name"`
	ProfilePictureURL string            `json:"profile_picture_url"`
	ExternalID        string            `json:"external_id"`
	Locale            string            `json:"locale"`
	Metadata          map[string]string `json:"metadata"`
	LastSignInAt      time.Time         `json:"last_sign_in_at,omitzero"`
	CreatedAt         time.Time         `json:"created_at,omitzero"`
	UpdatedAt         time.Time         `json:"updated_at,omitzero"`
}

// OrganizationChoice is an organization that a person may sign in to.
type OrganizationChoice struct {
	ID   string
	Name string
}

// Impersonator is the member of staff who is signed in as the person.
type Impersonator struct {
	Email  string `json:"email"`
	Reason string `json:"reason"`
}

// Session is who is signed in. It holds no token: AccessToken gives the one that may be handed out, and the refresh
// token stays in the vault. A Session is a copy; changing it changes nothing.
type Session struct {
	ID                   string // sid: the session's id at WorkOS
	User                 User
	OrganizationID       string // empty: none
	Role                 string
	Roles                []string
	Permissions          []string
	Entitlements         []string
	FeatureFlags         []string
	Impersonator         *Impersonator // nil: the person is here in person
	AuthenticationMethod string        // Password, GoogleOAuth, … ; empty where WorkOS did not say
	Claims               map[string]any
	ExpiresAt            time.Time // when the access token ends, on this machine's clock; not the session's end

	// Stale says that the access token has run out and could not be renewed yet. The person is still known.
	Stale bool
	// Err is why the latest refresh or save did not succeed; nil when all is well.
	Err error
}

func (s *Session) clone() *Session {
	c := *s
	c.Roles, c.Permissions = slices.Clone(s.Roles), slices.Clone(s.Permissions)
	c.Entitlements, c.FeatureFlags = slices.Clone(s.Entitlements), slices.Clone(s.FeatureFlags)
	c.Claims, c.User.Metadata = maps.Clone(s.Claims), maps.Clone(s.User.Metadata)
	return &c
}

// Session tells who is signed in, without waiting for the network: a session that was sealed last month is known
// before the first request of today. ErrSignedOut when there is none. When the access token has run out, a refresh
// starts behind, and its outcome reaches those who subscribed.
func (c *Client) Session(ctx context.Context) (*Session, error) {
	l, err := c.current(ctx)
	if err != nil {
		return nil, err
	}
	if l.rec == nil {
		return nil, l.signedOut()
	}
	if c.age(l) == ended {
		c.refreshBehind(l)
	}
	return c.hand(l), nil
}

// hand makes the copy of a session that leaves the package.
func (c *Client) hand(l *live) *Session {
	s := l.session.clone()
	s.Stale, s.Err = c.age(l) == ended, l.err
	return s
}

// newSession reads a record and its token's claims into what the app sees.
func newSession(r *record, claims *workos.Claims, expiresAt time.Time) (*Session, error) {
	s := &Session{ID: claims.SessionID, OrganizationID: or(r.OrganizationID, claims.OrganizationID),
		AuthenticationMethod: r.AuthenticationMethod, Claims: claims.All, ExpiresAt: expiresAt}
	if err := json.Unmarshal(r.User, &s.User); err != nil {
		return nil, err
	}
	if len(r.Impersonator) > 0 {
		s.Impersonator = &Impersonator{}
		if err := json.Unmarshal(r.Impersonator, s.Impersonator); err != nil {
			return nil, err
		}
	}
	s.Role, _ = claims.All["role"].(string)
	s.Roles, s.Permissions = texts(claims.All["roles"]), texts(claims.All["permissions"])
	s.Entitlements, s.FeatureFlags = texts(claims.All["entitlements"]), texts(claims.All["feature_flags"])
	return s, nil
}

// texts reads a claim that should be a list of strings and may be anything.
func texts(claim any) []string {
	list, _ := claim.([]any)
	out := make([]string, 0, len(list))
	for _, one := range list {
		if s, ok := one.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
