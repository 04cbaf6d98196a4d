package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
)

const checksumFile = "SHA256SUMS"

// checksums writes the list in the form that sha256sum --check reads.
func (j *job) checksums(context.Context) error {
	entries, err := os.ReadDir(j.out)
	if err != nil {
		return err
	}
	var list bytes.Buffer
	for _, entry := range entries {
		if entry.IsDir() || entry.Name() == checksumFile {
			continue
		}
		content, err := os.ReadFile(filepath.Join(j.out, entry.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(content), entry.Name())
	}
	if err := os.WriteFile(filepath.Join(j.out, checksumFile), list.Bytes(), 0o644); err != nil { //nolint:gosec // to be published
		return err
	}
	return j.made(checksumFile)
}
