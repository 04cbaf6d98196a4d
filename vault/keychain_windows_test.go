package vault_test

import (
	"context"
	"testing"

	"github.com/danieljoos/wincred"

	"github.com/authkit-desktop/authkit/vault"
)

func TestKeyIsKeptInTheCredentialManager(t *testing.T) {
	with := func(c *vault.Config) { c.Passphrase, c.AppID = "", "com.example.authkit.test" }
	v := open(t, with)
	t.Cleanup(func() {
		if cred, err := wincred.GetGenericCredential("com.example.authkit.test:vault key"); err == nil {
			cred.Delete()
		}
	})
	mustSave(t, v, "session", "one")
	s := v.Storage(context.Background())
	if s.Kind != vault.InKeychain {
		t.Fatalf("%+v", s)
	}
	mustLoad(t, openIn(t, s.Path, with), "session", "one")
	if n, err := v.Rotate(context.Background()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	mustLoad(t, openIn(t, s.Path, with), "session", "one")
}
