package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// archive packs the same files for who has another package manager, or none and no administrator's rights: a folder with
// bin, share and install.sh.
func (j *job) archive(usr string) error {
	stem := fmt.Sprintf("%s-%s-%s", j.app.Package, j.app.Version, linuxTarget)
	script, err := j.app.fill("linux/install.sh")
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	out := tar.NewWriter(zip)
	add := func(name string, mode fs.FileMode, content []byte) error {
		// No owner, no device, no time of access: nothing of this machine.
		header := &tar.Header{Name: stem + "/" + name, Mode: int64(mode.Perm()), Size: int64(len(content)), ModTime: j.app.date, Format: tar.FormatUSTAR}
		if err := out.WriteHeader(header); err != nil {
			return err
		}
		_, err := out.Write(content)
		return err
	}
	if err := add("install.sh", 0o755, script); err != nil {
		return err
	}
	files := os.DirFS(usr)
	err = fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error { // in lexical order
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		return add(path, info.Mode(), content)
	})
	if err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	name := stem + ".tar.gz"
	if err := os.WriteFile(filepath.Join(j.out, name), packed.Bytes(), 0o644); err != nil { //nolint:gosec // to be published
		return err
	}
	return j.made(name)
}
