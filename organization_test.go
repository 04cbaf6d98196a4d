package authkit_test

import (
	"errors"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

func TestSwitchOrganization(t *testing.T) {
	w, k := atClock(t, emulator.Config{AutoSignIn: "bob@example.com"})
	c := w.client()
	w.signIn(c)
	orgs := w.server.Organizations()
	for _, org := range orgs {
		s, err := c.SwitchOrganization(t.Context(), org.ID)
		if err != nil || s.OrganizationID != org.ID || s.Role == "" {
			t.Fatalf("SwitchOrganization = %+v, %v", s, err)
		}
	}
	last := orgs[len(orgs)-1].ID
	_, err := c.SwitchOrganization(t.Context(), "org_nowhere")
	if _, ok := errors.AsType[*authkit.OrganizationError](err); !ok {
		t.Errorf("a foreign organization: %v", err)
	}
	k.advance(6 * time.Minute)
	w.token(c)
	if s, err := c.Session(t.Context()); err != nil || s.OrganizationID != last {
		t.Errorf("after expiry: %+v, %v", s, err)
	}
}

// A wrong secret, a file of nonsense, a file cut short: signed out with a word in the log, the file kept aside.
// Somebody who belongs to several organizations may have to choose one in the app, to finish the sign-in with.
func TestAChoiceOfOrganizationFinishesTheSignIn(t *testing.T) {
	w := newWorld(t, emulator.Config{AutoSignIn: "bob@example.com", SelectOrganizationAtExchange: true})
	c := w.client()
	w.handing(c)
	_, err := c.SignIn(t.Context())
	choice, ok := errors.AsType[*authkit.OrganizationSelectionError](err)
	if !ok || len(choice.Organizations) != 2 {
		t.Fatalf("SignIn = %v", err)
	}
	if _, err := c.SelectOrganization(t.Context(), choice, "org_nowhere"); err == nil {
		t.Error("a foreign organization was taken")
	}
	chosen := choice.Organizations[1]
	s, err := c.SelectOrganization(t.Context(), choice, chosen.ID)
	if err != nil || s.OrganizationID != chosen.ID || s.User.Email != "bob@example.com" {
		t.Fatalf("SelectOrganization = %v, %v", s, err)
	}
	if got, err := w.client().Session(t.Context()); err != nil || got.ID != s.ID {
		t.Errorf("another process: %v, %v", got, err)
	}
	if _, err := c.SelectOrganization(t.Context(), choice, chosen.ID); err == nil {
		t.Error("the same choice signed in twice")
	}
}

// A choice belongs to its sign-in, also in what becomes of whoever was signed in.
func TestAChoiceOfOrganizationMayAddAnAccount(t *testing.T) {
	w := newWorld(t, emulator.Config{SelectOrganizationAtExchange: true})
	c := w.client()
	w.signIn(c)
	_, err := c.SignIn(t.Context(), authkit.LoginHint("bob@example.com"), authkit.AddAccount())
	choice, ok := errors.AsType[*authkit.OrganizationSelectionError](err)
	if !ok {
		t.Fatalf("SignIn = %v", err)
	}
	if _, err := c.SelectOrganization(t.Context(), choice, choice.Organizations[0].ID); err != nil {
		t.Fatal(err)
	}
	if got := w.accounts(c); len(got) != 2 || got[0] != "bob@example.com" {
		t.Errorf("accounts %v", got)
	}
}

// The organization of the session was deleted, or the person has left it: the refresh goes on without.
func TestALostOrganizationEndsNoSession(t *testing.T) {
	w, k := atClock(t, emulator.Config{})
	c := w.client()
	s := w.signIn(c)
	if s.OrganizationID == "" {
		t.Fatal("alice has no organization to lose")
	}
	gone := `{"code":"organization_not_found","message":"The organization was not found."}`
	w.server.AddFaults(emulator.Fault{Route: emulator.Refresh, Status: 404, Body: &gone})
	k.advance(6 * time.Minute)
	w.token(c)
	if got, err := c.Session(t.Context()); err != nil || got.ID != s.ID {
		t.Errorf("Session = %v, %v", got, err)
	}
}
