// Command overlay prepares a build of the tests that can delete folders under Wine 8.
//
//	go run ./tools/wine/overlay DIR
//	GOOS=windows go test -overlay DIR/overlay.json …
//
// os.RemoveAll, and with it t.TempDir, deletes through NtSetInformationFile with FileDispositionInformationEx. On a Windows that
// lacks it the call says STATUS_INVALID_INFO_CLASS and Go falls back to the older way; Wine 8 says STATUS_NOT_IMPLEMENTED, which
// Go does not expect. This writes a copy of the one file of Go's library that decides so, taken from the Go that runs here, with
// that status added to the list, and the overlay file that has the copy compiled in place of the original. Only the test
// binaries for Wine are built with it.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	original = "src/internal/syscall/windows/at_windows.go"
	before   = "case STATUS_INVALID_INFO_CLASS,"
	after    = "case NTStatus(0xC0000002), STATUS_INVALID_INFO_CLASS," // STATUS_NOT_IMPLEMENTED
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: overlay DIR")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "overlay:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	root, err := exec.CommandContext(context.Background(), "go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("asking go for its root: %w", err)
	}
	path := filepath.Join(strings.TrimSpace(string(root)), original)
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if bytes.Count(source, []byte(before)) != 1 {
		return fmt.Errorf("%s has changed and holds %q no more: look there for how Deleteat falls back", path, before)
	}
	patched, err := filepath.Abs(filepath.Join(dir, filepath.Base(original)))
	if err != nil {
		return err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {path: patched}})
	if err != nil {
		return err
	}
	return writeFiles(map[string][]byte{
		patched:                            bytes.Replace(source, []byte(before), []byte(after), 1),
		filepath.Join(dir, "overlay.json"): overlay,
	})
}

func writeFiles(files map[string][]byte) error {
	for path, content := range files {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
