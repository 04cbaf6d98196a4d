// Package house keeps the picture of the packages true: each imports only what stands below it.
package house

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/authkit-desktop/authkit"

// below is docs/architecture.md's picture: what each package may import of ours. The folders at the top (see top) are not
// imported by anybody, and may use everything.
var below = map[string][]string{
	"deeplink":             nil,
	"emulator":             nil, // shares nothing with the client, so that one wrong reading of the wire cannot hide on both sides
	"instance":             nil,
	"internal/browser":     nil,
	"internal/disktest":    nil,
	"internal/keyringtest": nil,
	"internal/killtest":    nil,
	"internal/workos":      nil,
	"loopback":             nil,
	"vault":                nil,
	".":                    {"internal/browser", "internal/workos", "loopback", "vault"},
	"authkittest":          {".", "emulator"},
	"bridge":               {"."},
	"cmd/authkit":          {".", "doctor", "emulator", "vault"},
	"desktop":              {".", "deeplink", "doctor", "instance"},
	"doctor":               {".", "deeplink", "instance", "loopback", "vault"},
}

var top = []string{"bench", "interop", "tools"}

var systems = []string{"linux", "windows", "darwin"}

func TestPackagesImportOnlyWhatStandsBelowThem(t *testing.T) {
	for _, system := range systems {
		for _, p := range packages(t, system) {
			if slices.ContainsFunc(top, func(folder string) bool { return inside(p.name, folder) }) {
				continue
			}
			allowed, known := floor(p.name)
			if !known {
				t.Errorf("%s is not in the picture: give it a place here and in docs/architecture.md", p.name)
			}
			for _, imported := range p.imports {
				if !slices.ContainsFunc(allowed, func(folder string) bool { return inside(imported, folder) }) && !related(p.name, imported) {
					t.Errorf("on %s, %s imports %s, which does not stand below it", system, p.name, imported)
				}
			}
		}
	}
}

type pkg struct {
	name    string
	imports []string // of ours, tests not counted: a test may stand on anything
}

// packages asks the go command, because only it knows which files a system builds. With -e, since what does not compile is
// for others to report.
func packages(t *testing.T, system string) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var all []pkg
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if strings.Contains(fields[0], "/node_modules/") {
			continue // npm packages may carry Go code too
		}
		p := pkg{name: ours(fields[0])}
		for _, path := range fields[1:] {
			if name := ours(path); name != "" {
				p.imports = append(p.imports, name)
			}
		}
		all = append(all, p)
	}
	return all
}

// ours gives a package's folder, and nothing for a package of somebody else.
func ours(path string) string {
	if path == module {
		return "."
	}
	name, _ := strings.CutPrefix(path, module+"/")
	if name == path {
		return ""
	}
	return name
}

// floor finds a package's row; what is internal to a package stands on the same floor.
func floor(name string) (allowed []string, known bool) {
	for folder, allowed := range below {
		if inside(name, folder) {
			return allowed, true
		}
	}
	return nil, false
}

// inside tells whether a package lies in a folder of the picture. The root holds only itself.
func inside(name, folder string) bool {
	return name == folder || folder != "." && strings.HasPrefix(name, folder+"/")
}

// related tells whether two packages belong to the same row.
func related(a, b string) bool {
	for folder := range below {
		if inside(a, folder) && inside(b, folder) {
			return true
		}
	}
	return false
}
