package bridge

import (
	"context"
	"strings"

	"github.com/authkit-desktop/authkit"
)

// Service is what a page can call. Its errors are *Error.
type Service struct{ b *Bridge }

// Service gives the methods to bind to the page.
func (b *Bridge) Service() *Service { return &Service{b} }

// maxInput bounds a text that a page passes: an id or an address is never longer.
const maxInput = 1000

// SignInOptions are what a page may choose of a sign-in.
type SignInOptions struct {
	ScreenHint     string `json:"screenHint"` // sign-in, sign-up
	OrganizationID string `json:"organizationId"`
	LoginHint      string `json:"loginHint"`
	Provider       string `json:"provider"`
}

func (o SignInOptions) list() ([]authkit.SignInOption, error) {
	for _, s := range []string{o.ScreenHint, o.OrganizationID, o.LoginHint, o.Provider} {
		if err := checkInput(s); err != nil {
			return nil, err
		}
	}
	var list []authkit.SignInOption
	switch o.ScreenHint {
	case "sign-up":
		list = append(list, authkit.SignUp())
	case "", "sign-in":
	default:
		return nil, &Error{Code: CodeInput, Message: `screenHint must be "sign-in" or "sign-up"`}
	}
	for value, option := range map[*string]func(string) authkit.SignInOption{
		&o.OrganizationID: authkit.Organization, &o.LoginHint: authkit.LoginHint, &o.Provider: authkit.Provider} {
		if *value != "" {
			list = append(list, option(*value))
		}
	}
	return list, nil
}

func checkInput(s string) error {
	if len(s) > maxInput || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) {
		return &Error{Code: CodeInput, Message: "a text is too long or has control characters", Hint: "This is a fault of the page."}
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

// CancelSignIn gives up the sign-in under way, if there is one.
func (s *Service) CancelSignIn(context.Context) (State, error) { return s.b.cancelSignIn(), nil }

// ReopenSignIn opens the sign-in page again.
func (s *Service) ReopenSignIn(ctx context.Context) (State, error) {
	state, err := s.b.reopenSignIn(ctx)
	return state, fail(err)
}

// SignOut signs the person out here, and opens the page that ends the hosted session in the browser.
func (s *Service) SignOut(ctx context.Context) (State, error) {
	err := s.b.client.SignOut(ctx)
	state := s.b.change(func(st *State) {
		if st.Status == "signed-in" && err == nil {
			st.signedOut()
		}
	})
	return state, fail(err)
}

// SwitchOrganization renews the session for another organization.
func (s *Service) SwitchOrganization(ctx context.Context, id string) (State, error) {
	if err := checkInput(id); err != nil {
		return State{}, err
	}
	session, err := s.b.client.SwitchOrganization(ctx, id)
	if err != nil {
		return State{}, fail(err)
	}
	return s.b.change(func(st *State) { st.signedIn(session) }), nil
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
