package deeplink

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

const (
	testClass  = classesPath + testScheme
	choicePath = `Software\Microsoft\Windows\Shell\Associations\UrlAssociations\` + testScheme
)

// clean sees to it that no other test's keys are there, and that ours go.
func clean(t *testing.T) {
	t.Helper()
	remove := func() {
		for _, path := range []string{testClass, choicePath} {
			for _, root := range []registry.Key{registry.CURRENT_USER, registry.LOCAL_MACHINE} {
				if err := deleteTree(root, path); err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Logf("%s stays: %v", path, err)
				}
			}
		}
	}
	remove()
	t.Cleanup(remove)
}

func testApp(executable string) Config {
	return Config{Scheme: testScheme, AppID: "com.example.notes", AppName: "Notes & Co", Executable: executable, Args: []string{"--profile=my dev"}}
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

// put writes values as an installer does.
func put(t *testing.T, root registry.Key, path string, values map[string]string) {
	t.Helper()
	for name, text := range values {
		folder, value := path, name
		if at := strings.LastIndex(name, `\`); at >= 0 {
			folder, value = path+`\`+name[:at], name[at+1:]
		}
		if _, err := writeValue(root, folder, value, text); err != nil {
			if root == registry.LOCAL_MACHINE && errors.Is(err, fs.ErrPermission) {
				t.Skip("writing for the whole machine wants an administrator")
			}
			t.Fatal(err)
		}
	}
}

func TestRegistersForThisPersonAndLeavesNothing(t *testing.T) {
	clean(t)
	app := testApp(installed(t, "My Notes", "notes.exe"))
	mustRegister(t, app)
	for _, value := range []struct{ folder, name, want string }{
		{"", "", "URL:Notes & Co"},
		{"", ownerValue, app.AppID},
		{`\Application`, "ApplicationName", "Notes & Co"},
		{`\DefaultIcon`, "", `"` + app.Executable + `",0`},
		{`\shell\open`, "FriendlyAppName", "Notes & Co"},
		{`\shell\open\command`, "", `"` + app.Executable + `" "--profile=my dev" --open-url "%1"`},
	} {
		if got := readValue(registry.CURRENT_USER, testClass+value.folder, value.name); got != value.want {
			t.Errorf("%s %s is %q, want %q", value.folder, value.name, got, value.want)
		}
	}
	if c, _, err := readClass(registry.CURRENT_USER, testScheme); err != nil || !c.isScheme {
		t.Errorf("not a URL scheme: %v", err)
	}
	if status := mustInspect(t, app); !status.Ours || !status.Delivers || status.Owner != "Notes & Co" || status.OwnerPath != app.Executable {
		t.Errorf("%+v", status)
	}
	if changed, err := Register(t.Context(), app); changed || err != nil {
		t.Errorf("Register again: %v %v", changed, err)
	}
	if changed, err := Unregister(t.Context(), app); !changed || err != nil {
		t.Errorf("Unregister: %v %v", changed, err)
	}
	if _, err := registry.OpenKey(registry.CURRENT_USER, testClass, registry.QUERY_VALUE); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the key is still there: %v", err)
	}
	if changed, err := Unregister(t.Context(), app); changed || err != nil {
		t.Errorf("Unregister again: %v %v", changed, err)
	}
	if status := mustInspect(t, app); status.Owner != "" || status.Ours || status.Delivers {
		t.Errorf("%+v", status)
	}
}

func TestA03_AnotherProgramsKeyIsLeftAlone(t *testing.T) {
	clean(t)
	app := testApp(installed(t, "notes", "notes.exe"))
	other := os.Getenv("SystemRoot") + `\notepad.exe`
	put(t, registry.CURRENT_USER, testClass, map[string]string{
		"": "URL:Other App", "URL Protocol": "", `shell\open\command\`: `"` + other + `" "%1"`,
	})
	if changed, err := Register(t.Context(), app); changed || err == nil || !strings.Contains(err.Error(), "Other App") || !strings.Contains(err.Error(), other) {
		t.Errorf("Register: %v %v", changed, err)
	}
	if changed, err := Unregister(t.Context(), app); changed || err != nil {
		t.Errorf("Unregister: %v %v", changed, err)
	}
	if status := mustInspect(t, app); status.Ours || status.Delivers || status.Owner != "Other App" || status.OwnerPath != other {
		t.Errorf("%+v", status)
	}
}

func TestA12_ANameThatWindowsUsesIsNotMadeAScheme(t *testing.T) {
	clean(t)
	put(t, registry.CURRENT_USER, testClass, map[string]string{"": "Some file type", `shell\open\command\`: `notepad.exe "%1"`})
	if changed, err := Register(t.Context(), testApp(installed(t, "notes", "notes.exe"))); changed || err == nil {
		t.Errorf("Register: %v %v", changed, err)
	}
}

func TestAnInstallersKeyIsEnough(t *testing.T) {
	clean(t)
	app := testApp(installed(t, "My Notes", "notes.exe"))
	put(t, registry.CURRENT_USER, testClass, map[string]string{
		"": "URL:Notes", "URL Protocol": "", `shell\open\command\`: `"` + app.Executable + `" "%1"`,
	})
	if changed, err := Register(t.Context(), app); changed || err != nil {
		t.Errorf("Register: %v %v", changed, err)
	}
	if status := mustInspect(t, app); !status.Ours || !status.Delivers {
		t.Errorf("%+v", status)
	}
	// NSIS scripts forget the quotes: the path is found, and the command mended.
	put(t, registry.CURRENT_USER, testClass, map[string]string{`shell\open\command\`: app.Executable + ` %1`})
	if status := mustInspect(t, app); !status.Ours || status.Delivers || status.OwnerPath != app.Executable {
		t.Errorf("%+v", status)
	}
	mustRegister(t, app)
	if status := mustInspect(t, app); !status.Delivers {
		t.Errorf("%+v", status)
	}
}

func TestAMovedOrDeletedProgramIsNoticedAndFollowed(t *testing.T) {
	clean(t)
	app := testApp(installed(t, "notes", "notes.exe"))
	mustRegister(t, app)
	moved := testApp(filepath.Join(t.TempDir(), "notes.exe"))
	if err := os.Rename(app.Executable, moved.Executable); err != nil {
		t.Fatal(err)
	}
	if status := mustInspect(t, moved); !status.Ours || status.Delivers || !strings.Contains(status.Problem, app.Executable) {
		t.Errorf("%+v", status)
	}
	mustRegister(t, moved)
	if status := mustInspect(t, moved); !status.Delivers || status.OwnerPath != moved.Executable {
		t.Errorf("%+v", status)
	}
	if _, err := Register(t.Context(), app); !errors.Is(err, errNoProgram) {
		t.Errorf("Register of the old path: %v", err)
	}
}

func TestOursGoesBeforeAnotherProgramsForTheWholeMachine(t *testing.T) {
	clean(t)
	app := testApp(installed(t, "notes", "notes.exe"))
	put(t, registry.LOCAL_MACHINE, testClass, map[string]string{
		"": "URL:Other App", "URL Protocol": "", `shell\open\command\`: os.Getenv("SystemRoot") + `\notepad.exe "%1"`,
	})
	if status := mustInspect(t, app); status.Owner != "Other App" {
		t.Errorf("%+v", status)
	}
	mustRegister(t, app)
	if status := mustInspect(t, app); !status.Ours || !status.Delivers {
		t.Errorf("%+v", status)
	}
	if _, err := Unregister(t.Context(), app); err != nil {
		t.Fatal(err)
	}
	if status := mustInspect(t, app); status.Owner != "Other App" {
		t.Errorf("%+v", status)
	}
}

func TestA03_ThePersonsChoiceInTheSettingsIsNoticed(t *testing.T) {
	clean(t)
	app := testApp(installed(t, "notes", "notes.exe"))
	mustRegister(t, app)
	const chosen = "DeeplinkTest.Chosen"
	put(t, registry.CURRENT_USER, classesPath+chosen, map[string]string{`Application\ApplicationName`: "Chosen App", `shell\open\command\`: `C:\chosen.exe "%1"`})
	t.Cleanup(func() { deleteTree(registry.CURRENT_USER, classesPath+chosen) })
	put(t, registry.CURRENT_USER, choicePath, map[string]string{`UserChoice\ProgId`: chosen})
	if status := mustInspect(t, app); status.Ours || status.Owner != "Chosen App" || status.OwnerPath != `C:\chosen.exe` {
		t.Errorf("%+v", status)
	}
}

// TestC24_LinksStartTheProgram goes the way of a browser: ShellExecute, and
// rundll32, which other programs use.
func TestC24_LinksStartTheProgram(t *testing.T) {
	for _, folder := range []string{"notes", "My Notes", "it's (a) & b^c;d,e=f [x] größe"} {
		t.Run(folder, func(t *testing.T) {
			clean(t)
			app := testApp(installed(t, folder, "notes.exe"))
			mustRegister(t, app)
			showToWine(t)
			link := testScheme + "://callback?code=01A~b_c-d.e&state=x%2By%20z&n=$HOME'*'(1)!@,;^#f"
			want := []string{"--profile=my dev", Marker, link}

			dir := records(t)
			if err := windows.ShellExecute(0, nil, windows.StringToUTF16Ptr(link), nil, nil, windows.SW_HIDE); err != nil {
				t.Fatal(err)
			}
			started(t, dir, want...)

			dir = records(t)
			if out, err := exec.CommandContext(t.Context(), "rundll32", "url.dll,FileProtocolHandler", link).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			started(t, dir, want...)
		})
	}
}

// showToWine copies the key to where Wine looks for it: there, a person's
// classes do not show in HKEY_CLASSES_ROOT.
func showToWine(t *testing.T) {
	t.Helper()
	if os.Getenv("AUTHKIT_WINE") == "" {
		return
	}
	if out, err := exec.CommandContext(t.Context(), "reg", "copy", `HKCU\`+testClass, `HKLM\`+testClass, "/s", "/f").CombinedOutput(); err != nil {
		t.Fatalf("reg copy: %v\n%s", err, out)
	}
}

func TestA11_ALinkWithQuotesIsNotTakenForAnything(t *testing.T) {
	clean(t)
	app := testApp(installed(t, "notes", "notes.exe"))
	mustRegister(t, app)
	showToWine(t)
	dir := records(t)
	link := testScheme + `://x" --evil "y`
	if err := windows.ShellExecute(0, nil, windows.StringToUTF16Ptr(link), nil, nil, windows.SW_HIDE); err != nil {
		t.Skipf("the system does not start it at all: %v", err)
	}
	args := starts(t, dir, 1)[0]
	if got, ok := FromArgs(args, testScheme); ok || !FromOutside(args) {
		t.Errorf("from %q the link %q was taken", args, got)
	}
}

func TestA12_WindowsItselfReadsTheCommandAsWeMeanIt(t *testing.T) {
	for _, word := range slices.DeleteFunc(slices.Clone(awkwardWords), func(word string) bool { return strings.Contains(word, "%") }) {
		app := Config{Executable: `C:\Program Files\My Notes\notes.exe`, Args: []string{word, `C:\dir\`}}
		line, err := classCommand(app)
		if err != nil {
			t.Fatal(err)
		}
		got, err := windows.DecomposeCommandLine(strings.ReplaceAll(line, "%1", "notes://x?a=b&c"))
		want := []string{app.Executable, word, `C:\dir\`, Marker, "notes://x?a=b&c"}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("got %q %v, want %q", got, err, want)
		}
	}
}
