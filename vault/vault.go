// Package vault keeps small secrets in sealed files: an AEAD, written atomically, locked between processes.
//
// A [Vault] is a folder of named records. The key that seals them comes from the system's keychain, or from a
// passphrase; with neither, the records live in memory for this run and [Vault.Storage] says why. Plaintext is never
// written to disk, and a record that was not sealed with the vault's key is never returned.
//
//	v, err := vault.New(vault.Config{Dir: dir, AppID: "com.example.notes"})
//	err = v.Update(ctx, "session", func(old []byte) ([]byte, error) { return next, nil })
//	data, err := v.Load(ctx, "session")
//
// # Records
//
// [Vault.Update] is a read-modify-write under a short lock that all processes share; it is for local work. Work that
// crosses the network takes [Vault.Lock] first. [Vault.Load] takes no lock: a write replaces the file in one step, so
// a reader sees the old record or the new one. [Vault.Stamp] tells cheaply whether a record has changed since.
//
// # Failure
//
// A file that cannot be opened (damaged, cut short, foreign, of a newer version, sealed with another key) is set aside
// as NAME.corrupt and reported once as a [*DamagedError]; after that the record is absent. A file whose key comes from
// the keychain, while this vault has a passphrase, or the other way round, is reported and left alone until the record
// is written: a program that is started once with other settings must not cost the next start its records. A folder or file that
// others could read or have planted is refused with [ErrUnsafe] and left alone. When the keychain cannot be used, files
// on disk are left alone too: they are for the next run.
//
// # Not done
//
// The vault does not hide the size or the names of the records, does not defend against a program that runs as the
// same person, and cannot tell a record from an older one of the same name that was put back: the file format is in
// docs/vault.md.
package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// MaxRecord is the largest record in bytes that a vault takes, before sealing.
const MaxRecord = 1 << 20

// MinPassphrase is the least number of characters of a passphrase.
const MinPassphrase = 32

// ErrUnchanged is returned by the function given to [Vault.Update] to leave the record as it is; Update then returns nil.
var ErrUnchanged = errors.New("vault: record unchanged")

// ErrUnsafe marks a folder or file that others can read, own, or have planted. Nothing was read from it or written to it.
var ErrUnsafe = errors.New("vault: refused as unsafe")

// ErrNoFolder says that the vault was given no folder.
var ErrNoFolder = errors.New("there is no folder to keep sealed files in")

// ErrBusy says that another process held the lock of the folder for 10 s, far longer than any write takes: it is
// stopped, or hangs. Nothing was changed.
var ErrBusy = errors.New("vault: another process holds the vault's lock and does not let go")

// Config says where a vault is and where its key comes from.
type Config struct {
	Dir   string // folder of the sealed files, made with mode 0700 when absent; zero: the records live in memory
	AppID string // bound into every record, and the name of the keychain item. Required.

	Passphrase     string   `json:"-"` // when set, at least 32 characters: the key comes from it and the keychain is not used
	OldPassphrases []string `json:"-"` // earlier ones: records sealed with them are read, and sealed with the present key when next written

	Keychain        Keychain      `json:"-"` // zero: the system's
	KeychainTimeout time.Duration // longest wait for one answer of the keychain; zero: 3 s
	Logger          *slog.Logger  `json:"-"` // zero: discards
}

// Format keeps the passphrases out of every verb of package fmt.
func (c Config) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "vault.Config(%s in %s)", c.AppID, c.Dir) }

// Vault is a folder of sealed records. Its methods are safe for concurrent use, by goroutines and by processes.
type Vault struct {
	dir   string
	appID string
	log   *slog.Logger
	keys  *keys

	fallback atomic.Pointer[memory] // not nil: the key cannot be had, records live here
	inMemory *memory                // what fallback points at; kept so that falling back twice loses nothing
	locks    locks
}

// New checks the configuration, and nothing else: the folder and the key are looked at on first use.
func New(c Config) (*Vault, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	v := &Vault{appID: c.AppID, log: c.Logger, keys: newKeys(c), inMemory: newMemory()}
	if c.Dir == "" {
		v.fallBack(unavailable{error: ErrNoFolder})
		return v, nil
	}
	var err error
	if v.dir, err = filepath.Abs(c.Dir); err != nil {
		return nil, fmt.Errorf("vault: folder %q has no absolute path: %w", c.Dir, err)
	}
	return v, nil
}

func (c Config) check() error {
	var errs []error
	if c.AppID == "" || len(c.AppID) > 255 {
		errs = append(errs, errors.New("vault: the app id must have 1 to 255 bytes: set Config.AppID to something like com.example.notes"))
	}
	if c.Passphrase != "" {
		errs = append(errs, CheckPassphrase(c.Passphrase))
	}
	return errors.Join(errs...)
}

// CheckPassphrase says what is wrong with a passphrase, or returns nil.
func CheckPassphrase(p string) error {
	if n := utf8.RuneCountInString(p); n < MinPassphrase {
		return fmt.Errorf("vault: the passphrase has %d characters, and fewer than %d can be guessed: make one with `%s`",
			n, MinPassphrase, goodPassphrase)
	}
	return nil
}

// Format keeps keys out of every verb of package fmt.
func (v *Vault) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "vault(%s)", v.dir) }

// Load returns the record called name.
//
// It fails with [fs.ErrNotExist] when there is none, and with a [*DamagedError] when there is one that cannot be
// opened: that file is then out of the way, and the next Load says fs.ErrNotExist, unless DamagedError.KeptAs is empty.
func (v *Vault) Load(ctx context.Context, name string) ([]byte, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if m := v.memory(); m != nil {
		return m.load(name)
	}
	f, err := openFolder(v.dir)
	if err != nil {
		return nil, err
	}
	defer f.close()
	data, _, err := v.open(ctx, f, name)
	switch {
	case isUnavailable(err):
		return v.fallBack(err).load(name)
	case isOtherSource(err):
		return nil, v.leftAlone(name, err)
	case isDamage(err):
		return v.loadDamaged(ctx, name, err)
	}
	return data, err
}

// Update replaces the record called name by what change makes of it, under a lock that all processes share.
//
// Change is given the present record, nil when there is none, and returns the next: nil removes the record,
// [ErrUnchanged] leaves it alone, any other error is returned by Update and changes nothing. Change is called at most
// once, must not call Update itself, and must not wait for the network: other processes wait for it.
//
// When Update fails, the earlier record is still in place. A present record that cannot be opened counts as absent;
// it is set aside, and logged.
func (v *Vault) Update(ctx context.Context, name string, change func(old []byte) ([]byte, error)) error {
	_, err := v.UpdateStamped(ctx, name, change)
	return err
}

// UpdateStamped is Update, and gives the [Stamp] of what it left, changed or not. A Stamp that is taken after Update may
// already be that of another process's change. When Update fails before it has the lock, it is a look from outside.
func (v *Vault) UpdateStamped(ctx context.Context, name string, change func(old []byte) ([]byte, error)) (Stamp, error) {
	if err := checkName(name); err != nil {
		return Stamp{}, err
	}
	if m := v.memory(); m != nil {
		return m.update(name, change)
	}
	if err := v.keys.ready(ctx); isUnavailable(err) {
		return v.fallBack(err).update(name, change)
	} else if err != nil {
		return v.left(name), err
	}
	f, unlock, err := v.lockFolder(ctx)
	if err != nil {
		return v.left(name), fmt.Errorf("vault: record %q was not changed: %w", name, err)
	}
	defer unlock()
	err = v.updateLocked(ctx, f, name, change)
	return v.left(name), err
}

// left is the stamp of a record, zero where it cannot be looked at: the next one who can will then read the record.
func (v *Vault) left(name string) Stamp {
	s, _ := v.Stamp(name)
	return s
}

func (v *Vault) updateLocked(ctx context.Context, f *folder, name string, change func([]byte) ([]byte, error)) error {
	old, salt, err := v.open(ctx, f, name)
	if isDamage(err) {
		_ = v.setAside(f, name, err) // logged
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	next, err := change(old)
	switch {
	case errors.Is(err, ErrUnchanged):
		return nil
	case err != nil:
		return err
	case next == nil:
		return f.remove(name)
	}
	err = v.seal(ctx, f, name, salt, next)
	if isUnavailable(err) { // there was no key yet, and none could be stored
		_, err = v.fallBack(err).update(name, func([]byte) ([]byte, error) { return next, nil })
	}
	return err
}
