package authkit_test

import (
	"errors"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

// accounts lists the addresses, the current one first.
func (w *world) accounts(c *authkit.Client) []string {
	w.Helper()
	list, err := c.Accounts(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	var emails []string
	for i, a := range list {
		if a.Current != (i == 0) {
			emails = append(emails, "nobody is current")
		}
		emails = append(emails, a.User.Email)
	}
	return emails
}

// twoAccounts signs alice in, and carol besides; carol is the current one.
func (w *world) twoAccounts(c *authkit.Client) (alice, carol *authkit.Session) {
	w.Helper()
	alice = w.signIn(c)
	carol = w.signIn(c, authkit.LoginHint("carol@example.com"), authkit.AddAccount())
	return alice, carol
}

func TestTwoPeopleInOneAppAreSwitchedWithoutBrowserAndNetwork(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	alice, carol := w.twoAccounts(c)
	if got := w.accounts(c); !slices.Equal(got, []string{"carol@example.com", "alice@example.com"}) {
		t.Fatalf("accounts %v", got)
	}
	tokenOfCarol, pages := w.token(c), len(w.pages)
	_ = w.server.Close()

	s, err := c.SwitchAccount(t.Context(), alice.User.ID)
	if err != nil || s.ID != alice.ID || s.User.Email != "alice@example.com" {
		t.Fatalf("SwitchAccount = %v, %v", s, err)
	}
	if w.token(c) == tokenOfCarol {
		t.Error("alice was given carol's token")
	}
	if got := w.accounts(c); !slices.Equal(got, []string{"alice@example.com", "carol@example.com"}) {
		t.Errorf("accounts %v", got)
	}
	if got, err := w.client().Session(t.Context()); err != nil || got.ID != alice.ID {
		t.Errorf("the next start knows %v, %v", got, err)
	}
	if s, err := c.SwitchAccount(t.Context(), carol.User.ID); err != nil || s.ID != carol.ID || w.token(c) != tokenOfCarol {
		t.Errorf("back to carol: %v, %v", s, err)
	}
	if s, err := c.SwitchAccount(t.Context(), carol.User.ID); err != nil || s.ID != carol.ID {
		t.Errorf("to whom is current already: %v, %v", s, err)
	}
	if _, err := c.SwitchAccount(t.Context(), "user_nobody"); !errors.Is(err, authkit.ErrUnknownAccount) {
		t.Errorf("to a stranger: %v", err)
	}
	if len(w.pages) != pages {
		t.Errorf("the browser was opened: %v", w.pages[pages:])
	}
}

func TestASwitchOfAccountReachesTheOtherProcesses(t *testing.T) {
	w, k := atClock(t, emulator.Config{})
	c, other := w.client(), w.client()
	alice, _ := w.twoAccounts(c)
	events := make(chan authkit.Event, 10)
	defer other.Subscribe(func(e authkit.Event) { events <- e })()
	<-events
	if _, err := c.SwitchAccount(t.Context(), alice.User.ID); err != nil {
		t.Fatal(err)
	}
	k.advance(time.Second)
	if s, err := other.Session(t.Context()); err != nil || s.ID != alice.ID {
		t.Errorf("Session = %v, %v", s, err)
	}
	if e := <-events; e.Kind != authkit.SignedIn || e.Session.ID != alice.ID {
		t.Errorf("event %v", e.Kind)
	}
}

// A sign-in without AddAccount replaces, and nobody is listed twice.
func TestASignInWithoutAddAccountReplaces(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	w.twoAccounts(c)
	w.signIn(c) // alice, who was set aside
	if got := w.accounts(c); !slices.Equal(got, []string{"alice@example.com"}) {
		t.Errorf("accounts %v", got)
	}
}

func TestSigningOutLeavesTheOtherAccounts(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	alice, _ := w.twoAccounts(c)
	if err := c.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Session(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
		t.Errorf("after the sign-out of the current account: %v", err)
	}
	list, err := c.Accounts(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != alice.User.ID || list[0].Current {
		t.Fatalf("accounts %v, %v", list, err)
	}
	if _, err := c.SwitchAccount(t.Context(), alice.User.ID); err != nil {
		t.Fatal(err)
	}
	w.signIn(c, authkit.LoginHint("carol@example.com"), authkit.AddAccount())
	if err := c.SignOut(t.Context(), authkit.AllAccounts()); err != nil {
		t.Fatal(err)
	}
	if got := w.accounts(c); len(got) != 0 {
		t.Errorf("after everybody's sign-out: %v", got)
	}
	if err := c.SignOut(t.Context(), authkit.AllAccounts()); !errors.Is(err, authkit.ErrSignedOut) {
		t.Errorf("with nobody left: %v", err)
	}
	w.twoAccounts(c)
	if err := errors.Join(c.SignOut(t.Context()), c.SignOut(t.Context(), authkit.AllAccounts())); err != nil {
		t.Errorf("with nobody current: %v", err)
	}
	if got := w.accounts(c); len(got) != 0 {
		t.Errorf("after everybody's second sign-out: %v", got)
	}
}

// A10: a refresh under way, in another process, is not overtaken by a switch: with strict rotation, the session that is
// set aside would be lost.
func TestASwitchWaitsForTheRefreshUnderWay(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c, other := w.client(), w.client()
	alice, carol := w.twoAccounts(c)
	w.server.AddFaults(emulator.Fault{Route: emulator.Refresh, Latency: 300 * time.Millisecond})
	before := w.server.Count(emulator.Refresh)
	refreshed := make(chan error, 1)
	go func() {
		_, err := other.Refresh(t.Context())
		refreshed <- err
	}()
	eventually(t, "the refresh is under way", func() bool { return w.server.Count(emulator.Refresh) > before })
	if _, err := c.SwitchAccount(t.Context(), alice.User.ID); err != nil {
		t.Fatal(err)
	}
	if err := <-refreshed; err != nil {
		t.Fatal(err)
	}
	if s, err := c.SwitchAccount(t.Context(), carol.User.ID); err != nil || s.ID != carol.ID {
		t.Fatalf("back to carol: %v, %v", s, err)
	}
	if s, err := c.Refresh(t.Context()); err != nil || s.ID != carol.ID {
		t.Errorf("carol's refresh after that: %v, %v", s, err)
	}
}

// The server has ended the session of an account that was set aside: switching to it says so, and costs nobody else
// anything.
func TestAnAccountThatEndedMeanwhile(t *testing.T) {
	w, k := atClock(t, emulator.Config{})
	c := w.client()
	alice, carol := w.twoAccounts(c)
	w.server.RevokeSession(alice.ID)
	k.advance(6 * time.Minute)
	s, err := c.SwitchAccount(t.Context(), alice.User.ID)
	if err != nil || !s.Stale {
		t.Fatalf("SwitchAccount = %+v, %v", s, err)
	}
	eventually(t, "alice's session is known to have ended", func() bool {
		_, err := c.AccessToken(t.Context())
		return errors.Is(err, authkit.ErrSignedOut)
	})
	list, err := c.Accounts(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != carol.User.ID {
		t.Fatalf("accounts %v, %v", list, err)
	}
	if s, err := c.SwitchAccount(t.Context(), carol.User.ID); err != nil || s.ID != carol.ID {
		t.Errorf("to carol: %v, %v", s, err)
	}
}

// The option survives until the link comes, also in a process that the link has started.
func TestAnAccountIsAddedByAColdStart(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	first := w.client()
	w.signIn(first)
	next := w.holding()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = first.SignIn(t.Context(), authkit.LoginHint("carol@example.com"), authkit.AddAccount())
	}()
	link := next()
	if u, err := url.Parse(link); err != nil || u.Query().Get("code") == "" {
		t.Fatalf("link without a code: %v", err)
	}
	second := w.client()
	if _, err := second.HandleCallback(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	if got := w.accounts(second); !slices.Equal(got, []string{"carol@example.com", "alice@example.com"}) {
		t.Errorf("accounts %v", got)
	}
	<-done
}
