package vault_test

import (
	"context"
	"testing"

	"github.com/authkit-desktop/authkit/internal/keyringtest"
	"github.com/authkit-desktop/authkit/vault"
)

func withKeychain(c *vault.Config) { c.Passphrase = "" }

func TestKeyIsKeptInARealKeyring(t *testing.T) {
	keyringtest.Start(t)
	v := open(t, withKeychain)
	if err := v.Update(context.Background(), "session", put("one")); err != nil {
		t.Fatal(err)
	}
	if s := v.Storage(context.Background()); s.Kind != vault.InKeychain {
		t.Fatalf("storage: %+v", s)
	}
}
