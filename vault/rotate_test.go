package vault_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authkit-desktop/authkit/vault"
)

const nextPassphrase = "another-passphrase-Kx7Qm2Lw9ZrT5vBn"

func TestOldPassphraseIsReadAndReplacedOnTheNextWrite(t *testing.T) {
	v := open(t)
	mustSave(t, v, "session", "one")
	mustSave(t, v, "other", "two")
	next := reopen(t, v, nextPassphrase, passphrase)
	mustLoad(t, next, "session", "one")
	mustSave(t, next, "session", "three")
	only := reopen(t, v, nextPassphrase)
	mustLoad(t, only, "session", "three")
	mustBeDamaged(t, only, "other", "the passphrase was changed")
}

func TestRotateSealsEverythingWithTheNewPassphrase(t *testing.T) {
	v := open(t)
	for _, name := range []string{"session", "Other", "a.b"} {
		mustSave(t, v, name, "older")
		mustSave(t, v, name, name)
	}
	before := everything(t, filepath.Dir(sealedFile(v)))
	if n, err := reopen(t, v, nextPassphrase, passphrase).Rotate(context.Background()); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	only := reopen(t, v, nextPassphrase)
	for _, name := range []string{"session", "Other", "a.b"} {
		mustLoad(t, only, name, name)
	}
	for name, data := range everything(t, filepath.Dir(sealedFile(v))) {
		for _, old := range before {
			if data == old && data != "" {
				t.Errorf("%s is still sealed with the old passphrase", name)
			}
		}
	}
}

func TestPassphraseCanBeGivenUpForTheKeychain(t *testing.T) {
	v, key := open(t), &memoryKeychain{}
	mustSave(t, v, "session", "one")
	dir := filepath.Dir(sealedFile(v))
	both := openIn(t, dir, func(c *vault.Config) {
		c.Passphrase, c.OldPassphrases, c.Keychain = "", []string{passphrase}, key
	})
	mustLoad(t, both, "session", "one")
	if n, err := both.Rotate(context.Background()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	mustLoad(t, openIn(t, dir, func(c *vault.Config) { c.Passphrase, c.Keychain = "", key }), "session", "one")
	mustBeDamaged(t, v, "session", "a key in the keychain")
}

// memoryKeychain is a keychain of one item, for what does not depend on a real one.
type memoryKeychain struct {
	text string
	fail error // what Set says
}

func (k *memoryKeychain) Get(string, string) (string, error) {
	if k.text == "" {
		return "", vault.ErrNoKey
	}
	return k.text, nil
}

func (k *memoryKeychain) Set(_, _, text string) error {
	if k.fail == nil {
		k.text = text
	}
	return k.fail
}

func TestRotateReplacesTheKeyInTheKeychainWhileOthersWork(t *testing.T) {
	key := &memoryKeychain{}
	with := func(c *vault.Config) { c.Passphrase, c.Keychain = "", key }
	v := open(t, with)
	dir := v.Storage(context.Background()).Path
	other := openIn(t, dir, with)
	mustSave(t, v, "session", "one")
	mustLoad(t, other, "session", "one") // knows the first key now

	first := key.text
	if n, err := v.Rotate(context.Background()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if !strings.HasSuffix(key.text, " "+first) {
		t.Error("the key before is not kept")
	}
	mustLoad(t, other, "session", "one") // notices by itself
	mustSave(t, other, "session", "two")

	late := openIn(t, dir, with)
	mustSave(t, late, "late", "three")
	if n, err := v.Rotate(context.Background()); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if strings.Contains(key.text, first) {
		t.Error("the first key is kept for ever")
	}
	for _, v := range []*vault.Vault{v, other, late, openIn(t, dir, with)} {
		mustLoad(t, v, "session", "two")
		mustLoad(t, v, "late", "three")
	}
}

func TestRotationThatTheKeychainRefusesChangesNothing(t *testing.T) {
	key := &memoryKeychain{}
	with := func(c *vault.Config) { c.Passphrase, c.Keychain = "", key }
	v := open(t, with)
	mustSave(t, v, "session", "one")
	key.fail = errors.New("read only")
	if _, err := v.Rotate(context.Background()); err == nil || !strings.Contains(err.Error(), "the key was not changed") {
		t.Fatal(err)
	}
	mustLoad(t, v, "session", "one")
	mustSave(t, v, "session", "two")
	mustLoad(t, openIn(t, v.Storage(context.Background()).Path, with), "session", "two")
}
