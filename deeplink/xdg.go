//go:build linux || freebsd || netbsd || openbsd || dragonfly

package deeplink

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// xdg is where the desktop keeps entries and associations: the XDG Base
// Directory Specification.
type xdg struct {
	dataHome, configHome string
	dataDirs, configDirs []string // the system's, most important first
	desktops             []string // lower-case names of the desktop in use, for its own lists
}

func findXDG() (xdg, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return xdg{}, fmt.Errorf("there is no home folder to register a URL scheme in: %w", err)
	}
	return xdg{
		dataHome:   absoluteOr(os.Getenv("XDG_DATA_HOME"), filepath.Join(home, ".local/share")),
		configHome: absoluteOr(os.Getenv("XDG_CONFIG_HOME"), filepath.Join(home, ".config")),
		dataDirs:   absolutes(os.Getenv("XDG_DATA_DIRS"), "/usr/local/share:/usr/share"),
		configDirs: absolutes(os.Getenv("XDG_CONFIG_DIRS"), "/etc/xdg"),
		desktops:   listOf(strings.ToLower(os.Getenv("XDG_CURRENT_DESKTOP"))),
	}, nil
}

// absoluteOr and absolutes leave relative paths out, as the specification asks.
func absoluteOr(path, fallback string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return fallback
}

func absolutes(paths, fallback string) []string {
	list := slices.DeleteFunc(listOf(paths), func(path string) bool { return !filepath.IsAbs(path) })
	if len(list) == 0 {
		return listOf(fallback)
	}
	return list
}

func listOf(value string) []string {
	return slices.DeleteFunc(strings.Split(value, ":"), func(s string) bool { return s == "" })
}

func (x xdg) applications() string { return filepath.Join(x.dataHome, "applications") }

func (x xdg) applicationDirs() []string {
	dirs := []string{x.applications()}
	for _, dir := range x.dataDirs {
		dirs = append(dirs, filepath.Join(dir, "applications"))
	}
	return dirs
}

// personalLists are the mimeapps.list files that the person may change, most
// important first. A desktop's own list goes before the common one.
func (x xdg) personalLists() []string { return x.listsIn(x.configHome) }

// lists are all mimeapps.list files, most important first.
func (x xdg) lists() []string {
	lists := x.personalLists()
	for _, dir := range append(slices.Clone(x.configDirs), x.applicationDirs()...) {
		lists = append(lists, x.listsIn(dir)...)
	}
	return lists
}

func (x xdg) listsIn(dir string) []string {
	var lists []string
	for _, desktop := range x.desktops {
		lists = append(lists, filepath.Join(dir, desktop+"-mimeapps.list"))
	}
	return append(lists, filepath.Join(dir, "mimeapps.list"))
}

// candidate is a program that may be started for a link.
type candidate struct {
	desktopEntry
	id      string // name of the .desktop file
	file    string // its path
	program string // what it starts, found in PATH and behind symbolic links; empty when there is none
	words   []string
	urlAt   int
}

// tried lists whom openers would try to start for a MIME type: first those whose
// program is gone, which they pass over, and last the one that they start. All
// programs are gone when the last one's is; there may be none.
func (x xdg) tried(mime string) []candidate {
	var list []candidate
	for id := range x.associated(mime) {
		if slices.ContainsFunc(list, func(c candidate) bool { return c.id == id }) {
			continue
		}
		if c, ok := x.find(id); ok {
			list = append(list, c)
			if c.program != "" {
				break
			}
		}
	}
	return list
}

// associated names the entries for a MIME type, most wanted first: the defaults,
// what else was associated, and whatever says that it can. Only for the last
// every entry there is has to be read.
func (x xdg) associated(mime string) iter.Seq[string] {
	return func(yield func(id string) bool) {
		for _, group := range []string{defaultGroup, addedGroup} {
			for _, list := range x.lists() {
				text, _ := os.ReadFile(list)
				for _, id := range handlers(string(text), group, mime) {
					if !yield(id) {
						return
					}
				}
			}
		}
		for _, dir := range x.applicationDirs() {
			files, _ := filepath.Glob(filepath.Join(dir, "*.desktop"))
			for _, file := range files {
				text, _ := os.ReadFile(file)
				if slices.Contains(parseDesktopEntry(string(text)).mimeTypes, mime) && !yield(filepath.Base(file)) {
					return
				}
			}
		}
	}
}

// find reads the entry of a name. One in the person's folder hides the system's;
// a hyphen can stand for a subfolder.
func (x xdg) find(id string) (candidate, bool) {
	if id != filepath.Base(id) {
		return candidate{}, false
	}
	for _, dir := range x.applicationDirs() {
		for _, name := range []string{id, strings.Replace(id, "-", "/", 1)} {
			file := filepath.Join(dir, name)
			text, err := os.ReadFile(file)
			if err != nil {
				continue
			}
			c := readCandidate(id, file, string(text))
			return c, !c.hidden
		}
	}
	return candidate{}, false
}

func readCandidate(id, file, text string) candidate {
	c := candidate{desktopEntry: parseDesktopEntry(text), id: id, file: file}
	var err error
	if c.words, c.urlAt, err = parseExec(c.exec); err == nil {
		c.program = programAt(c.words[0])
	}
	return c
}

// programAt resolves a command to the file that it runs.
func programAt(command string) string {
	path, err := exec.LookPath(command)
	if err != nil || !filepath.IsAbs(path) {
		return ""
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return ""
	}
	return path
}

// readIfThere returns an empty text for a file that does not exist.
func readIfThere(file string) (text string, there bool, err error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	return string(data), err == nil, err
}
