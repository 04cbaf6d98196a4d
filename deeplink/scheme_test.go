package deeplink

import (
	"strings"
	"testing"
)

func TestC21_SchemesAreCheckedAgainstTheGrammar(t *testing.T) {
	for _, scheme := range []string{"com.example.notes", "workos-auth", "a1", "x+y", "notes"} {
		if err := CheckScheme(scheme); err != nil {
			t.Errorf("%q: %v", scheme, err)
		}
	}
	for _, scheme := range []string{
		"", "n", "1a", "-a", ".a", "+a", "Notes", "no tes", "notes:", "notes://", "n_o", "nötes", "a/b", `a\b`, "a%b", "a\"b", "a;b", "a=b",
		"a\nb", "a\x00b", "*", "a]b", strings.Repeat("a", maxScheme+1),
	} {
		if CheckScheme(scheme) == nil {
			t.Errorf("%q was accepted", scheme)
		}
	}
}

func TestC21_SchemesOfOthersAreRefused(t *testing.T) {
	for _, scheme := range []string{"http", "https", "file", "mailto", "javascript", "ms-settings", "ms-word", "exefile", "directory", "clsid", "about"} {
		if CheckScheme(scheme) == nil {
			t.Errorf("%q was accepted", scheme)
		}
	}
}
