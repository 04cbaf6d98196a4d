//go:build linux && installed

package e2e

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The life of a package, for the one who has it: scripts/test-packages runs this where a system may be changed, and names two
// versions of the package.
func TestInstalledAppKeepsTheSessionOverAnUpgradeAndLeavesNothing(t *testing.T) {
	older, newer, name := os.Getenv("E2E_DEB_OLDER"), os.Getenv("E2E_DEB_NEWER"), filepath.Base(os.Getenv("E2E_INSTALLED"))
	before := systemFiles(t)
	administer(t, "install", older)
	p := newPerson(t)

	p.step("choose the app in the menu, and sign in")
	entry := p.entry(name)
	p.d.Start("gio", "launch", entry)
	p.window.Click(Button, "Sign in")
	p.fillForm("installed-1-browser")
	first := p.app.Running()
	p.browser.ClickAway("Open " + appName)
	p.window.Reads("Welcome, Alice")
	p.handedOverBySecondProcess(first)
	p.nothingIsRegistered()
	id := strings.TrimSuffix(filepath.Base(entry), ".desktop")
	p.d.Run("xdotool", "search", "--onlyvisible", "--class", "^"+id+"$") // or the desktop shows the window without the entry's icon
	p.choose("Help", "Licenses")
	p.window.Reads("It is made with what follows.")

	p.step("upgrade while it runs")
	administer(t, "install", newer)
	if len(p.app.Running()) != 1 {
		t.Errorf("the upgrade has ended the running app: %v", p.app.Running())
	}
	p.app.OpenAgain() // the new version hands over to the old one
	p.app.ComesToFront()
	p.app.Kill()
	p.app.Open()
	p.window.Reads("Welcome, Alice")
	p.window.Picture("installed-2-after-upgrade", Heading, "Welcome, Alice")

	p.step("remove it while it runs")
	administer(t, "purge", name)
	p.nothingIsLeft(before)
	p.nothingIsRegistered()
	p.step("end")
}

// The same under rpm, which calls the package's scripts with other words.
func TestInstalledByRPMTheAppIsUpgradedAndLeavesNothing(t *testing.T) {
	older, newer, name := os.Getenv("E2E_RPM_OLDER"), os.Getenv("E2E_RPM_NEWER"), filepath.Base(os.Getenv("E2E_INSTALLED"))
	before := systemFiles(t)
	manage := func(args ...string) {
		t.Helper()
		// The libraries here are dpkg's, and rpm knows nothing of those.
		if out, err := exec.CommandContext(t.Context(), "rpm", append([]string{"--nodeps"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("rpm %v: %v\n%s", args, err, out)
		}
	}
	manage("--install", older)
	p := newPerson(t)
	if owner := p.d.Run("xdg-mime", "query", "default", "x-scheme-handler/workos-auth"); !strings.Contains(owner, appID) {
		t.Errorf("links go to %q", owner)
	}
	p.app.Open()
	p.d.Wait("the app runs", func() bool { return len(p.app.Running()) == 1 })
	manage("--upgrade", newer)
	if len(p.app.Running()) != 1 {
		t.Errorf("the upgrade has ended the running app: %v", p.app.Running())
	}
	manage("--erase", name)
	p.nothingIsLeft(before)
	p.nothingIsRegistered()
}

// nothingIsLeft checks the removed app's processes, its scheme and its files.
func (p *person) nothingIsLeft(before map[string]bool) {
	t := p.t
	t.Helper()
	p.d.Wait("no process of it is left", func() bool { return len(p.app.Running()) == 0 })
	if owner := p.d.Run("xdg-mime", "query", "default", "x-scheme-handler/workos-auth"); owner != "" {
		t.Errorf("links still go to %s", owner)
	}
	cache, err := os.ReadFile("/usr/share/applications/mimeinfo.cache")
	if err != nil || bytes.Contains(cache, []byte("workos-auth")) {
		t.Errorf("mimeinfo.cache still has the scheme, or cannot be read: %v", err)
	}
	after := systemFiles(t)
	for path := range before {
		delete(after, path)
	}
	if len(after) > 0 {
		t.Errorf("the package leaves behind %v", slices.Sorted(maps.Keys(after)))
	}
}

// administer does what the system's administrator would.
func administer(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "apt-get", append([]string{"--yes", "--no-install-recommends"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("apt-get %v: %v\n%s", args, err, out)
	}
}

// entry finds the menu entry among the package's files.
func (p *person) entry(name string) string {
	p.t.Helper()
	for path := range strings.FieldsSeq(p.d.Run("dpkg-query", "--listfiles", name)) {
		if strings.HasSuffix(path, ".desktop") {
			return path
		}
	}
	p.t.Fatal("the package has no menu entry")
	return ""
}

// nothingIsRegistered checks that the package's own entry is enough: in the person's folders there is none of this app.
func (p *person) nothingIsRegistered() {
	p.t.Helper()
	for _, folder := range []string{p.d.variable("XDG_DATA_HOME"), p.d.variable("XDG_CONFIG_HOME")} {
		must(p.t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".desktop") && !strings.HasSuffix(path, ".list") {
				return err
			}
			content, err := os.ReadFile(path)
			if bytes.Contains(content, []byte("workos-auth")) {
				p.t.Errorf("%s registers the scheme:\n%s", path, content)
			}
			return err
		}))
	}
}

// systemFiles lists what a package may have put anywhere.
func systemFiles(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, root := range []string{"/usr", "/etc", "/opt", "/var/lib"} {
		must(t, filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if path == "/var/lib/rpm" { // rpm's own list, which it makes at its first use
				return fs.SkipDir
			}
			all[path] = true
			return err
		}))
	}
	return all
}
