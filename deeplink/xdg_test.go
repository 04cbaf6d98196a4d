//go:build linux || freebsd || netbsd || openbsd || dragonfly

package deeplink

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// desktop is a home folder and an XDG environment of their own.
type desktop struct{ home, data, config string }

func newDesktop(t *testing.T) desktop {
	t.Helper()
	home := t.TempDir()
	d := desktop{home, filepath.Join(home, "data"), filepath.Join(home, "config")}
	for name, value := range map[string]string{
		"HOME": home, "XDG_DATA_HOME": d.data, "XDG_CONFIG_HOME": d.config, "XDG_CACHE_HOME": home + "/cache", "XDG_STATE_HOME": home + "/state",
		"XDG_DATA_DIRS": home + "/system/data", "XDG_CONFIG_DIRS": home + "/system/config",
		"XDG_CURRENT_DESKTOP": "", "DESKTOP_SESSION": "", "KDE_FULL_SESSION": "", "GNOME_DESKTOP_SESSION_ID": "", "XDG_RUNTIME_DIR": home,
		"DBUS_SESSION_BUS_ADDRESS": "disabled:", "BROWSER": "",
		"DISPLAY":  ":99", // xdg-open wants one, and never connects to it
		"APPIMAGE": "", "APPDIR": "", "SNAP": "", "SNAP_NAME": "", "WSL_DISTRO_NAME": "",
	} {
		t.Setenv(name, value)
	}
	return d
}

func (d desktop) write(t *testing.T, path, text string) string {
	t.Helper()
	path = filepath.Join(d.home, path)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
	return path
}

// files returns every file with its text or target.
func (d desktop) files(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(d.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if entry.Type() == fs.ModeSymlink {
			target, linkErr := os.Readlink(path)
			text, err = []byte("-> "+target), linkErr
		}
		all[strings.TrimPrefix(path, d.home+"/")] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func testApp(executable string) Config {
	return Config{Scheme: testScheme, AppID: "com.example.notes", AppName: "Notes", Executable: executable}
}

func mustRegister(t *testing.T, app Config) {
	t.Helper()
	if changed, err := Register(t.Context(), app); !changed || err != nil {
		t.Fatalf("Register: %v %v", changed, err)
	}
}

func mustInspect(t *testing.T, app Config) Status {
	t.Helper()
	status, err := Inspect(t.Context(), app)
	if err != nil {
		t.Fatal(err)
	}
	if !status.Delivers && (status.Problem == "" || status.Fix == "") {
		t.Errorf("nothing is said about why it does not deliver: %+v", status)
	}
	return status
}

// openers are the system's own ways to open a link.
var openers = map[string][]string{"xdg-open": {"xdg-open"}, "gio": {"gio", "open"}}

func open(t *testing.T, opener, link string) {
	t.Helper()
	command := append(slices.Clone(openers[opener]), link)
	if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
		t.Errorf("%q: %v\n%s", command, err, out)
	}
}

// fullLink has what links of a sign-in have, and what shells and openers trip over.
const fullLink = testScheme + "://callback?code=01A~b_c-d.e&state=x%2By%20z&n=$HOME`id`;'*'(1)!@,#f"

func TestC24_LinksStartTheProgram(t *testing.T) {
	for _, place := range []struct{ name, folder string }{
		{"plain", "notes"},
		{"spaces", "My  Notes App"},
		{"quotes", `the "best" notes it's`},
		{"percent", "100%u %% notes"},
		{"shell", "$HOME `id` \\n;&|<>*?#()~[x]"},
		{"letters", "größe 笔记"},
		{"newline", "a\nb"},
	} {
		for opener := range openers {
			t.Run(place.name+" by "+opener, func(t *testing.T) {
				newDesktop(t)
				app := testApp(installed(t, place.folder, "notes app"))
				app.Args = []string{"--profile=dev"}
				mustRegister(t, app)
				if status := mustInspect(t, app); !status.Ours || !status.Delivers || status.OwnerPath != app.Executable || status.Owner != "Notes" {
					t.Errorf("%+v", status)
				}
				dir := records(t)
				open(t, opener, fullLink)
				started(t, dir, "--profile=dev", Marker, fullLink)
			})
		}
	}
}

func TestC24_ABurstOfTwentyLinksStartsTwentyTimes(t *testing.T) {
	newDesktop(t)
	mustRegister(t, testApp(installed(t, "My Notes", "notes")))
	dir := records(t)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() { open(t, []string{"gio", "xdg-open"}[i%2], testScheme+"://callback?n="+string(rune('a'+i))) })
	}
	group.Wait()
	seen := map[string]bool{}
	for _, args := range starts(t, dir, 20) {
		if len(args) == 2 && args[0] == Marker {
			seen[args[1]] = true
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d different links arrived", len(seen))
	}
}

func TestA12_TheEntryIsValid(t *testing.T) {
	d := newDesktop(t)
	app := testApp(installed(t, `it's "100%" $x`, "notes"))
	app.AppName = `Notes; "the" \best\ = [ones]`
	app.Args = []string{"a b", "$x", "100%", `\`}
	app.Icon = "/opt/my icon.png"
	mustRegister(t, app)
	file := filepath.Join(d.data, "applications", app.entryID())
	out, err := exec.CommandContext(t.Context(), "desktop-file-validate", "--no-hints", file).CombinedOutput()
	if err != nil || len(bytes.TrimSpace(out)) > 0 {
		text, _ := os.ReadFile(file)
		t.Errorf("desktop-file-validate: %v\n%s\n%s", err, out, text)
	}
	dir := records(t)
	open(t, "gio", testScheme+":/x")
	started(t, dir, "a b", "$x", "100%", `\`, Marker, testScheme+":/x")
}

func TestWorksWithoutAnyDesktopTools(t *testing.T) {
	newDesktop(t)
	path := os.Getenv("PATH")
	app := testApp(installed(t, "notes", "notes"))
	t.Setenv("PATH", t.TempDir())
	mustRegister(t, app)
	if status := mustInspect(t, app); !status.Ours || status.Delivers || !strings.Contains(status.Fix, "xdg-utils") {
		t.Errorf("%+v", status)
	}
	t.Setenv("PATH", path)
	for opener := range openers {
		dir := records(t)
		open(t, opener, testScheme+"://x")
		started(t, dir, Marker, testScheme+"://x")
	}
}

func TestNothingIsWrittenWhenNothingChanged(t *testing.T) {
	d := newDesktop(t)
	app := testApp(installed(t, "My Notes", "notes"))
	mustRegister(t, app)
	var folders []string
	filepath.WalkDir(d.home, func(path string, entry fs.DirEntry, _ error) error {
		if entry.IsDir() {
			folders = append(folders, path)
		}
		return nil
	})
	times := func() (all []fs.FileInfo) {
		for _, folder := range folders {
			info, err := os.Stat(folder)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, info)
		}
		return all
	}
	before, files := times(), d.files(t)
	for range 3 {
		if changed, err := Register(t.Context(), app); changed || err != nil {
			t.Errorf("Register again: %v %v", changed, err)
		}
	}
	for i, info := range times() {
		if !info.ModTime().Equal(before[i].ModTime()) {
			t.Errorf("something was written in %s", folders[i])
		}
	}
	for name, text := range d.files(t) {
		if files[name] != text {
			t.Errorf("%s changed", name)
		}
	}
}

func TestUnregisterLeavesEverythingAsItWas(t *testing.T) {
	d := newDesktop(t)
	t.Setenv("PATH", "") // update-desktop-database leaves its index
	list := "# mine\n[Default Applications]\ntext/html=web.desktop\n" + mimeType(testScheme) + "=other.desktop;\n\n[Added Associations]\ntext/html=web.desktop;\n"
	d.write(t, "config/mimeapps.list", list)
	d.write(t, "config/gnome-mimeapps.list", "[Default Applications]\n"+mimeType(testScheme)+"=third.desktop;\n")
	d.write(t, "config/kde-mimeapps.list", "[Default Applications]\ntext/html=web.desktop\n")
	d.write(t, "data/applications/other.desktop", "[Desktop Entry]\nType=Application\nName=Other\nExec=other %u\n")
	t.Setenv("XDG_CURRENT_DESKTOP", "GNOME:KDE")
	before := d.files(t)
	app := testApp(installed(t, "My Notes", "notes"))
	mustRegister(t, app)
	if files := d.files(t); files["config/kde-mimeapps.list"] != before["config/kde-mimeapps.list"] {
		t.Errorf("a desktop's list without the scheme was changed:\n%s", files["config/kde-mimeapps.list"])
	}
	if changed, err := Unregister(t.Context(), app); !changed || err != nil {
		t.Fatalf("Unregister: %v %v", changed, err)
	}
	after := d.files(t)
	for name := range after {
		if after[name] != before[name] {
			t.Errorf("%s is now:\n%s\nand was:\n%s", name, after[name], before[name])
		}
	}
	if len(after) != len(before) {
		t.Errorf("there are %d files, and were %d", len(after), len(before))
	}
	if changed, err := Unregister(t.Context(), app); changed || err != nil {
		t.Errorf("Unregister again: %v %v", changed, err)
	}
}

// other installs another program's entry and makes it the default.
func (d desktop) other(t *testing.T, executable string) {
	t.Helper()
	d.write(t, "data/applications/other.desktop",
		"[Desktop Entry]\nType=Application\nName=Other App\nExec="+executable+" --other %u\nMimeType="+mimeType(testScheme)+";\n")
	d.write(t, "config/mimeapps.list", "[Default Applications]\n"+mimeType(testScheme)+"=other.desktop\n")
}

func TestA03_AnotherProgramIsNamedReplacedAndRestored(t *testing.T) {
	d := newDesktop(t)
	other, app := installed(t, "other", "other"), testApp(installed(t, "notes", "notes"))
	d.other(t, other)
	otherEntry := d.files(t)["data/applications/other.desktop"]
	// The programs are hard links to one file, which counts as the same program.
	if err := errors.Join(os.Remove(app.Executable), copyFile(other, app.Executable)); err != nil {
		t.Fatal(err)
	}

	status := mustInspect(t, app)
	if status.Ours || status.Delivers || status.Owner != "Other App" || status.OwnerPath != other || !strings.Contains(status.Problem, "Other App ("+other+")") {
		t.Errorf("before: %+v", status)
	}
	mustRegister(t, app)
	if status := mustInspect(t, app); !status.Ours || !status.Delivers {
		t.Errorf("registered: %+v", status)
	}
	if d.files(t)["data/applications/other.desktop"] != otherEntry {
		t.Error("the other program's entry was changed")
	}
	if _, err := Unregister(t.Context(), app); err != nil {
		t.Fatal(err)
	}
	if status := mustInspect(t, app); status.Owner != "Other App" {
		t.Errorf("after: %+v", status)
	}
	for opener := range openers {
		dir := records(t)
		open(t, opener, testScheme+"://x")
		started(t, dir, "--other", testScheme+"://x")
	}
}

func TestAMovedProgramIsNoticedAndFollowed(t *testing.T) {
	newDesktop(t)
	app := testApp(installed(t, "notes", "notes"))
	mustRegister(t, app)
	moved := app
	moved.Executable = filepath.Join(t.TempDir(), "notes")
	if err := os.Rename(app.Executable, moved.Executable); err != nil {
		t.Fatal(err)
	}
	if status := mustInspect(t, moved); status.Delivers || !status.Ours || !strings.Contains(status.Problem, app.Executable) {
		t.Errorf("%+v", status)
	}
	mustRegister(t, moved)
	if status := mustInspect(t, moved); !status.Delivers || status.OwnerPath != moved.Executable {
		t.Errorf("%+v", status)
	}
}

func TestADeletedProgramIsNoticed(t *testing.T) {
	for _, folder := range []string{"notes", "My Notes"} {
		d := newDesktop(t)
		app := testApp(installed(t, folder, "notes"))
		mustRegister(t, app)
		if err := os.Remove(app.Executable); err != nil {
			t.Fatal(err)
		}
		if status := mustInspect(t, app); status.Delivers || !status.Ours {
			t.Errorf("%+v", status)
		}
		if _, err := Register(t.Context(), app); !errors.Is(err, errNoProgram) {
			t.Errorf("Register: %v", err)
		}
		// Another program's entry is next in line.
		d.write(t, "data/applications/other.desktop", "[Desktop Entry]\nName=Other\nExec=/bin/true %u\nMimeType="+mimeType(testScheme)+";\n")
		if status := mustInspect(t, app); status.Ours || status.Owner != "Other" || !strings.Contains(status.Problem, "gone") {
			t.Errorf("%+v", status)
		}
	}
}

func TestAnInstallersEntryIsEnough(t *testing.T) {
	d := newDesktop(t)
	app := testApp(installed(t, "notes", "notes"))
	for _, exec := range []string{app.Executable + " " + Marker + " %u", app.Executable + " %U", `"` + app.Executable + `" --x ` + Marker + " %U"} {
		d.write(t, "system/data/applications/com.example.notes.desktop", "[Desktop Entry]\nName=Notes\nExec="+exec+"\nMimeType="+mimeType(testScheme)+";\n")
		t.Setenv("XDG_CURRENT_DESKTOP", "GNOME")
		if changed, err := Register(t.Context(), app); changed || err != nil {
			t.Errorf("%s: Register: %v %v", exec, changed, err)
		}
		if status := mustInspect(t, app); !status.Ours || !status.Delivers {
			t.Errorf("%s: %+v", exec, status)
		}
	}
	d.write(t, "system/data/applications/com.example.notes.desktop", "[Desktop Entry]\nName=Notes\nExec="+app.Executable+"\nMimeType="+mimeType(testScheme)+";\n")
	if status := mustInspect(t, app); !status.Ours || status.Delivers || !strings.Contains(status.Problem, "without the link") {
		t.Errorf("without %%u: %+v", status)
	}
	mustRegister(t, app)
	if status := mustInspect(t, app); !status.Delivers {
		t.Errorf("with our own entry: %+v", status)
	}
}

func TestTwoAppsThatStartAtOnceLoseNothing(t *testing.T) {
	d := newDesktop(t)
	program := installed(t, "notes", "notes")
	var group sync.WaitGroup
	for i := range 10 {
		app := testApp(program)
		app.Scheme += string(rune('a' + i))
		group.Go(func() {
			if _, err := Register(context.Background(), app); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	list := d.files(t)["config/mimeapps.list"]
	if got := strings.Count(list, mimeType(testScheme)); got != 10 {
		t.Errorf("%d of 10 are in the list:\n%s", got, list)
	}
}

func TestASettingsRepositoryKeepsItsLinks(t *testing.T) {
	d := newDesktop(t)
	kept := d.write(t, "dotfiles/mimeapps.list", "[Default Applications]\n")
	if err := errors.Join(os.MkdirAll(d.config, 0o755), os.Symlink(kept, filepath.Join(d.config, "mimeapps.list"))); err != nil {
		t.Fatal(err)
	}
	app := testApp(installed(t, "notes", "notes"))
	mustRegister(t, app)
	files := d.files(t)
	if !strings.HasPrefix(files["config/mimeapps.list"], "-> ") || !strings.Contains(files["dotfiles/mimeapps.list"], app.entryID()) {
		t.Errorf("%q", files)
	}
}

func TestAnEntryOfThatNameThatIsNotOursStays(t *testing.T) {
	d := newDesktop(t)
	app := testApp(installed(t, "notes", "notes"))
	d.write(t, "data/applications/"+app.entryID(), "[Desktop Entry]\nName=Hand-made\nExec=/bin/true %u\n")
	if changed, err := Unregister(t.Context(), app); changed || err == nil {
		t.Errorf("Unregister: %v %v", changed, err)
	}
	if len(d.files(t)) != 1 {
		t.Error("it was removed")
	}
}

func TestAHomeWithSpacesIsExplained(t *testing.T) {
	d := newDesktop(t)
	t.Setenv("XDG_DATA_HOME", filepath.Join(d.home, "my data"))
	app := testApp(installed(t, "My Notes", "notes"))
	mustRegister(t, app)
	if status := mustInspect(t, app); !status.Ours || status.Delivers || !strings.Contains(status.Problem, "XDG_CURRENT_DESKTOP") {
		t.Errorf("%+v", status)
	}
	t.Setenv("XDG_CURRENT_DESKTOP", "GNOME")
	if status := mustInspect(t, app); !status.Delivers {
		t.Errorf("in a desktop: %+v", status)
	}
	dir := records(t)
	open(t, "gio", testScheme+"://x")
	started(t, dir, Marker, testScheme+"://x")
}

func TestAnAppImageIsRegisteredItselfAndNotItsMount(t *testing.T) {
	newDesktop(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	image := installed(t, "downloads", "Notes-1.0.AppImage")
	t.Setenv("APPIMAGE", image)
	t.Setenv("APPDIR", filepath.Dir(self))
	mustRegister(t, testApp(""))
	if status := mustInspect(t, testApp("")); status.OwnerPath != image || status.Environment != "appimage" || !status.Delivers {
		t.Errorf("%+v", status)
	}
	// A terminal from an AppImage passes its variables on to all that it starts.
	t.Setenv("APPDIR", "/tmp/.mount_other")
	if path, err := thisProgram(); path != self || err != nil {
		t.Errorf("outside of the image: %q %v", path, err)
	}
}

func TestASnapDeclaresItsSchemesInThePackage(t *testing.T) {
	d := newDesktop(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SNAP_NAME", "notes")
	t.Setenv("SNAP", filepath.Dir(self))
	app := testApp(self)
	if changed, err := Register(t.Context(), app); changed || err == nil || !strings.Contains(err.Error(), "MimeType="+mimeType(testScheme)) {
		t.Errorf("Register: %v %v", changed, err)
	}
	if status := mustInspect(t, app); status.Environment != "snap" || status.Delivers {
		t.Errorf("%+v", status)
	}
	gui := filepath.Join(filepath.Dir(self), "meta/gui")
	t.Cleanup(func() { os.RemoveAll(filepath.Dir(gui)) })
	if err := errors.Join(os.MkdirAll(gui, 0o755), os.WriteFile(filepath.Join(gui, "notes.desktop"),
		[]byte("[Desktop Entry]\nName=Notes\nExec=notes "+Marker+" %u\nMimeType="+mimeType(testScheme)+";\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if changed, err := Register(t.Context(), app); changed || err != nil {
		t.Errorf("Register: %v %v", changed, err)
	}
	if status := mustInspect(t, app); !status.Ours || !status.Delivers || status.Problem == "" {
		t.Errorf("%+v", status)
	}
	if len(d.files(t)) != 0 {
		t.Errorf("something was written: %v", d.files(t))
	}
}

// fakeRoot has the program look for the system's files in the desktop's home.
func (d desktop) fakeRoot(t *testing.T) {
	t.Helper()
	before := root
	root = d.home
	t.Cleanup(func() { root = before })
}

func TestAFlatpakDeclaresItsSchemesInThePackage(t *testing.T) {
	d := newDesktop(t)
	d.fakeRoot(t)
	d.write(t, ".flatpak-info", "[Application]\n")
	app := testApp(installed(t, "notes", "notes"))
	if changed, err := Register(t.Context(), app); changed || err == nil || !strings.Contains(err.Error(), "app/share/applications") {
		t.Errorf("Register: %v %v", changed, err)
	}
	if status := mustInspect(t, app); status.Environment != "flatpak" || status.Ours || status.Delivers {
		t.Errorf("%+v", status)
	}
	d.write(t, "app/share/applications/com.example.notes.desktop", "[Desktop Entry]\nName=Notes\nExec=notes "+Marker+" %u\nMimeType="+mimeType(testScheme)+";\n")
	if changed, err := Register(t.Context(), app); changed || err != nil {
		t.Errorf("Register, when it is declared: %v %v", changed, err)
	}
	if status := mustInspect(t, app); status.Owner != "Notes" || !status.Ours || !status.Delivers || !strings.Contains(status.Fix, "xdg-mime query default") {
		t.Errorf("%+v", status)
	}
	if changed, err := Unregister(t.Context(), app); changed || err != nil || len(d.files(t)) != 2 {
		t.Errorf("Unregister: %v %v, %v", changed, err, d.files(t))
	}
}

func TestWSLIsExplained(t *testing.T) {
	for name, variable := range map[string]string{"by its variable": "Debian", "by its kernel": ""} {
		t.Run(name, func(t *testing.T) {
			d := newDesktop(t)
			d.fakeRoot(t)
			t.Setenv("WSL_DISTRO_NAME", variable)
			if variable == "" {
				d.write(t, "proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2\n")
			}
			app := testApp(installed(t, "notes", "notes"))
			mustRegister(t, app)
			if status := mustInspect(t, app); status.Environment != "wsl" || !status.Ours || status.Delivers || !strings.Contains(status.Fix, "loopback") {
				t.Errorf("%+v", status)
			}
		})
	}
}

func TestNothingRegisteredIsSaid(t *testing.T) {
	newDesktop(t)
	if status := mustInspect(t, testApp("")); status.Owner != "" || status.Ours || status.Delivers {
		t.Errorf("%+v", status)
	}
}
