package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// part is something of other people's that gets into the program.
type part struct {
	kind          string // golang or npm, as package URLs call them (github.com/package-url/purl-spec)
	name, version string
	license       string // its SPDX expression
	text          string // the license itself
}

func (p part) url() string {
	return "pkg:" + p.kind + "/" + strings.Replace(p.name, "@", "%40", 1) + "@" + p.version
}

// parts lists all that gets into the app's program on a system.
func (j *job) parts(ctx context.Context, t target) ([]part, error) {
	ofGo, err := j.app.goParts(ctx, t)
	if err != nil {
		return nil, err
	}
	ofPage, err := j.app.npmParts()
	all := slices.Concat(ofGo, ofPage)
	slices.SortFunc(all, func(a, b part) int {
		return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.name, b.name), strings.Compare(a.version, b.version))
	})
	return slices.Compact(all), err
}

type module struct {
	Path, Version, Dir string
	Main               bool
	Replace            *module
}

// goParts asks the go command, because only it knows what a system's build is made of.
func (a app) goParts(ctx context.Context, t target) ([]part, error) {
	out, err := command(ctx, a.dir, t.env(), "go", "list", "-deps", "-tags", t.tags, "-json=Module", ".")
	if err != nil {
		return nil, err
	}
	root, err := command(ctx, a.dir, t.env(), "go", "env", "GOROOT", "GOVERSION")
	if err != nil {
		return nil, err
	}
	goRoot, goVersion, _ := strings.Cut(strings.TrimSpace(string(root)), "\n")
	modules := []module{{Path: "std", Version: strings.TrimPrefix(goVersion, "go"), Dir: goRoot}}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct{ Module *module }
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if m := pkg.Module; m != nil && !m.Main && !slices.ContainsFunc(modules, func(known module) bool { return known.Path == m.Path }) {
			modules = append(modules, *m)
		}
	}
	var parts []part
	for _, m := range modules {
		dir := m.Dir
		if m.Replace != nil {
			dir = m.Replace.Dir
		}
		p, err := readPart(part{kind: "golang", name: m.Path, version: m.Version}, dir)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// npmParts lists what the page is made of: the lock file's packages that are not for development only. Those of ours that
// are linked into node_modules have folders of their own in the lock file.
func (a app) npmParts() ([]part, error) {
	page := filepath.Join(a.dir, "frontend")
	content, err := os.ReadFile(filepath.Join(page, "package-lock.json"))
	if err != nil {
		return nil, err
	}
	var lock struct {
		Packages map[string]struct {
			Version                          string
			License                          string
			Dev, Optional, DevOptional, Link bool
		}
	}
	if err := json.Unmarshal(content, &lock); err != nil {
		return nil, fmt.Errorf("package-lock.json: %w", err)
	}
	var parts []part
	for folder, p := range lock.Packages {
		// What lies below a linked package of ours is for its own tests: the page finds everything in its own folder.
		if folder == "" || p.Dev || p.DevOptional || p.Optional || p.Link || strings.HasPrefix(folder, "..") && strings.Contains(folder, nodeModules) {
			continue
		}
		dir := filepath.Join(page, folder)
		name, err := packageName(dir)
		if err != nil {
			return nil, err
		}
		part, err := readPart(part{kind: "npm", name: name, version: p.Version, license: p.License}, dir)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

const nodeModules = "/node_modules/"

func packageName(dir string) (string, error) {
	var manifest struct{ Name string }
	content, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err == nil {
		err = json.Unmarshal(content, &manifest)
	}
	return manifest.Name, err
}

// readPart reads a part's license. One without a license, or with one that nobody has looked at, must not be given to others.
func readPart(p part, dir string) (part, error) {
	text, err := licenseText(dir)
	if err != nil {
		return p, err
	}
	if p.text = text; text == "" && p.license == "" {
		return p, fmt.Errorf("%s@%s has no license in %s, so the app must not be published with it", p.name, p.version, dir)
	}
	if p.license == "" {
		p.license = recognize(text)
	}
	if p.license == "" {
		return p, fmt.Errorf("nobody here knows the license of %s@%s, in %s: read it, and add it to the list in licenses.go", p.name, p.version, dir)
	}
	return p, nil
}

// licenseText reads all files with a name such as LICENSE, LICENSE.md or COPYING. Go puts a repository's license into each of
// its modules.
func licenseText(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	names := []string{"LICENSE", "LICENCE", "COPYING", "NOTICE"} //nolint:misspell // as British authors name it
	var texts []string
	for _, entry := range entries {
		stem, _, _ := strings.Cut(strings.ToUpper(entry.Name()), ".")
		if !entry.Type().IsRegular() || !slices.Contains(names, stem) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return "", err
		}
		texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(content), "\r\n", "\n")))
	}
	return strings.Join(texts, "\n\n"), nil
}
