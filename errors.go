package authkit

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrSignedOut says that nobody is signed in. An error of a session that the server has ended is ErrSignedOut too
	// (errors.Is), and a *SessionEndedError besides.
	ErrSignedOut = errors.New("nobody is signed in")

	// ErrOffline says that WorkOS could not be asked. The person stays signed in; what is missing is a valid access
	// token, until a later call reaches the server.
	ErrOffline = errors.New("WorkOS cannot be reached, so there is no valid access token for now; the person stays signed in")

	// ErrUnreachable says that a sign-in failed because WorkOS could not be reached.
	ErrUnreachable = errors.New("the sign-in needs a connection to WorkOS")

	// ErrSignInTimeout says that nobody has finished the sign-in page in time.
	ErrSignInTimeout = errors.New("nobody finished the sign-in page within ten minutes; sign in again when you like")

	// ErrNoAttempt says that a callback belongs to no sign-in that this app has begun in the last ten minutes. It was
	// ignored; a sign-in that is under way goes on.
	ErrNoAttempt = errors.New("the link belongs to no sign-in that this app has begun, so it was ignored")

	// ErrClosed says that the client was used after Close.
	ErrClosed = errors.New("the client has been closed")
)

// Problem is one thing that is wrong with a Config.
type Problem struct {
	Field string // the Config field
	What  string // what is wrong with it
	Fix   string // what to do
}

// ConfigError lists everything that is wrong with a Config.
type ConfigError struct{ Problems []Problem }

func (e *ConfigError) Error() string {
	var b strings.Builder
	b.WriteString("sign-in cannot work with this configuration:")
	for _, p := range e.Problems {
		fmt.Fprintf(&b, "\n  %s: %s\n    to fix it, %s", p.Field, p.What, p.Fix)
	}
	return b.String()
}

// SignInError says that a sign-in ended without a session. Whoever was signed in before still is.
type SignInError struct {
	Code        string // the server's: access_denied, invalid_grant, sso_required, …
	Description string // the server's, one line, may be empty
}

func (e *SignInError) Error() string {
	if e.Description == "" {
		return fmt.Sprintf("the sign-in was not completed (%s): %s", e.Code, advice(e.Code))
	}
	return fmt.Sprintf("the sign-in was not completed (%s: %s): %s", e.Code, e.Description, advice(e.Code))
}

// advice is the sentence that follows from a code: what it means for the person, or what the developer must change.
func advice(code string) string {
	switch code {
	case "access_denied":
		return "it was cancelled or refused on the sign-in page; sign in again when you like"
	case "invalid_grant":
		return "the answer came too late or was used before; sign in again"
	case "expired_token":
		return "the code was not used in time; sign in again for a new one"
	case "invalid_client", "unauthorized_client":
		return "check in the WorkOS dashboard that the client id belongs to this environment"
	case "pkce_not_supported":
		return "this environment does not accept public clients; switch AuthKit with PKCE on in the WorkOS dashboard"
	case "sso_required":
		return "this address signs in through its organization; sign in again and choose single sign-on"
	case "email_verification_required", "mfa_enrollment", "mfa_challenge":
		return "a step on the sign-in page is missing; sign in again and finish it there"
	}
	return "sign in again; if it keeps happening, give this code to the app's support"
}

// SessionEndedError says that the server has ended the session: it was revoked, it expired, or a new sign-in is asked
// for. errors.Is(err, ErrSignedOut) is true.
type SessionEndedError struct {
	Code string // invalid_grant, mfa_enrollment or sso_required
}

func (e *SessionEndedError) Error() string {
	return fmt.Sprintf("the session has ended on the server (%s); sign in again to go on", e.Code)
}

// Is makes a session that has ended an ErrSignedOut.
func (e *SessionEndedError) Is(target error) bool { return target == ErrSignedOut }

// OrganizationError says that a switch of organization was refused. The session stays as it was.
type OrganizationError struct {
	OrganizationID string
	Code           string
	Description    string
}

func (e *OrganizationError) Error() string {
	return fmt.Sprintf("switching to organization %s was refused (%s); you are still signed in as before", e.OrganizationID, e.Code)
}

// BrowserError says that no browser could be opened. The URL holds no secret; show it to the person.
type BrowserError struct {
	URL string
	Err error
}

func (e *BrowserError) Error() string {
	return fmt.Sprintf("no browser could be opened (%v); open this address yourself: %s", e.Err, e.URL)
}

func (e *BrowserError) Unwrap() error { return e.Err }
