package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The licenses ask for their words wherever the program goes, and each system's program is made of other parts.
func TestTerminalProgramComesWithTheLicensesOfItsParts(t *testing.T) {
	for system, want := range map[string]string{"linux/amd64": "github.com/godbus/dbus/v5", "windows/arm64": "github.com/danieljoos/wincred"} {
		out := t.TempDir()
		must(t, run(t.Context(), []string{"-app", example, "-out", out, "-system", system, "-version", "v1.2.3", "terminal"}))
		licenses, err := os.ReadFile(filepath.Join(out, "licenses.txt"))
		must(t, err)
		list, err := os.ReadFile(filepath.Join(out, "authkit-v1.2.3-"+strings.ReplaceAll(system, "/", "-")+".cdx.json"))
		must(t, err)
		for _, words := range []string{want, "github.com/spf13/cobra"} {
			if !strings.Contains(string(licenses), "\n"+words+" ") || !strings.Contains(string(list), `"pkg:golang/`+words+"@") {
				t.Errorf("%s: %s is not listed", system, words)
			}
		}
		if !strings.Contains(string(licenses), "Redistribution and use in source and binary forms") {
			t.Errorf("%s: the license of Go is missing", system)
		}
	}
}
