package vault

import (
	"errors"
	"fmt"
	"path/filepath"
)

// keptAside is how many damaged files are kept for each record: NAME.corrupt, the last, then NAME.corrupt.1 and so on.
const keptAside = 3

// setAside moves the file of a record out of the way and logs it. The caller holds the lock of the folder.
func (v *Vault) setAside(f *folder, name string, why error) *DamagedError {
	if err := f.setAside(fileStem(name)); err != nil {
		return v.notAside(name, why, err)
	}
	d, _ := errors.AsType[damage](why)
	e := &DamagedError{Name: name, Reason: string(d), KeptAs: filepath.Join(v.dir, asideName(fileStem(name), 0))}
	v.log.Warn(e.Error())
	return e
}

// notAside reports a damaged record whose file had to stay where it is.
func (v *Vault) notAside(name string, why, obstacle error) *DamagedError {
	d, _ := errors.AsType[damage](why)
	e := &DamagedError{Name: name, Reason: string(d)}
	v.log.Warn(e.Error(), "error", obstacle)
	return e
}

// leftAlone reports a good record that another vault can open, with its file where it is.
func (v *Vault) leftAlone(name string, why error) *DamagedError {
	d, _ := errors.AsType[damage](why)
	e := &DamagedError{Name: name, Reason: string(d), Good: true}
	v.log.Warn(e.Error())
	return e
}

func asideName(stem string, age int) string {
	if age == 0 {
		return stem + corruptSuffix
	}
	return fmt.Sprintf("%s%s.%d", stem, corruptSuffix, age)
}

// setAside makes room by letting the earlier files grow older; the oldest goes.
func (f *folder) setAside(stem string) error {
	for age := keptAside - 1; age > 0; age-- {
		_ = f.rename(asideName(stem, age-1), asideName(stem, age)) // it may well not be there
	}
	if err := f.rename(stem+sealedSuffix, asideName(stem, 0)); err != nil {
		return err
	}
	return f.sync()
}
