package bridge

import (
	"time"

	"github.com/authkit-desktop/authkit"
)

// State is everything that a page may know, and the whole of it every time: a page that comes late or reloads asks
// once and misses nothing. It is an allow-list. What is not named here does not cross (P07).
type State struct {
	Seq            uint64         `json:"seq"`    // rises with every change; a page drops a state older than the one it has
	Status         string         `json:"status"` // loading, signed-out, signed-in
	User           *User          `json:"user"`
	SessionID      *string        `json:"sessionId"`
	OrganizationID *string        `json:"organizationId"`
	Role           *string        `json:"role"`
	Roles          []string       `json:"roles"`
	Permissions    []string       `json:"permissions"`
	Entitlements   []string       `json:"entitlements"`
	FeatureFlags   []string       `json:"featureFlags"`
	Impersonator   *Impersonator  `json:"impersonator"`
	Claims         map[string]any `json:"claims"`
	ExpiresAt      *time.Time     `json:"expiresAt"` // of the access token
	Offline        bool           `json:"offline"`
	Attempt        *Attempt       `json:"attempt"` // a sign-in under way
	Error          *Error         `json:"error"`   // how the latest one failed
	Storage        Storage        `json:"storage"`
	Notices        []Notice       `json:"notices"`
	Demo           *Demo          `json:"demo"`
}

// User is the person, in the names that AuthKit's pages use.
type User struct {
	ID                string            `json:"id"`
	Email             string            `json:"email"`
	EmailVerified     bool              `json:"emailVerified"`
	FirstName         *string           `json:"firstName"`
	LastName          *string           `json:"lastName"`
	Name              *string           `json:"name"`
	ProfilePictureURL *string           `json:"profilePictureUrl"`
	LastSignInAt      *time.Time        `json:"lastSignInAt"`
	CreatedAt         *time.Time        `json:"createdAt"`
	UpdatedAt         *time.Time        `json:"updatedAt"`
	ExternalID        *string           `json:"externalId"`
	Metadata          map[string]string `json:"metadata"`
	Locale            *string           `json:"locale"`
}

// Impersonator is the member of staff who is signed in as the person.
type Impersonator struct {
	Email  string  `json:"email"`
	Reason *string `json:"reason"`
}

// Attempt is a sign-in under way.
type Attempt struct {
	Step          authkit.Step `json:"step"`
	Redirect      string       `json:"redirect"` // scheme or loopback
	Why           string       `json:"why"`
	StartedAt     time.Time    `json:"startedAt"`
	ExpiresAt     time.Time    `json:"expiresAt"`
	BrowserOpened bool         `json:"browserOpened"`
	URL           string       `json:"url"` // of the sign-in page, to be shown when the browser could not be opened
}

// Storage tells where the session is kept.
type Storage struct {
	Kind string `json:"kind"` // keychain, passphrase, memory
	Why  string `json:"why"`
}

// Notice is something that the person should see and that no sign-in caused.
type Notice struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Demo tells that the app runs against an emulator, and who can sign in there.
type Demo struct {
	URL      string        `json:"url"`
	Accounts []DemoAccount `json:"accounts"`
}

// DemoAccount is an account of the emulator.
type DemoAccount struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// signedIn fills in who is signed in.
func (s *State) signedIn(from *authkit.Session) {
	s.Status = "signed-in"
	s.User = newUser(from.User)
	s.SessionID, s.OrganizationID, s.Role = text(from.ID), text(from.OrganizationID), text(from.Role)
	s.Roles, s.Permissions = list(from.Roles), list(from.Permissions)
	s.Entitlements, s.FeatureFlags = list(from.Entitlements), list(from.FeatureFlags)
	s.Impersonator = nil
	if i := from.Impersonator; i != nil {
		s.Impersonator = &Impersonator{Email: i.Email, Reason: text(i.Reason)}
	}
	s.Claims, s.ExpiresAt = from.Claims, moment(from.ExpiresAt)
	s.Offline = offline(from.Err)
}

// signedOut forgets who was signed in, and keeps what is not about them.
func (s *State) signedOut() {
	*s = State{Seq: s.Seq, Status: "signed-out", Attempt: s.Attempt, Error: s.Error, Storage: s.Storage, Notices: s.Notices,
		Demo: s.Demo, Roles: []string{}, Permissions: []string{}, Entitlements: []string{}, FeatureFlags: []string{},
		Claims: map[string]any{}}
}

func newUser(u authkit.User) *User {
	return &User{ID: u.ID, Email: u.Email, EmailVerified: u.EmailVerified, FirstName: text(u.FirstName),
		LastName: text(u.LastName), Name: text(u.Name), ProfilePictureURL: text(u.ProfilePictureURL),
		LastSignInAt: moment(u.LastSignInAt), CreatedAt: moment(u.CreatedAt), UpdatedAt: moment(u.UpdatedAt),
		ExternalID: text(u.ExternalID), Metadata: u.Metadata, Locale: text(u.Locale)}
}

// text is null on the page for what WorkOS does not know.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// list is never null on the page.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
