//go:build linux

package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// A phone reads the code off a real terminal's window: xterm on a display of its own, photographed, and scanned.
func TestAPhoneReadsTheCodeOffTheScreen(t *testing.T) {
	for name, color := range map[string][]string{
		"black on white, in any terminal": {"-bg", "navy", "-fg", "green"},
		"without colors, in a dark one":   {"-bg", "black", "-fg", "white"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, emulator.Config{})
			m.env["TERM"] = "xterm-256color"
			if color[1] == "black" {
				m.env["NO_COLOR"] = "1"
			}
			display := m.display()
			window := m.command("login", "--device")
			xterm := append([]string{"xterm", "-geometry", "100x50+0+0", "-fa", "DejaVu Sans Mono", "-fs", "9"}, color...)
			window.Path, window.Args = need(t, "xterm"), append(append(xterm, "-e"), window.Args...)
			window.Env = append(window.Env, "DISPLAY="+display)
			if err := window.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = window.Process.Kill(); _ = window.Wait() })
			want := m.server.URL() + "/device?user_code=" + <-m.codes
			picture := filepath.Join(t.TempDir(), "screen.png")
			var got string
			m.eventually("the code can be read", func() bool {
				photo := exec.CommandContext(t.Context(), need(t, "import"), "-display", display, "-window", "root", picture)
				if out, err := photo.CombinedOutput(); err != nil {
					t.Fatalf("no picture: %v %s", err, out)
				}
				out, _ := exec.CommandContext(t.Context(), need(t, "zbarimg"), "--quiet", "--raw", picture).Output()
				got = strings.TrimSpace(string(out))
				return got != ""
			})
			if got != want {
				t.Errorf("read %q instead of %q", got, want)
			}
		})
	}
}

func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%s is part of the project's set-up: scripts/setup test", program)
	}
	return path
}

// display starts one that nobody sees, and gives its name.
func (m *machine) display() string {
	m.Helper()
	cmd := exec.CommandContext(m.Context(), need(m.T, "Xvfb"), "-displayfd", "1", "-screen", "0", "1000x900x24", "-nolisten", "tcp")
	name, err := cmd.StdoutPipe()
	if err != nil {
		m.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		m.Fatal(err)
	}
	m.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	number := make(chan string, 1)
	go func() {
		buffer := make([]byte, 16)
		n, _ := name.Read(buffer)
		number <- ":" + string(bytes.TrimSpace(buffer[:n]))
	}()
	select {
	case display := <-number:
		return display
	case <-time.After(20 * time.Second):
		m.Fatal("the display did not start")
		return ""
	}
}
