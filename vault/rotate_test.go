package vault_test

import (
	"context"
	"errors"
	"maps"
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
	if _, err := v.Load(context.Background(), "session"); err == nil || !strings.Contains(err.Error(), "a key in the keychain") {
		t.Errorf("who still has the passphrase alone: %v", err)
	}
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

// Somebody starts the program once in a folder whose .env has a passphrase, or without the one that it always has. To look
// is not to lose: what was sealed before opens again when all is as before.
func TestRecordsOfTheOtherKeySourceAreLeftAloneUntilTheyAreWrittenOver(t *testing.T) {
	key := &memoryKeychain{}
	withKeychain := func(c *vault.Config) { c.Passphrase, c.Keychain = "", key }
	withPassphrase := func(*vault.Config) {}
	for name, settings := range map[string][2]func(*vault.Config){
		"a passphrase for once":  {withKeychain, withPassphrase},
		"no passphrase for once": {withPassphrase, withKeychain},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "vault")
			mustSave(t, openIn(t, dir, settings[0]), "session", "one")
			before := everything(t, dir)
			other := openIn(t, dir, settings[1])
			for range 2 {
				_, err := other.Load(context.Background(), "session")
				if d, ok := errors.AsType[*vault.DamagedError](err); !ok || !d.Good || d.KeptAs != "" || !strings.Contains(err.Error(), "left as it is") {
					t.Errorf("Load = %v", err)
				}
			}
			if after := everything(t, dir); !maps.Equal(after, before) {
				t.Error("a look has changed the folder")
			}
			mustLoad(t, openIn(t, dir, settings[0]), "session", "one")
			mustSave(t, other, "session", "two")
			mustLoad(t, other, "session", "two")
			if everything(t, dir)["session.corrupt"] != before["session.sealed"] {
				t.Error("what was written over was not kept")
			}
		})
	}
}
