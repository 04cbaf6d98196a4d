//go:build linux && wine

package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/deeplink"
	"github.com/authkit-desktop/authkit/doctor"
)

// newWindowsMachine is Wine, as scripts/test-packages prepares it, with an installer of this program, or of the app where none is named.
func newWindowsMachine(t *testing.T, program string) *windowsMachine {
	t.Helper()
	out := t.TempDir()
	must(t, run(t.Context(), []string{"-app", example, "-out", out, "-binary", program, "windows"}))
	return &windowsMachine{t: t, app: loaded(t, example), setup: the(t, out, "*-setup.exe"), drive: os.Getenv("WINEPREFIX") + "/drive_c"}
}

const uninstallKey = `\Software\Microsoft\Windows\CurrentVersion\Uninstall\`

// The life of the installer, once for one person and once for all.
func TestInstalledOnWindowsTheAppGetsItsLinksAndLeavesNothing(t *testing.T) {
	certificate := testKey(t)
	m := newWindowsMachine(t, "")
	m.tester = filepath.Join(t.TempDir(), "linktest.exe")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", m.tester, "./internal/linktest")
	build.Env = append(os.Environ(), "GOOS=windows", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for mode, root := range map[string]string{"/CurrentUser": "HKCU", "/AllUsers": "HKLM"} {
		t.Run(mode, func(t *testing.T) {
			m.t = t
			before := m.files()
			m.run(m.setup, "/S", mode)
			dir := m.value(root+uninstallKey+m.app.ID, "InstallLocation")
			program := dir + `\` + m.app.Package + ".exe"
			for _, file := range []string{m.app.Package + ".exe", "uninstall.exe"} {
				if ok, words := verified(t, m.path(dir+`\`+file), certificate); !ok {
					t.Errorf("%s is not signed:\n%s", file, words)
				}
			}
			class := root + `\Software\Classes\` + m.app.Scheme
			if got, want := m.value(class+`\shell\open\command`, ""), `"`+program+`" `+deeplink.Marker+` "%1"`; got != want {
				t.Errorf("the command of the scheme is %s, want %s", got, want)
			}
			if root == "HKCU" { // Wine looks for schemes in the other root only
				m.run("reg", "copy", class, `HKLM\Software\Classes\`+m.app.Scheme, "/s", "/f")
			}
			m.linksArrive(program)
			if root == "HKCU" {
				m.run("reg", "delete", `HKLM\Software\Classes\`+m.app.Scheme, "/f")
			}

			m.run(dir+`\uninstall.exe`, "/S", mode)
			m.wait("the program's folder is gone", func() bool { _, err := os.Stat(m.path(dir)); return err != nil })
			for _, key := range []string{class, root + uninstallKey + m.app.ID} {
				m.wait(key+" is gone", func() bool { return m.wine("reg", "query", key) != nil })
			}
			after := m.files()
			maps.DeleteFunc(after, func(path string, _ bool) bool { return before[path] })
			if len(after) > 0 {
				t.Errorf("it leaves behind %v", slices.Sorted(maps.Keys(after)))
			}
		})
	}
}

// Another program may have taken the scheme since.
func TestRemovedOnWindowsTheAppLeavesAnotherProgramsSchemeAlone(t *testing.T) {
	m := newWindowsMachine(t, windowsProgram(t))
	class := `HKLM\Software\Classes\` + m.app.Scheme
	m.run(m.setup, "/S", "/AllUsers")
	dir := m.value("HKLM"+uninstallKey+m.app.ID, "InstallLocation")
	t.Cleanup(func() { _ = m.wine("reg", "delete", class, "/f") })
	m.run("reg", "add", class+`\shell\open\command`, "/ve", "/d", `C:\other.exe %1`, "/f")
	m.run(dir+`\uninstall.exe`, "/S", "/AllUsers")
	m.wait("the program's folder is gone", func() bool { _, err := os.Stat(m.path(dir)); return err != nil })
	if got := m.value(class+`\shell\open\command`, ""); got != `C:\other.exe %1` {
		t.Errorf("the other program's command is %s", got)
	}
}

// linksArrive has a link opened as browsers open it, and waits for the installed program to answer.
func (m *windowsMachine) linksArrive(program string) {
	m.t.Helper()
	var report doctor.Report
	said := m.run(m.tester, m.app.ID, m.app.Scheme, program)
	_, line, _ := strings.Cut(said, "{") // Wine may have had something to say before
	must(m.t, json.NewDecoder(strings.NewReader("{"+line)).Decode(&report))
	for _, name := range []string{"scheme owner", "link delivery"} {
		at := slices.IndexFunc(report.Checks, func(c doctor.Check) bool { return c.Name == name })
		if at < 0 || report.Checks[at].Status != doctor.OK {
			m.t.Errorf("%s: %+v", name, report.Checks)
		}
	}
}

// windowsMachine is Wine, in which an installer is tried.
type windowsMachine struct {
	t             *testing.T
	app           app
	setup, tester string
	drive         string // where C: lies
	words         string // of the last program
}

// wine runs a program of Windows. Its words go through a file: what it leaves running would hold a pipe open.
func (m *windowsMachine) wine(args ...string) error {
	file, err := os.Create(filepath.Join(m.t.TempDir(), "words"))
	must(m.t, err)
	defer file.Close()
	ctx, cancel := context.WithTimeout(m.t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "wine", args...)
	cmd.Stdout, cmd.Stderr = file, file
	err = cmd.Run()
	words, _ := os.ReadFile(file.Name())
	m.words = strings.ReplaceAll(string(words), "\r", "")
	return err
}

func (m *windowsMachine) run(args ...string) (words string) {
	m.t.Helper()
	if err := m.wine(args...); err != nil {
		m.t.Fatalf("%v: %v\n%s", args, err, m.words)
	}
	return m.words
}

// value reads a text from the registry, the key's own where the name is empty.
func (m *windowsMachine) value(key, name string) string {
	m.t.Helper()
	which := []string{"/ve"}
	if name != "" {
		which = []string{"/v", name}
	}
	_, text, found := strings.Cut(m.run(append([]string{"reg", "query", key}, which...)...), "REG_SZ    ")
	if !found {
		m.t.Fatalf("%s has no text %q:\n%s", key, name, m.words)
	}
	text, _, _ = strings.Cut(text, "\n")
	return text
}

// path is where Linux sees a file of the drive C:.
func (m *windowsMachine) path(windows string) string {
	return m.drive + strings.ReplaceAll(strings.TrimPrefix(windows, "C:"), `\`, "/")
}

// files lists what is on the drive, but for what any program leaves in its temporary folder, and for the folder that Windows
// itself has for a person's programs.
func (m *windowsMachine) files() map[string]bool {
	all := map[string]bool{}
	must(m.t, filepath.WalkDir(m.drive, func(path string, _ fs.DirEntry, err error) error {
		if !strings.Contains(path, "/Temp/") && !strings.HasSuffix(path, "/Local/Programs") {
			all[path] = true
		}
		return err
	}))
	return all
}

func (m *windowsMachine) wait(what string, holds func() bool) {
	m.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !holds(); <-tick.C {
		if time.Now().After(end) {
			m.t.Fatal("waited in vain until " + what)
		}
	}
}
