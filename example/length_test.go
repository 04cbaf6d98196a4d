package main

import (
	"os"
	"strings"
	"testing"
)

// What an app of your own takes over should be read in a few minutes: blank lines, comments and imports not counted, the
// example stays under 150 lines. The demo, and the app in a browser tab, are packages of their own; app.go
// and licenses.go are about packages, not about signing in.
func TestWhatOneCopiesIsShort(t *testing.T) {
	count := 0
	for _, name := range []string{"main.go", "window.go", "size.go"} {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		inside := false
		for line := range strings.Lines(string(content)) {
			line = strings.TrimSpace(line)
			switch {
			case line == "import (":
				inside = true
			case inside:
				inside = line != ")"
			case line != "" && !strings.HasPrefix(line, "//"):
				count++
			}
		}
	}
	t.Logf("%d lines", count)
	if count == 0 || count >= 150 {
		t.Errorf("the example has %d lines to copy, want less than 150", count)
	}
}
