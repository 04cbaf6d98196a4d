package authkittest_test

import (
	"testing"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/authkittest"
	"github.com/authkit-desktop/authkit/emulator"
)

func TestAliceSignsInAndStaysSignedIn(t *testing.T) {
	srv := authkittest.New(t, authkittest.User{Email: "alice@example.com"})
	client, err := authkit.New(srv.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()

	session := srv.SignIn(client) // alice, who has a browser, and no window
	if session.User.Email != "alice@example.com" {
		t.Errorf("signed in as %s", session.User.Email)
	}
	if _, err := client.Refresh(t.Context()); err != nil {
		t.Error(err)
	}
	srv.WantCalls(emulator.Refresh, 1)
}
