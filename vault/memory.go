package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
)

// Kinds of [Storage].
const (
	InKeychain   = "keychain"   // sealed files, the key in the system's keychain
	InPassphrase = "passphrase" // sealed files, the key made from Config.Passphrase
	InMemory     = "memory"     // no files: the records end with this run
)

// Storage says where records are kept.
type Storage struct {
	Kind  string `json:"kind"`
	Path  string `json:"path"` // folder of the sealed files; empty in memory
	Why   string `json:"why"`  // for people: why this kind, and what to do for a better one
	Cause error  `json:"-"`    // in memory: [ErrNoBus], [ErrLocked], …, for errors.Is; else nil
}

// Storage says where records are kept, asking the keychain if it has not been asked yet.
func (v *Vault) Storage(ctx context.Context) Storage {
	if v.dir != "" && v.keys.sealing != fromKeychain {
		return Storage{Kind: InPassphrase, Path: v.dir, Why: "sealed files in " + v.dir + "; their key is made from the encryption secret"}
	}
	m := v.memory()
	if m == nil {
		if err := v.keys.ready(ctx); isUnavailable(err) {
			m = v.fallBack(err)
		} else if err != nil {
			return Storage{Kind: InKeychain, Path: v.dir, Why: "the keychain was not asked to the end: " + err.Error()}
		}
	}
	if m != nil {
		cause := m.whyHere()
		return Storage{Kind: InMemory, Why: whyMemory(cause), Cause: cause}
	}
	return Storage{Kind: InKeychain, Path: v.dir, Why: "sealed files in " + v.dir + "; their key is in the system's keychain"}
}

func whyMemory(cause error) string {
	return fmt.Sprintf("kept in memory, for this run only: %v. To stay signed in after a restart, %s. Sealed files are left as they are.", cause, advice(cause))
}

// memory returns the records of this run, or nil while records are in sealed files.
//
// A keychain that was given up as hanging (its prompt may have waited for the person) and answers after all is used
// from then on, if nothing was kept in memory meanwhile: what was put there would otherwise seem to vanish.
func (v *Vault) memory() *memory {
	m := v.fallback.Load()
	if m != nil && m.mayLeave() && v.fallback.CompareAndSwap(m, nil) {
		v.log.Info("the keychain answers now; records are in sealed files again", "folder", v.dir)
		return nil
	}
	return m
}

// fallBack keeps records in memory from now on.
func (v *Vault) fallBack(err error) *memory {
	u, _ := errors.AsType[unavailable](err)
	v.inMemory.enter(u)
	if v.fallback.CompareAndSwap(nil, v.inMemory) {
		v.log.Warn(whyMemory(u.error))
	}
	return v.inMemory
}

// memory holds the records of a vault that has no key.
type memory struct {
	updating sync.Mutex // one change at a time, as the lock of the folder has it

	mu      sync.Mutex // guards what follows
	records map[string]remembered
	changes int64 // ever made; 0: nothing was kept here
	why     unavailable
}

type remembered struct {
	data   []byte
	change int64
}

func newMemory() *memory { return &memory{records: map[string]remembered{}} }

func (m *memory) enter(why unavailable) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.why = why
}

func (m *memory) whyHere() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.why.error
}

func (m *memory) mayLeave() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changes == 0 && m.why.hanging.answered()
}

func (m *memory) load(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records[name]
	if !ok {
		return nil, absent(name)
	}
	return slices.Clone(r.data), nil
}

func (m *memory) update(name string, change func([]byte) ([]byte, error)) (Stamp, error) {
	m.updating.Lock()
	defer m.updating.Unlock()
	err := m.change(name, change)
	return m.stamp(name), err
}

func (m *memory) change(name string, change func([]byte) ([]byte, error)) error {
	old, _ := m.load(name)
	next, err := change(old)
	switch {
	case errors.Is(err, ErrUnchanged) || err == nil && next == nil && old == nil:
		return nil
	case err != nil:
		return err
	case len(next) > MaxRecord:
		return tooLarge(name, next)
	}
	m.put(name, next)
	return nil
}

func (m *memory) put(name string, data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes++
	if data == nil {
		delete(m.records, name)
		return
	}
	m.records[name] = remembered{append([]byte{}, data...), m.changes}
}

func (m *memory) names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := make([]string, 0, len(m.records))
	for name := range m.records {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (m *memory) stamp(name string) Stamp {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.records[name]
	return Stamp{modified: r.change, size: int64(len(r.data))}
}

func absent(name string) error { return fmt.Errorf("vault: no record %q: %w", name, fs.ErrNotExist) }

func tooLarge(name string, data []byte) error {
	return fmt.Errorf("vault: record %q was not saved, the earlier one is intact: it has %d bytes, at most %d are taken", name, len(data), MaxRecord)
}
