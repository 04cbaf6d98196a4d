package bridge

import (
	"context"
	"errors"
	"strings"

	"github.com/authkit-desktop/authkit"
)

// Service is what a page can call. Its errors are *Error.
type Service struct{ b *Bridge }

// Service gives the methods to bind to the page.
func (b *Bridge) Service() *Service { return &Service{b} }

const pageFault = "This is a fault of the page; there is nothing that you could do."

// maxInput bounds a text that a page passes: an id or an address is never longer.
const maxInput = 1000

// SignInOptions are what a page may choose of a sign-in.
type SignInOptions struct {
	ScreenHint      ScreenHint `json:"screenHint,omitempty"`
	OrganizationID  string     `json:"organizationId,omitempty"`
	LoginHint       string     `json:"loginHint,omitempty"`
	Provider        string     `json:"provider,omitempty"`        // skips AuthKit's choice of providers, such as GoogleOAuth
	Prompt          string     `json:"prompt,omitempty"`          // "login" asks who signs in, even if the browser remembers somebody
	InvitationToken string     `json:"invitationToken,omitempty"` // accepts an invitation
	AddAccount      bool       `json:"addAccount,omitempty"`      // keeps whoever is signed in, for SwitchAccount
}

// ScreenHint is the form that AuthKit's page opens on.
type ScreenHint string

// The values of ScreenHint.
const (
	SignInScreen ScreenHint = "sign-in"
	SignUpScreen ScreenHint = "sign-up"
)

func (o SignInOptions) list() ([]authkit.SignInOption, error) {
	var list []authkit.SignInOption
	switch o.ScreenHint {
	case SignUpScreen:
		list = append(list, authkit.SignUp())
	case "", SignInScreen:
	default:
		return nil, &Error{Code: CodeInput, Message: `screenHint must be "sign-in" or "sign-up"`, Hint: pageFault}
	}
	for _, one := range []struct {
		value  string
		option func(string) authkit.SignInOption
	}{
		{o.OrganizationID, authkit.Organization},
		{o.LoginHint, authkit.LoginHint},
		{o.Provider, authkit.Provider},
		{o.Prompt, authkit.Prompt},
		{o.InvitationToken, authkit.Invitation},
	} {
		if err := checkInput(one.value); err != nil {
			return nil, err
		}
		if one.value != "" {
			list = append(list, one.option(one.value))
		}
	}
	if o.AddAccount {
		list = append(list, authkit.AddAccount())
	}
	return list, nil
}

// SignOutOptions are what a page may choose of a sign-out.
type SignOutOptions struct {
	ReturnTo    string `json:"returnTo,omitempty"`    // where the browser goes afterwards; must be registered in the dashboard
	AllAccounts bool   `json:"allAccounts,omitempty"` // everybody, not only the current account
}

func (o SignOutOptions) list() ([]authkit.SignOutOption, error) {
	if err := checkInput(o.ReturnTo); err != nil {
		return nil, err
	}
	var list []authkit.SignOutOption
	if o.ReturnTo != "" {
		list = append(list, authkit.ReturnTo(o.ReturnTo))
	}
	if o.AllAccounts {
		list = append(list, authkit.AllAccounts())
	}
	return list, nil
}

func checkInput(s string) error {
	if len(s) > maxInput || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) {
		return &Error{Code: CodeInput, Message: "a text is too long or has control characters", Hint: pageFault}
	}
	return nil
}

// State gives the state, after the first look at the vault.
func (s *Service) State(ctx context.Context) (State, error) {
	select {
	case <-s.b.known:
	case <-ctx.Done():
		return State{}, newError(ctx.Err())
	}
	// The look brings what other processes have done meanwhile; its events reach the state by themselves.
	_, _ = s.b.client.Session(ctx)
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	return s.b.state, nil
}

// SignIn begins a sign-in and returns at once; how it goes on is in the state. One that is under way is given up.
func (s *Service) SignIn(_ context.Context, o SignInOptions) (State, error) {
	options, err := o.list()
	if err != nil {
		return State{}, err
	}
	return s.b.signIn(options), nil
}

// CancelSignIn gives up the sign-in under way, if there is one, and forgets how an earlier one failed.
func (s *Service) CancelSignIn(context.Context) (State, error) { return s.b.cancelSignIn(), nil }

// ReopenSignIn opens the sign-in page again.
func (s *Service) ReopenSignIn(ctx context.Context) (State, error) {
	state, err := s.b.reopenSignIn(ctx)
	return state, fail(err)
}

// SignOut signs the person out here, and opens the page that ends the hosted session in the browser. Who is signed out
// already, in another window perhaps, is so afterwards too: that is no failure.
func (s *Service) SignOut(ctx context.Context, o SignOutOptions) (State, error) {
	options, err := o.list()
	if err != nil {
		return State{}, err
	}
	err = s.b.client.SignOut(ctx, options...)
	if err != nil && !errors.Is(err, authkit.ErrSignedOut) {
		if _, signedOut := errors.AsType[*authkit.BrowserError](err); !signedOut {
			return State{}, fail(err)
		}
		s.b.Notice(noticeSignOut, "You are signed out here, but your browser could not be opened, and may still remember you: "+
			"the next sign-in there may need no password.")
	}
	return s.b.settled(), nil
}

// noticeSignOut is about the latest sign-out, until the next sign-in.
const noticeSignOut = "sign-out"

// SwitchOrganization renews the session for another organization.
func (s *Service) SwitchOrganization(ctx context.Context, id string) (State, error) {
	if err := checkInput(id); err != nil {
		return State{}, err
	}
	if _, err := s.b.client.SwitchOrganization(ctx, id); err != nil {
		return State{}, fail(err)
	}
	return s.b.settled(), nil
}

// Account is a person who is signed in to the app. The State is about the current one.
type Account struct {
	ID             string  `json:"id"` // the user's id: what SwitchAccount takes
	User           User    `json:"user"`
	OrganizationID *string `json:"organizationId"`
	Current        bool    `json:"current"`
}

// Accounts lists everybody who is signed in to the app, the current account first.
func (s *Service) Accounts(ctx context.Context) ([]Account, error) {
	accounts, err := s.b.client.Accounts(ctx)
	if err != nil {
		return nil, fail(err)
	}
	list := make([]Account, 0, len(accounts))
	for _, a := range accounts {
		list = append(list, Account{ID: a.ID, User: newUser(a.User), OrganizationID: text(a.OrganizationID), Current: a.Current})
	}
	return list, nil
}

// SwitchAccount makes another of the Accounts the current one.
func (s *Service) SwitchAccount(ctx context.Context, id string) (State, error) {
	if err := checkInput(id); err != nil {
		return State{}, err
	}
	if _, err := s.b.client.SwitchAccount(ctx, id); err != nil {
		return State{}, fail(err)
	}
	return s.b.settled(), nil
}

// GetAccessToken gives a valid access token.
func (s *Service) GetAccessToken(ctx context.Context) (string, error) {
	token, err := s.b.client.AccessToken(ctx)
	return token, fail(err)
}

// fail is newError without the trap of a nil pointer in an error.
func fail(err error) error {
	if e := newError(err); e != nil {
		return e
	}
	return nil
}
