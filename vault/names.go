package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Endings of the files of one record. The lock of the whole folder has no name before its ending.
const (
	sealedSuffix  = ".sealed"
	lockSuffix    = ".lock"
	corruptSuffix = ".corrupt"
	tempSuffix    = ".tmp" // after sealedSuffix
)

const maxFileStem = 200 // bytes; leaves room for the endings within the 255 of common file systems

func checkName(name string) error {
	if n := len(fileStem(name)); n == 0 || n > maxFileStem {
		return fmt.Errorf("vault: a record's name must have 1 to %d characters (fewer when others than a-z, 0-9, '-' and '_' are among them), not %d", maxFileStem, len(name))
	}
	return nil
}

// fileStem turns any name into one that every file system takes and keeps apart from the others: bytes other than
// a-z, 0-9, '-' and '_' become %XX. That covers separators, dots, and capital letters, which some systems fold.
func fileStem(name string) string {
	if isPlain(name) {
		return name
	}
	var b strings.Builder
	for i := range len(name) {
		if c := name[i]; isPlainByte(c) && !(i == 0 && isDevice(name)) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}

func isPlain(name string) bool {
	for i := range len(name) {
		if !isPlainByte(name[i]) {
			return false
		}
	}
	return !isDevice(name)
}

func isPlainByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// isDevice knows the names that Windows gives to devices, whatever the ending.
func isDevice(name string) bool {
	if len(name) == 4 && (name[:3] == "com" || name[:3] == "lpt") {
		return true
	}
	return name == "con" || name == "prn" || name == "aux" || name == "nul"
}

// nameOf is the inverse of fileStem. Files that no fileStem made are not ours.
func nameOf(stem string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(stem); i++ {
		if stem[i] != '%' {
			b.WriteByte(stem[i])
			continue
		}
		if i+3 > len(stem) {
			return "", false
		}
		c, err := strconv.ParseUint(stem[i+1:i+3], 16, 8)
		if err != nil {
			return "", false
		}
		b.WriteByte(byte(c))
		i += 2
	}
	name := b.String()
	return name, name != "" && fileStem(name) == stem
}

// Names lists the records present, sorted. It opens none: some may turn out to be damaged.
func (v *Vault) Names(_ context.Context) ([]string, error) {
	if m := v.memory(); m != nil {
		return m.names(), nil
	}
	f, err := openFolder(v.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer f.close()
	return f.records()
}

func (f *folder) records() ([]string, error) {
	files, err := f.files()
	if err != nil {
		return nil, fmt.Errorf("vault: the folder %s cannot be listed: %w", f.path, err)
	}
	var names []string
	for _, file := range files {
		if stem, ok := strings.CutSuffix(file, sealedSuffix); ok {
			if name, ok := nameOf(stem); ok {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names, nil
}
