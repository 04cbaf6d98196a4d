package vault

import (
	"context"
	"fmt"
)

// Rotate seals every record anew and returns how many: under a fresh key when the key is in the keychain, otherwise
// under Config.Passphrase with a fresh salt (put the passphrase before it in Config.OldPassphrases).
//
// It may be killed at any instant, and other processes may work meanwhile: the keychain keeps the key before the
// present one too, until the next rotation. Records that cannot be opened are set aside, as by Update.
func (v *Vault) Rotate(ctx context.Context) (resealed int, err error) {
	if v.dir == "" {
		return 0, nil
	}
	if err := v.keys.ready(ctx); err != nil {
		return 0, fmt.Errorf("vault: the key was not changed: %w", err)
	}
	f, unlock, err := v.lockFolder(ctx)
	if err != nil {
		return 0, fmt.Errorf("vault: the key was not changed: %w", err)
	}
	defer unlock()
	if err := v.keys.rotate(ctx, func() error { _, err := v.resealAll(ctx, f); return err }); err != nil {
		return 0, fmt.Errorf("vault: the key was not changed: %w", err)
	}
	return v.resealAll(ctx, f)
}

// resealAll gives all records the present key and one new salt.
func (v *Vault) resealAll(ctx context.Context, f *folder) (n int, err error) {
	names, err := f.records()
	if err != nil {
		return 0, err
	}
	fresh := newSalt()
	for _, name := range names {
		plain, _, err := v.open(ctx, f, name)
		if isDamage(err) {
			_ = v.setAside(f, name, err) // logged
			continue
		}
		if err == nil {
			err = v.seal(ctx, f, name, &fresh, plain)
		}
		if err == nil {
			err = f.discardSpare(name) // it is under the key that is to be given up
		}
		if err != nil {
			return n, fmt.Errorf("vault: %d of %d records were sealed anew, the others are as they were; try again: %w", n, len(names), err)
		}
		n++
	}
	return n, nil
}

// rotate puts a new key in the keychain. The key before the present one is forgotten then, so settle is called first:
// it sees to it that no record needs that key, should an earlier rotation have been killed.
func (k *keys) rotate(ctx context.Context, settle func() error) error {
	if k.sealing != fromKeychain {
		return nil
	}
	if err := settle(); err != nil {
		return err
	}
	return k.exclusively(ctx, func() error {
		if err := k.fetch(ctx); err != nil {
			return err
		}
		masters := append([][]byte{newMaster()}, k.masters...)
		return k.store(ctx, masters[:min(2, len(masters))])
	})
}
