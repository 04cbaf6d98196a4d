package authkit_test

import (
	"errors"
	"testing"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
	"github.com/authkit-desktop/authkit/vault"
)

func TestTheKeyIsChangedAndNobodyIsSignedOut(t *testing.T) {
	const next = "Q9vLw2mXz7TnB4cKj8RyD5fHs3GpA6Ue"
	w := newWorld(t, emulator.Config{})
	c := w.client()
	alice, carol := w.twoAccounts(c)
	_ = c.Close()

	rotating := w.client(func(cfg *authkit.Config) {
		cfg.EncryptionSecret, cfg.OldEncryptionSecrets = next, []string{testSecret}
	})
	if s, err := rotating.Session(t.Context()); err != nil || s.ID != carol.ID {
		t.Fatalf("with the old secret known: %v, %v", s, err)
	}
	if err := rotating.RotateKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	only := w.client(func(cfg *authkit.Config) { cfg.EncryptionSecret = next })
	for _, s := range []*authkit.Session{alice, carol} {
		if got, err := only.SwitchAccount(t.Context(), s.User.ID); err != nil || got.ID != s.ID {
			t.Errorf("with the new secret alone: %v, %v", got, err)
		}
	}
	if _, err := w.client().Session(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
		t.Errorf("with the old secret alone: %v", err)
	}
}

// An account without a home, as cron, sudo and containers have it.
func TestWithoutAHomeFolderTheSessionLivesInMemory(t *testing.T) {
	for _, name := range []string{"HOME", "XDG_STATE_HOME", "LocalAppData", "AppData", "USERPROFILE"} {
		t.Setenv(name, "")
	}
	w := newWorld(t, emulator.Config{})
	c := w.client(func(cfg *authkit.Config) { cfg.Dir = "" })
	if s := w.signIn(c); s.Err != nil {
		t.Errorf("the session says %v", s.Err)
	}
	if _, err := c.Refresh(t.Context()); err != nil {
		t.Error(err)
	}
	if s := c.Storage(t.Context()); s.Kind != vault.InMemory || !errors.Is(s.Cause, vault.ErrNoFolder) {
		t.Errorf("Storage = %+v", s)
	}
	if err := c.SignOut(t.Context()); err != nil {
		t.Error(err)
	}
}
