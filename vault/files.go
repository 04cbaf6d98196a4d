package vault

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// DamagedError says that a record could not be opened, and that its file is out of the way.
type DamagedError struct {
	Name   string // of the record
	Reason string // in words, e.g. "it is cut short"
	KeptAs string // where the file is now; empty when it could not be moved
}

func (e *DamagedError) Error() string {
	kept := "; the file could not be set aside"
	if e.KeptAs != "" {
		kept = "; the file is kept as " + e.KeptAs
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

// read returns the file of a record, at most one byte more than any record has: parse refuses what is longer.
func (f *folder) read(name string) ([]byte, error) {
	file, err := f.openFile(fileStem(name) + sealedSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, absent(name)
	} else if err != nil {
		return nil, fmt.Errorf("vault: record %q cannot be read: %w", name, err)
	}
	defer file.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(file, MaxRecord+int64(overhead)+1)); err != nil {
		return nil, fmt.Errorf("vault: record %q cannot be read: %w", name, err)
	}
	return b.Bytes(), nil
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
	v.swept.Do(f.sweep)
	if err := f.replace(fileStem(name)+sealedSuffix, key.seal(v.appID, name, plain)); err != nil {
		return fmt.Errorf("vault: record %q was not saved, the earlier one is intact: %w", name, err)
	}
	if err := f.sync(); err != nil {
		return fmt.Errorf("vault: record %q is saved, but may not outlast a power failure: %w", name, err)
	}
	return nil
}

// replace puts data in the place of a file in one step: whoever reads, and whatever is killed or loses power, there is
// the old content or the new.
func (f *folder) replace(name string, data []byte) (err error) {
	temp := name + "." + rand.Text()[:8] + tempSuffix
	file, err := f.create(temp)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.unlink(temp)
		}
	}()
	if err := writeAndClose(file, data); err != nil {
		return err
	}
	return f.rename(temp, name)
}

// Without the fsync before it, a rename may reach the disk before the data does.
func writeAndClose(file *os.File, data []byte) error {
	_, err := file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// sweep removes what killed writers left. All writers hold the lock of the folder, as the caller does, so no temporary
// file that is there now has one.
func (f *folder) sweep() {
	files, _ := f.files()
	for _, file := range files {
		if strings.HasSuffix(file, tempSuffix) {
			f.unlink(file)
		}
	}
}

// remove removes a record for good.
func (f *folder) remove(name string) error {
	err := f.unlink(fileStem(name) + sealedSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err == nil {
		err = f.sync()
	}
	if err != nil {
		return fmt.Errorf("vault: record %q was not removed: %w", name, err)
	}
	return nil
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
