//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

func TestASignInThatIsKilledHindersNoOther(t *testing.T) {
	m := newMachine(t, emulator.Config{AutoSignIn: "alice@example.com", DeviceInterval: time.Second})
	m.signIn()
	for _, args := range [][]string{{"login", "--no-browser"}, {"login", "--device"}} {
		cmd := m.command(args...)
		heard, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := heard.Read(make([]byte, 1)); err != nil { // the page, or the code, is shown
			t.Fatal(err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if out := m.runs("whoami"); !strings.Contains(out, "alice@example.com") {
			t.Errorf("after killing %q: %s", args, out)
		}
		m.runs("login")
	}
}

// P06: nothing that a command writes holds the refresh token, and no file holds either token.
func TestP06TheTokensAreSealed(t *testing.T) {
	m := newMachine(t, emulator.Config{AutoSignIn: "alice@example.com"})
	m.runs("login", "--verbose")
	token := strings.TrimSpace(m.runs("token"))
	entries, err := os.ReadDir(stateFolder(m.home))
	if err != nil || len(entries) == 0 {
		t.Fatal(err)
	}
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(stateFolder(m.home), entry.Name()))
		if err != nil || strings.Contains(string(data), token[len(token)-40:]) {
			t.Errorf("%s: %v", entry.Name(), err)
		}
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", entry.Name(), info.Mode(), err)
		}
	}
}
