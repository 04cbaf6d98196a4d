package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/vault"
)

// openForLogin makes the client of a sign-in, and says beforehand when the session will not outlive this command: a person
// should know before they type a password.
func (l *login) openForLogin(ctx context.Context) (*authkit.Client, error) {
	if l.dir == "" {
		if err := checkSudo(); err != nil {
			return nil, err
		}
	}
	client, err := l.open(l.program, l.keepBrowserShut)
	if err != nil {
		return nil, err
	}
	if _, err := client.Accounts(ctx); err != nil { // a folder that the vault refuses
		return nil, errors.Join(err, client.Close())
	}
	storage := client.Storage(ctx)
	if storage.Kind != vault.InMemory {
		if err := writable(storage.Path); err != nil {
			storage = vault.Storage{Kind: vault.InMemory, Cause: err}
		}
	}
	if storage.Kind == vault.InMemory {
		why := strings.TrimSuffix(storage.Why, ".")
		if storage.Cause != nil {
			why = storage.Cause.Error()
		}
		l.err.say("Note: nothing can be kept here: %s.\nThis sign-in ends with this command, and the next one will not know of it.\n"+
			"To keep it, set HOME or --dir to a folder that can be written to, and WORKOS_ENCRYPTION_SECRET where there is no keychain.\n", plain(why))
	}
	return client, nil
}

// writable tries whether a file can be made in the folder, and leaves it as it was: a sign-in that is given up should leave nothing.
// A folder that belongs to somebody else is the vault's to refuse.
func writable(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	err := os.Mkdir(dir, 0o700)
	switch info, lerr := os.Lstat(dir); {
	case err == nil:
		defer func() { _ = os.Remove(dir) }() // another process may have put something into it meanwhile
	case !errors.Is(err, os.ErrExist):
		return err
	case lerr != nil || !info.IsDir():
		return nil // the vault says it better
	}
	probe, err := os.CreateTemp(dir, "probe-*.tmp")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}
