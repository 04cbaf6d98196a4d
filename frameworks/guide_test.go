package frameworks

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The guide names a file and then shows pieces of it.
var (
	named = regexp.MustCompile(`(?m)^.*\[\x60[^\]]+\.go\x60\]\((\S+)\):$`)
	block = regexp.MustCompile("(?s)```go\n(.*?)```")
)

func TestTheGuideShowsCodeThatIsThere(t *testing.T) {
	guide := read(t, "../docs/frameworks.md")
	names := named.FindAllStringSubmatchIndex(guide, -1)
	if len(names) != 6 {
		t.Fatalf("the guide names %d programs", len(names))
	}
	for i, at := range names {
		end := len(guide)
		if i+1 < len(names) {
			end = names[i+1][0]
		}
		path := guide[at[2]:at[3]]
		code := plain(read(t, filepath.Join("../docs", path)))
		blocks := block.FindAllStringSubmatch(guide[at[1]:end], -1)
		if len(blocks) == 0 {
			t.Errorf("the guide shows nothing of %s", path)
		}
		for _, b := range blocks {
			if !strings.Contains(code, plain(b[1])) {
				t.Errorf("%s has no such lines:\n%s", path, b[1])
			}
		}
	}
}

// plain leaves out what depends on how deep the code stands.
func plain(code string) string {
	lines := strings.Split(code, "\n")
	for i := range lines {
		lines[i] = strings.TrimLeft(lines[i], "\t")
	}
	return strings.Join(lines, "\n")
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
