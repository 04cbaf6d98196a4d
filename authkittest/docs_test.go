package authkittest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/authkit-desktop/authkit/emulator"
)

func TestTheGuideShowsTheTestThatRuns(t *testing.T) {
	code, guide := read(t, "example_test.go"), read(t, "../docs/testing.md")
	_, body, _ := strings.Cut(code, "\nfunc Test")
	if !strings.Contains(guide, "```go\nfunc Test"+body+"```") {
		t.Error("docs/testing.md shows another test than example_test.go")
	}
}

func TestTheGuidesConfigurationIsRead(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, "../docs/testing.md"), "```yaml\n")
	text, _, _ := strings.Cut(rest, "```")
	c, notes, err := emulator.ParseConfig("docs/testing.md", []byte(text))
	if err != nil || len(notes) != 0 || len(c.Users) != 2 {
		t.Errorf("the configuration in the guide: %v, %q, %+v", err, notes, c)
	}
	c.URL = "http://127.0.0.1:4100"
	if _, err := emulator.New(c); err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
