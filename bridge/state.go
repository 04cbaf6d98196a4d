package bridge

import (
	"slices"
	"time"

	"github.com/authkit-desktop/authkit"
)

// State is everything that a page may know, and the whole of it every time: a page that comes late or reloads asks
// once and misses nothing. It is an allow-list. What is not named here does not cross (P07).
type State struct {
	Seq                  uint64         `json:"seq"` // rises with every change; a page drops a state whose number is smaller than the one it has
	Status               Status         `json:"status"`
	User                 *User          `json:"user"`
	SessionID            *string        `json:"sessionId"`
	AuthenticationMethod *string        `json:"authenticationMethod"` // Password, GoogleOAuth, …; null where WorkOS did not say
	OrganizationID       *string        `json:"organizationId"`
	Role                 *string        `json:"role"`
	Roles                []string       `json:"roles"`
	Permissions          []string       `json:"permissions"`
	Entitlements         []string       `json:"entitlements"`
	FeatureFlags         []string       `json:"featureFlags"`
	Impersonator         *Impersonator  `json:"impersonator"`
	Claims               map[string]any `json:"claims"`
	ExpiresAt            *time.Time     `json:"expiresAt"` // of the access token
	Offline              bool           `json:"offline"`
	Attempt              *Attempt       `json:"attempt"` // a sign-in under way
	Error                *Error         `json:"error"`   // how the latest one failed
	Storage              Storage        `json:"storage"`
	Notices              []Notice       `json:"notices"`
	Demo                 *Demo          `json:"demo"`
}

// Status is what is known of the person.
type Status string

// The values of Status.
const (
	Loading   Status = "loading" // the vault has not been read yet: neither "in" nor "out"
	SignedOut Status = "signed-out"
	SignedIn  Status = "signed-in"
)

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
	Redirect      Redirect     `json:"redirect"` // how the answer comes back
	Why           string       `json:"why"`      // why this redirect was chosen, for people
	StartedAt     time.Time    `json:"startedAt"`
	ExpiresAt     time.Time    `json:"expiresAt"`
	BrowserOpened bool         `json:"browserOpened"`
	URL           string       `json:"url"` // of the sign-in page, to be shown when the browser could not be opened
}

// Redirect is a way back from the browser.
type Redirect string

// The values of Redirect.
const (
	Scheme   Redirect = "scheme"
	Loopback Redirect = "loopback"
)

// Storage tells where the session is kept; "memory" means that it ends with the app.
type Storage struct {
	Kind StorageKind `json:"kind"`
	Why  string      `json:"why"`
}

// StorageKind is a place for the session.
type StorageKind string

// The values of StorageKind.
const (
	Keychain   StorageKind = "keychain"
	Passphrase StorageKind = "passphrase"
	Memory     StorageKind = "memory"
)

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
	s.Status = SignedIn
	user := newUser(from.User)
	s.User = &user
	s.SessionID, s.OrganizationID, s.Role = text(from.ID), text(from.OrganizationID), text(from.Role)
	s.AuthenticationMethod = text(from.AuthenticationMethod)
	s.Roles, s.Permissions = list(from.Roles), list(from.Permissions)
	s.Entitlements, s.FeatureFlags = list(from.Entitlements), list(from.FeatureFlags)
	s.Impersonator = nil
	if i := from.Impersonator; i != nil {
		s.Impersonator = &Impersonator{Email: i.Email, Reason: text(i.Reason)}
	}
	s.Claims, s.ExpiresAt = table(from.Claims), moment(from.ExpiresAt)
	s.Offline = offline(from.Err)
}

// signedOut forgets who was signed in, and keeps what is not about them.
func (s *State) signedOut() {
	*s = State{Seq: s.Seq, Status: SignedOut, Attempt: s.Attempt, Error: s.Error, Storage: s.Storage, Notices: s.Notices,
		Demo: s.Demo, Roles: []string{}, Permissions: []string{}, Entitlements: []string{}, FeatureFlags: []string{},
		Claims: map[string]any{}}
}

// notice sets one notice in a new list: windows may be reading the one that was emitted.
func (s *State) notice(id, text string) {
	kept := slices.DeleteFunc(slices.Clone(s.Notices), func(n Notice) bool { return n.ID == id })
	if text != "" {
		kept = append(kept, Notice{ID: id, Text: text})
	}
	s.Notices = kept
}

func newUser(u authkit.User) User {
	return User{ID: u.ID, Email: u.Email, EmailVerified: u.EmailVerified, FirstName: text(u.FirstName),
		LastName: text(u.LastName), Name: text(u.Name), ProfilePictureURL: text(u.ProfilePictureURL),
		LastSignInAt: moment(u.LastSignInAt), CreatedAt: moment(u.CreatedAt), UpdatedAt: moment(u.UpdatedAt),
		ExternalID: text(u.ExternalID), Metadata: table(u.Metadata), Locale: text(u.Locale)}
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

// table is never null on the page.
func table[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}
