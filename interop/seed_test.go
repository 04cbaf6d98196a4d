package interop

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/authkit-desktop/authkit/emulator"
)

const seedFile = "testdata/workos-emulate.config.yaml"

var (
	seedType = regexp.MustCompile(`(?s)export interface WorkOSSeed\w+ \{\n(.*?)\n\}`)
	seedKey  = regexp.MustCompile(`(?m)^\s+(\w+)\??: `)
)

// seedKeys reads the keys of the vendor's seed file out of its types.
func seedKeys(t *testing.T) (keys []string) {
	t.Helper()
	types, err := os.ReadFile("node_modules/workos/dist/emulate/workos/index.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range seedType.FindAllStringSubmatch(string(types), -1) {
		for _, key := range seedKey.FindAllStringSubmatch(body[1], -1) {
			keys = append(keys, key[1])
		}
	}
	slices.Sort(keys)
	if keys = slices.Compact(keys); len(keys) < 40 {
		t.Fatalf("the vendor's types have the keys %q only", keys)
	}
	return keys
}

func TestTheVendorsSeedFileStartsBothEmulators(t *testing.T) {
	text, err := os.ReadFile(seedFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range seedKeys(t) {
		if !regexp.MustCompile(`\b` + key + `:`).Match(text) {
			t.Errorf("%s has no %q, which the vendor's emulator knows", seedFile, key)
		}
	}
	theirs := node(t, "node_modules/workos/dist/bin.js", "emulate", "--json", "--port", "0", "--seed", seedFile)
	if line := theirs.line(); !json.Valid(line) || !strings.Contains(string(line), "sk_test_seed") {
		t.Errorf("the vendor's emulator says %s", line)
	}
	config, notes, err := emulator.LoadConfig(seedFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, unused := range []string{"pipeConnections", "webhookEndpoints", "profiles"} {
		if !slices.ContainsFunc(notes, func(note string) bool { return strings.Contains(note, unused) }) {
			t.Errorf("nobody is told that %s has no effect: %q", unused, notes)
		}
	}
	config.RedirectURIs = []string{appURI}
	s := start(t, config)
	tokens := signedInAs(t, s, "alice@example.com", "Acme")
	if user, ok := tokens["user"].(map[string]any); !ok || user["external_id"] != "x-1" || user["last_name"] != "Archer" {
		t.Errorf("alice is %v", tokens["user"])
	}
}
