package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/doctor"
	"github.com/authkit-desktop/authkit/vault"
)

var update = flag.Bool("update", false, "write docs/cli.md and docs/man anew")

// TestTheDocumentsSayWhatTheCommandsSay keeps docs/cli.md and docs/man in step with the commands; go test -update writes them.
func TestTheDocumentsSayWhatTheCommandsSay(t *testing.T) {
	pages := manPages(t)
	pages["cli.md"] = cliPage(t)
	for name, want := range pages {
		path := filepath.Join("..", "..", "docs", name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, want, 0o644); err != nil { //nolint:gosec // a document
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
			t.Errorf("docs/%s is out of date; type: go test ./cmd/authkit -run Documents -update", name)
		}
	}
	old, err := filepath.Glob("../../docs/man/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range old {
		if pages["man/"+filepath.Base(path)] == nil {
			t.Errorf("%s is the page of no command; remove it", path)
		}
	}
}

// Each line of docs/headless.md names what has run it.
func TestTheStoriesThatTheGuideNamesExist(t *testing.T) {
	page, err := os.ReadFile("../../docs/headless.md")
	if err != nil {
		t.Fatal(err)
	}
	var source bytes.Buffer
	for _, folder := range []string{".", "../..", "../../internal/browser"} {
		files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(text)
		}
	}
	named := regexp.MustCompile("`(\\w+\\.txtar|Test\\w+)`")
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, " | ")
		if len(cells) != 4 || strings.HasPrefix(line, "| where") {
			continue
		}
		names := named.FindAllStringSubmatch(cells[3], -1)
		if len(names) == 0 && !strings.Contains(cells[3], "not run") {
			t.Errorf("nothing has run: %s", line)
		}
		for _, name := range names {
			_, err := os.Stat(filepath.Join("testdata", "script", name[1]))
			if err != nil && !strings.Contains(source.String(), "func "+name[1]+"(") {
				t.Errorf("there is no %s", name[1])
			}
		}
	}
}

func commands() *cobra.Command {
	root := (&program{err: newScreen(&bytes.Buffer{})}).root()
	root.DisableAutoGenTag = true
	return root
}

func manPages(t *testing.T) map[string][]byte {
	t.Helper()
	folder := t.TempDir()
	never := time.Unix(0, 0).UTC() // a page that carries its date changes every month
	header := &doc.GenManHeader{Section: "1", Source: "authkit", Manual: "AuthKit for desktop apps", Date: &never}
	root := commands()
	root.Long = asMarkdown(root.Long + "\n\n" + surroundings)
	if err := doc.GenManTree(root, header, folder); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string][]byte{}
	for _, file := range files {
		page, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		page = bytes.Replace(page, []byte(`"Jan 1970"`), []byte(`""`), 1)
		pages["man/"+file.Name()] = bytes.ReplaceAll(page, []byte("[=false]"), nil)
	}
	return pages
}

// A terminal of 80 columns breaks what is wider inside of words.
func TestHelpFitsIntoATerminal(t *testing.T) {
	var check func(*cobra.Command)
	check = func(cmd *cobra.Command) {
		var text bytes.Buffer
		newScreen(&text).help(&text, cmd)
		for line := range strings.Lines(text.String()) {
			if visible(line) > page {
				t.Errorf("%s --help has a line of %d columns: %s", cmd.CommandPath(), visible(line), line)
			}
		}
		for _, sub := range cmd.Commands() {
			check(sub)
		}
	}
	check(commands())
}

// asMarkdown makes code of the lines that are indented, so that they are not run together.
func asMarkdown(text string) string {
	var b strings.Builder
	indented := false
	for line := range strings.Lines(text) {
		if is := strings.HasPrefix(line, "  "); is != indented {
			indented = is
			b.WriteString("\n")
		}
		if indented {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	return b.String()
}

func cliPage(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	root := commands()
	fmt.Fprintf(&b, "# authkit, the terminal program\n\n<!-- Made from the commands by go test ./cmd/authkit -run Documents -update. -->\n\n")
	fmt.Fprintf(&b, "```text\n%s\n\n%s\n```\n\n| command | what it does |\n|---|---|\n", root.Long, surroundings)
	var all []*cobra.Command
	for _, cmd := range root.Commands() {
		if !cmd.Hidden {
			all = append(append(all, cmd), cmd.Commands()...)
		}
	}
	for _, cmd := range all {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s |\n", cmd.CommandPath(), strings.ReplaceAll(cmd.CommandPath(), " ", "-"), cmd.Short)
	}
	for _, cmd := range all {
		describeCommand(t, &b, cmd)
	}
	b.WriteString("\n## JSON\n\nFields may be added; none is taken away or changes its meaning. Times are RFC 3339 in UTC. A list that is empty is `[]`, or\n`null` where nothing is known. Errors are never JSON: they go to standard error, and the exit code says which kind.\n")
	return b.Bytes()
}

func describeCommand(t *testing.T, b *bytes.Buffer, cmd *cobra.Command) {
	t.Helper()
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n", cmd.CommandPath(), text)
	if cmd.Example != "" {
		fmt.Fprintf(b, "```sh\n%s\n```\n\n", unindent(cmd.Example))
	}
	fmt.Fprintf(b, "```text\n%s\n%s```\n", cmd.UseLine(), cmd.LocalFlags().FlagUsages())
	if sample := samples[cmd.CommandPath()]; sample != nil {
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		b.WriteString("\nWith `--json`:\n\n```json\n")
		if err := e.Encode(sample); err != nil {
			t.Fatal(err)
		}
		b.WriteString("```\n")
	}
	if (samples[cmd.CommandPath()] != nil) != (cmd.Flags().Lookup("json") != nil) {
		t.Errorf("%s has --json without an example of it, or the other way round", cmd.CommandPath())
	}
}

func unindent(text string) string { return strings.ReplaceAll(text[2:], "\n  ", "\n") }

var (
	noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

	sampleIdentity = identity{
		User: authkit.User{ID: "user_01EXAMPLE", Email: "alice@example.com", EmailVerified: true, FirstName: "Alice", LastName: "Archer",
			Metadata: map[string]string{}, LastSignInAt: noon, CreatedAt: noon, UpdatedAt: noon},
		SessionID: "session_01EXAMPLE", OrganizationID: "org_01EXAMPLE", Role: "admin", Roles: []string{"admin"},
		Permissions: []string{"notes:read", "notes:write"}, Entitlements: []string{}, FeatureFlags: []string{},
		AuthenticationMethod: "Password", ExpiresAt: noon.Add(5 * time.Minute),
	}

	samples = map[string]any{
		"authkit whoami":   sampleIdentity,
		"authkit token":    accessToken{"eyJhbGciOiJSUzI1NiIs…", "Bearer", noon.Add(5 * time.Minute)},
		"authkit org list": organizations{Organizations: []organization{{"org_01EXAMPLE", []string{"alice@example.com"}, true}}},
		"authkit accounts": accountList{Accounts: []account{{"user_01EXAMPLE", "alice@example.com", "Alice Archer", "org_01EXAMPLE", true},
			{"user_02EXAMPLE", "bob@example.com", "", "", false}}},
		"authkit status": statusReport{SignedIn: true, Identity: &sampleIdentity, Accounts: 1, ClientID: "client_01EXAMPLE",
			APIURL: "https://api.workos.com", Profile: "default", Storage: vault.Storage{Kind: vault.InKeychain,
				Path: "/home/alice/.local/state/authkit-cli", Why: "sealed files in /home/alice/.local/state/authkit-cli; their key is in the system's keychain"}},
		"authkit doctor": doctor.Report{Checks: []doctor.Check{{Name: "API", Status: doctor.Failed, Found: "https://api.workos.com does not answer",
			Means: "nobody can sign in", Fix: "check the network"}}},
		"authkit version": build{"v1.0.0", "go1.26.0", "linux/amd64"},
	}
)
