package instance

import (
	"strings"
	"testing"
)

func TestAppIDIsAPlainName(t *testing.T) {
	for _, id := range []string{"a", "com.example.notes", "Notes_2-beta", "9", "console", "com.con", strings.Repeat("a", 100)} {
		if err := checkAppID(id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, id := range []string{
		"", ".", "..", ".hidden", "-flag", "_", "a.", "a/b", `a\b`, "../x", "a b", "a\n", "a\x00", "ä", "a:b", "%TEMP%",
		"con", "NUL.txt", "com1.example", "LPT9", strings.Repeat("a", 101),
	} {
		if checkAppID(id) == nil {
			t.Errorf("%q was accepted", id)
		}
		if _, err := Claim(t.Context(), Config{AppID: id, Dir: t.TempDir()}); err == nil {
			t.Errorf("Claim accepted %q", id)
		}
	}
}
