package bridge

import (
	"context"
	"errors"

	"github.com/authkit-desktop/authkit"
)

// Error is a failure in the page's terms: a code to branch on, what happened, and what to do.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

func (e *Error) Error() string { return e.Message }

// The codes of Error that are not the server's own.
const (
	CodeSignedOut   = "signed_out"
	CodeOffline     = "offline"
	CodeUnreachable = "unreachable"
	CodeTimeout     = "timeout"
	CodeCancelled   = "cancelled"
	CodeNotExpected = "not_expected"
	CodeBrowser     = "browser_not_opened"
	CodeInput       = "invalid_input"
	CodeAccount     = "unknown_account"
	CodeInternal    = "internal"
)

// newError puts an error of the library into the page's terms; nil stays nil.
func newError(err error) *Error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	if signIn, ok := errors.AsType[*authkit.SignInError](err); ok {
		return &Error{Code: signIn.Code, Message: signIn.Error(), Hint: "Sign in again when you like."}
	}
	if organization, ok := errors.AsType[*authkit.OrganizationError](err); ok {
		return &Error{Code: organization.Code, Message: organization.Error(), Hint: "Choose another organization, or ask its administrator."}
	}
	e := &Error{Code: CodeInternal, Message: err.Error(), Hint: "Try again; if it keeps happening, restart the app."}
	e.classify(err)
	return e
}

func (e *Error) classify(err error) {
	var browser *authkit.BrowserError
	for _, k := range []struct {
		is         bool
		code, hint string
	}{
		{errors.Is(err, authkit.ErrSignedOut), CodeSignedOut, "Sign in to go on."},
		{errors.Is(err, authkit.ErrOffline), CodeOffline, "Nothing is lost. It goes on by itself when the connection is back."},
		{errors.Is(err, authkit.ErrUnreachable), CodeUnreachable, "Check the connection, then sign in again."},
		{errors.Is(err, authkit.ErrSignInTimeout), CodeTimeout, "Sign in again when you like."},
		{errors.Is(err, authkit.ErrNoAttempt), CodeNotExpected, "If you meant to sign in, start here in the app."},
		{errors.Is(err, authkit.ErrUnknownAccount), CodeAccount, "Sign in with that account again."},
		{errors.Is(err, context.Canceled), CodeCancelled, "Sign in again when you like."},
		{errors.As(err, &browser), CodeBrowser, "Open the address yourself."},
	} {
		if k.is {
			e.Code, e.Hint = k.code, k.hint
			return
		}
	}
}

// offline reports whether err is a connection's fault.
func offline(err error) bool { return errors.Is(err, authkit.ErrOffline) }
