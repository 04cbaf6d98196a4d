package main

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/authkit-desktop/authkit/emulator"
)

// TestMain is also the program, and the browser.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("CLI_TEST") == "":
		os.Exit(m.Run())
	case len(os.Args) == 2 && strings.HasPrefix(os.Args[1], "http"):
		if _, err := http.Get(os.Args[1]); err != nil { // and on to where it leads
			panic(err)
		}
	default:
		main()
	}
}

// On Linux a test can choose the browser.
func TestAPersonSignsInInATerminal(t *testing.T) {
	server, err := emulator.Start(emulator.Config{AutoSignIn: "alice@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	program := exec.CommandContext(t.Context(), os.Args[0])
	program.Env = []string{"CLI_TEST=1", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "BROWSER=" + os.Args[0],
		"WORKOS_CLIENT_ID=" + server.ClientID(), "WORKOS_API_URL=" + server.URL(), "WORKOS_ENCRYPTION_SECRET=" + strings.Repeat("of a test ", 4)}
	out, err := program.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "Signed in as alice@example.com\n") { // this browser is back before it has opened
		t.Errorf("the program says %q, %v", out, err)
	}
}
