//go:build linux && packages

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/own-app.md is followed to the letter: its commands are run, and its app.json is the one that is used.
func TestAppOfOnesOwnIsMadeAsTheGuideSays(t *testing.T) {
	guide, err := os.ReadFile("../docs/own-app.md")
	must(t, err)
	home := t.TempDir()
	notes := filepath.Join(home, "notes")
	for _, block := range regexp.MustCompile("(?s)```(sh|json)\n(.*?)```").FindAllStringSubmatch(string(guide), -1) {
		if block[1] == "json" {
			must(t, os.WriteFile(filepath.Join(notes, "app.json"), []byte(block[2]), 0o600))
			continue
		}
		cmd := exec.CommandContext(t.Context(), "bash", "-ec", strings.ReplaceAll(block[2], "~/", home+"/"))
		cmd.Dir = ".."
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s%v\n%s", block[2], err, out)
		}
	}

	tree := filepath.Join(home, "tree")
	output(t, "dpkg-deb", "--extract", the(t, notes, "dist/notes_1.0.0-1_amd64.deb"), tree)
	entry, err := os.ReadFile(filepath.Join(tree, "usr/share/applications/com.example.notes.desktop"))
	must(t, err)
	for _, line := range []string{"Name=Notes", "Exec=/usr/bin/notes --open-url %u", "MimeType=x-scheme-handler/com.example.notes;"} {
		if !strings.Contains(string(entry), line+"\n") {
			t.Errorf("the menu entry lacks %s:\n%s", line, entry)
		}
	}
	program, err := os.ReadFile(filepath.Join(tree, "usr/bin/notes"))
	must(t, err)
	for _, words := range []string{`"id": "com.example.notes"`, "<title>Notes</title>", "Notes 1.0.0 is published under the license MIT by Example Ltd."} {
		if !bytes.Contains(program, []byte(words)) {
			t.Errorf("the program does not contain %q", words)
		}
	}
	for _, words := range []string{"com.github.authkit-desktop.example", "AuthKit Desktop", home} {
		if at := bytes.Index(program, []byte(words)); at >= 0 {
			t.Errorf("the program contains %q: …%q…", words, program[max(0, at-60):at+60])
		}
	}
	if !strings.Contains(output(t, "env", "--chdir="+filepath.Join(notes, "dist"), "sha256sum", "--check", checksumFile), "OK") {
		t.Error("no checksum was checked")
	}
}
