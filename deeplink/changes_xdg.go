//go:build linux || freebsd || netbsd || openbsd || dragonfly

package deeplink

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// change is one file to write, link or remove.
type change struct {
	path string
	make func() error
}

// changes collects what has to be done, leaving out what is so already. err is
// the first thing that could not be read.
type changes struct {
	list []change
	err  error
}

func (c *changes) add(path string, apply func() error) {
	c.list = append(c.list, change{path, func() error {
		if err := apply(); err != nil {
			return fmt.Errorf("the desktop's file %s cannot be changed: %w", path, err)
		}
		return nil
	}})
}

// edit changes the text of a file. One that ends up empty is removed.
func (c *changes) edit(path string, rewrite func(text string) string) {
	before, there, err := readIfThere(path)
	if err != nil {
		c.err = errors.Join(c.err, err)
		return
	}
	after := rewrite(before)
	switch {
	case after == before:
	case strings.TrimSpace(after) == "" && there:
		c.add(path, func() error { return os.Remove(path) })
	default:
		c.add(path, func() error { return replaceFile(path, after) })
	}
}

func (c *changes) link(path, target string) {
	if now, err := os.Readlink(path); err == nil && now == target {
		return
	}
	c.add(path, func() error { return replaceLink(path, target) })
}

func (c *changes) remove(path string) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return
	}
	c.add(path, func() error {
		err := os.Remove(path)
		if filepath.Base(filepath.Dir(path)) == "deeplink" {
			os.Remove(filepath.Dir(path)) // fails, as it should, when other launchers are in it
		}
		return err
	})
}

// replaceFile puts a new text in the place of a file at once, so that no reader
// sees half of it. A symbolic link stays one: people keep mimeapps.list in a
// repository of their settings.
func replaceFile(path, text string) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".deeplink-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			file.Close()
			os.Remove(file.Name())
		}
	}()
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Chmod(mode), file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func replaceLink(path, target string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	fresh := fmt.Sprintf("%s.%d", path, os.Getpid())
	os.Remove(fresh)
	if err := os.Symlink(target, fresh); err != nil {
		return err
	}
	return os.Rename(fresh, path)
}
