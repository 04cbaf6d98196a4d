package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/authkit-desktop/authkit/deeplink"
)

// app is app.json: all that one app differs in from another. docs/own-app.md explains each field.
type app struct {
	ID          string   `json:"id"`      // com.example.notes
	Name        string   `json:"name"`    // Notes
	Package     string   `json:"package"` // notes: the name of the program and of its packages
	Scheme      string   `json:"scheme"`
	Version     string   `json:"version"`
	ClientID    string   `json:"clientId"` // the app's own affair; packages do not need it
	Summary     string   `json:"summary"`
	Description string   `json:"description"`
	Keywords    []string `json:"keywords"`
	Categories  []string `json:"categories"`
	Publisher   string   `json:"publisher"`
	Maintainer  string   `json:"maintainer"` // Name <address>
	Homepage    string   `json:"homepage"`
	License     string   `json:"license"` // an SPDX expression
	Icon        string   `json:"icon"`    // an SVG file, relative to app.json

	dir  string
	date time.Time // of the sources
}

func load(ctx context.Context, dir string) (app, error) {
	a := app{}
	var err error
	if a.dir, err = filepath.Abs(dir); err != nil {
		return a, err
	}
	file := filepath.Join(a.dir, "app.json")
	content, err := os.ReadFile(file)
	if err != nil {
		return a, fmt.Errorf("the app's folder needs an app.json, as docs/own-app.md describes it: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&a); err != nil {
		return a, fmt.Errorf("%s cannot be read: %w", file, err)
	}
	if err := a.check(); err != nil {
		return a, fmt.Errorf("%s has to be changed:\n%w", file, err)
	}
	a.date, err = sourceDate(ctx, file)
	return a, err
}

var (
	idGrammar      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+$`)
	packageGrammar = regexp.MustCompile(`^[a-z][a-z0-9+.-]+$`) // Debian Policy §5.6.1, the narrowest
	versionGrammar = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$`)
	licenseGrammar = regexp.MustCompile(`^[A-Za-z0-9 .()+-]+$`)
)

// awkward characters mean something in one of the files that the texts are written to.
const awkward = "\"\\$`<>&;\n\r\t"

// check lists everything that is wrong, each with its rule.
func (a app) check() error {
	var problems []error
	want := func(ok bool, field, rule string) {
		if !ok {
			problems = append(problems, fmt.Errorf("  %s: %s", field, rule))
		}
	}
	want(idGrammar.MatchString(a.ID), "id", "a reverse domain name such as com.example.notes")
	want(packageGrammar.MatchString(a.Package), "package", "lower-case letters, digits, +, - and dots, such as notes")
	want(versionGrammar.MatchString(a.Version), "version", "three numbers such as 1.0.2, or 1.0.2-beta.1")
	want(licenseGrammar.MatchString(a.License), "license", "an SPDX expression such as MIT")
	for field, text := range map[string]string{"name": a.Name, "summary": a.Summary, "publisher": a.Publisher} {
		want(text != "" && !strings.ContainsAny(text, awkward), field, "one line of text without any of "+awkward[:8])
	}
	for field, list := range map[string][]string{"keywords": a.Keywords, "categories": a.Categories} {
		want(len(list) > 0 && !strings.ContainsAny(strings.Join(list, ""), awkward), field, "at least one word")
	}
	want(a.Description != "", "description", "a paragraph of text")
	want(strings.HasSuffix(a.Icon, ".svg"), "icon", "the name of an SVG file")
	_, err := mail.ParseAddress(a.Maintainer)
	want(err == nil && strings.Contains(a.Maintainer, " <"), "maintainer", "a name and an address: Notes team <team@example.com>")
	home, err := url.Parse(a.Homepage)
	want(err == nil && home.Scheme == "https" && home.Host != "" && !strings.ContainsAny(a.Homepage, awkward), "homepage", "an https address")
	if err := deeplink.CheckScheme(a.Scheme); err != nil {
		problems = append(problems, fmt.Errorf("  scheme: %w", err))
	}
	return errors.Join(problems...)
}

// sourceDate is the time that goes into packages, so that the same sources give the same bytes: SOURCE_DATE_EPOCH, else that
// of the commit, else that of app.json. See reproducible-builds.org/specs/source-date-epoch.
func sourceDate(ctx context.Context, file string) (time.Time, error) {
	git := exec.CommandContext(ctx, "git", "log", "-1", "--format=%ct")
	git.Dir = filepath.Dir(file)
	commit, _ := git.Output() // outside of a repository there is none
	if text := cmp.Or(os.Getenv("SOURCE_DATE_EPOCH"), strings.TrimSpace(string(commit))); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH must be a number of seconds: %w", err)
		}
		return time.Unix(seconds, 0).UTC(), nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime().UTC().Truncate(time.Second), nil
}

// numbers is the version without a pre-release, where a system knows no such thing.
func (a app) numbers() string {
	numbers, _, _ := strings.Cut(a.Version, "-")
	return numbers
}
