package house

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	code      = regexp.MustCompile("(?s)```.*?```")
	namedTest = regexp.MustCompile(`(?:-run |\b)(?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9_]*…?`)
	namedFile = regexp.MustCompile("`([a-z0-9_/-]+_test\\.go)`")
	link      = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	function  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Za-z0-9_]*)\(`)
)

// What the documents point at is there: tests, files and other documents. A name that ends in …, or
// that go test is to run, is the beginning of one.
func TestDocumentsPointAtWhatExists(t *testing.T) {
	root := filepath.Join("..", "..")
	testFiles := tracked(t, "*_test.go")
	tests := strings.Builder{}
	for _, file := range testFiles {
		for _, f := range function.FindAllStringSubmatch(read(t, file), -1) {
			tests.WriteString(" " + f[1] + " ")
		}
	}
	for _, file := range tracked(t, "*.md") {
		text := read(t, file)
		for _, name := range namedTest.FindAllString(text, -1) {
			want, cut := strings.CutSuffix(name, "…")
			want, run := strings.CutPrefix(want, "-run ")
			if !cut && !run {
				want += " "
			}
			if !strings.Contains(tests.String(), " "+want) {
				t.Errorf("%s names %s, which is no test", file, name)
			}
		}
		for _, m := range namedFile.FindAllStringSubmatch(text, -1) {
			if !slices.ContainsFunc(testFiles, func(f string) bool { return strings.HasSuffix("/"+f, "/"+m[1]) }) {
				t.Errorf("%s names %s, which is no file", file, m[1])
			}
		}
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", file, m[1])
			}
		}
	}
}

// tracked lists the files of the repository that match.
func tracked(t *testing.T, pattern string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "--", pattern)
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Each rule of the conformance and attack list has a test that carries its id, and a line in docs/security.md.
func TestEveryRuleHasATestAndALine(t *testing.T) {
	id := regexp.MustCompile(`[CPA][0-9]{2}`)
	tested, written := map[string]bool{}, map[string]bool{}
	for _, file := range tracked(t, "*_test.go") {
		for _, f := range function.FindAllStringSubmatch(read(t, file), -1) {
			for _, rule := range id.FindAllString(f[1], -1) {
				tested[rule] = true
			}
		}
	}
	for line := range strings.Lines(read(t, "docs/security.md")) {
		if rules, _, found := strings.Cut(strings.TrimPrefix(line, "| "), " |"); found {
			for _, rule := range id.FindAllString(rules, -1) {
				written[rule] = true
			}
		}
	}
	for kind, last := range map[string]int{"C": 34, "P": 7, "A": 24} {
		for n := range last {
			rule := fmt.Sprintf("%s%02d", kind, n+1)
			if !tested[rule] || !written[rule] {
				t.Errorf("%s: has a test: %v, has a line in docs/security.md: %v", rule, tested[rule], written[rule])
			}
		}
	}
}
