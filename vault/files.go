package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"
)

// DamagedError says that a record could not be opened, and that its file is out of the way.
type DamagedError struct {
	Name   string // of the record
	Reason string // in words, e.g. "it is cut short"
	KeptAs string // where the file is now; empty when it could not be moved, or is Good
	Good   bool   // the file is whole, and left where it is: its key is in the keychain and this vault has a passphrase, or the other way round
}

func (e *DamagedError) Error() string {
	kept := "; the file could not be set aside"
	switch {
	case e.KeptAs != "":
		kept = "; the file is kept as " + e.KeptAs
	case e.Good:
		kept = "; the file is left as it is until the record is written, and opens when the program is started as before"
	}
	return fmt.Sprintf("vault: record %q cannot be opened and counts as absent: %s%s", e.Name, e.Reason, kept)
}

// open reads and opens a record. The key is asked for first: with none to be had, no file is judged.
func (v *Vault) open(ctx context.Context, f *folder, name string) ([]byte, *salt, error) {
	file, err := f.read(name)
	if err != nil {
		return nil, nil, err
	}
	if err := v.keys.ready(ctx); err != nil {
		return nil, nil, err
	}
	h, box, err := parse(file)
	if err != nil {
		return nil, nil, err
	}
	key, err := v.keys.forOpening(ctx, h)
	if err != nil {
		return nil, nil, err
	}
	plain, err := key.open(h, box, v.appID, name)
	if h.source != v.keys.sealing {
		return plain, nil, err
	}
	return plain, &h.salt, err
}

// read returns the file of a record, or a little more than any record has: parse refuses what is longer.
func (f *folder) read(name string) ([]byte, error) {
	file, size, err := f.openFile(fileStem(name) + sealedSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, absent(name)
	} else if err != nil {
		return nil, fmt.Errorf("vault: record %q cannot be read: %w", name, err)
	}
	defer file.Close()
	data := make([]byte, min(size, int64(maxFile)+1))
	n, err := io.ReadFull(file, data)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("vault: record %q cannot be read: %w", name, err)
	}
	return data[:n], nil
}

// seal writes a record. The caller holds the lock of the folder.
func (v *Vault) seal(ctx context.Context, f *folder, name string, present *salt, plain []byte) error {
	if len(plain) > MaxRecord {
		return tooLarge(name, plain)
	}
	key, err := v.keys.forSealing(ctx, present)
	if err != nil {
		return err
	}
	if err := f.replace(fileStem(name)+sealedSuffix, key.seal(v.appID, name, plain)); err != nil {
		return fmt.Errorf("vault: record %q was not saved, the earlier one is intact: %w", name, err)
	}
	if err := f.sync(); err != nil {
		return fmt.Errorf("vault: record %q is saved, but may not outlast a power failure: %w", name, err)
	}
	return nil
}

// replace puts data in the place of a file in one step: whoever reads, and whatever is killed or loses power, there is
// the old content or the new. The caller holds the lock of the folder.
//
// The temporary file has a fixed name. What is found under it, left by a killed writer or by swap, is written over: it
// has its place on the disk already, so that the only thing to be noted down is the change of names. See
// docs/decisions/vault-spare-file.md.
func (f *folder) replace(name string, data []byte) error {
	temp := name + tempSuffix
	err := f.writeTemp(temp, data)
	if err == nil {
		_ = f.setTime(temp, f.later(name)) // where times cannot be set, a save must not fail for it
		err = f.swap(temp, name)
	}
	if err != nil {
		_ = f.unlink(temp) // a full disk has better use for it
	}
	return err
}

func (f *folder) writeTemp(temp string, data []byte) error {
	file, size, err := f.openTemp(temp)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil && size > int64(len(data)) {
		err = file.Truncate(int64(len(data)))
	}
	if err == nil {
		err = syncData(file) // else the rename may reach the disk before the data does
	}
	return errors.Join(err, file.Close())
}

// later returns the time that the next version of a file gets: now, but after the present version's, so that no two
// have one Stamp, even when the clock is coarse or was set back.
func (f *folder) later(name string) time.Time {
	now := time.Now()
	if s, err := stampOf(filepath.Join(f.path, name)); err == nil && s.modified >= now.UnixNano() {
		return time.Unix(0, s.modified).Add(time.Microsecond)
	}
	return now
}

// remove removes a record for good, and the version before it.
func (f *folder) remove(name string) error {
	err := errors.Join(f.discard(fileStem(name)+sealedSuffix), f.discardSpare(name), f.sync())
	if err != nil {
		return fmt.Errorf("vault: record %q was not removed: %w", name, err)
	}
	return nil
}

// discardSpare removes the version before the present one.
func (f *folder) discardSpare(name string) error {
	return f.discard(fileStem(name) + sealedSuffix + tempSuffix)
}

func (f *folder) discard(file string) error {
	err := f.unlink(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// loadDamaged looks again, under the lock, at a record that could not be opened: another process may have replaced it
// meanwhile, and a good record must not be set aside.
func (v *Vault) loadDamaged(ctx context.Context, name string, why error) ([]byte, error) {
	f, unlock, err := v.lockFolder(ctx)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	} else if err != nil {
		return nil, v.notAside(name, why, err)
	}
	defer unlock()
	data, _, err := v.open(ctx, f, name)
	if isUnavailable(err) {
		return v.fallBack(err).load(name)
	} else if isDamage(err) {
		return nil, v.setAside(f, name, err)
	}
	return data, err
}
