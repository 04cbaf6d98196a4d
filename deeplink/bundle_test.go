package deeplink

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestBundleOfAProgram(t *testing.T) {
	for path, want := range map[string]string{
		"/Applications/Notes.app/Contents/MacOS/notes":                        "/Applications/Notes.app",
		"/Apps/Outer.app/Contents/Library/Inner.app/Contents/MacOS/inner":     "/Apps/Outer.app/Contents/Library/Inner.app",
		"/private/var/AppTranslocation/1/d/My Notes.app/Contents/MacOS/notes": "/private/var/AppTranslocation/1/d/My Notes.app",
		"/usr/local/bin/notes":                                "",
		"/Applications/Notes.app/Contents/Resources/notes":    "",
		"/Applications/Notes.app/Contents/MacOS/helper/notes": "",
		"": "",
	} {
		if got, ok := bundleOf(path); got != want || ok != (want != "") {
			t.Errorf("%s: %q %v", path, got, ok)
		}
	}
}

const plistHead = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">`

func TestSchemesOfAnInfoPlist(t *testing.T) {
	plist := plistHead + `
<dict>
	<key>CFBundleName</key><string>Notes &amp; Co</string>
	<key>LSUIElement</key><true/>
	<key>Numbers</key><array><integer>1</integer><dict><key>CFBundleURLSchemes</key><array><string>not-this</string></array></dict></array>
	<!-- a comment -->
	<key>CFBundleURLTypes</key>
	<array>
		<dict><key>CFBundleURLName</key><string>x</string><key>CFBundleURLSchemes</key><array><string>notes</string><string>Notes-Two</string></array></dict>
		<dict><key>CFBundleURLSchemes</key><array><string>three</string></array></dict>
		<string>odd</string>
	</array>
</dict></plist>`
	got, err := plistSchemes([]byte(plist))
	if want := []string{"notes", "notes-two", "three"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q %v, want %q", got, err, want)
	}
}

func TestOurAdviceForInfoPlistIsWhatWeLookFor(t *testing.T) {
	advice := plistAdvice(Config{Scheme: "notes", AppID: "com.example.notes"})
	_, keys, _ := strings.Cut(advice, ": ")
	got, err := plistSchemes([]byte(plistHead + "<dict>" + keys + "</dict></plist>"))
	if err != nil || !slices.Equal(got, []string{"notes"}) {
		t.Errorf("got %q %v", got, err)
	}
}

func FuzzInfoPlist(f *testing.F) {
	f.Add([]byte(plistHead + "<dict><key>CFBundleURLTypes</key><array/></dict></plist>"))
	f.Add([]byte(plistHead + strings.Repeat("<array>", 1000)))
	f.Add([]byte("bplist00"))
	f.Add([]byte(plistHead + "<dict><key>CFBundleURLTypes</key><dict/></dict>"))
	f.Fuzz(func(t *testing.T, plist []byte) {
		plistSchemes(plist) // must come to an end, whatever the file is
	})
}

// bundle makes an app bundle with these schemes in its Info.plist, and returns the config of its program.
func bundle(t *testing.T, name string, schemes ...string) Config {
	t.Helper()
	contents := filepath.Join(t.TempDir(), name, "Contents")
	plist := "<plist><dict><key>CFBundleURLTypes</key><array><dict><key>CFBundleURLSchemes</key><array>"
	for _, scheme := range schemes {
		plist += "<string>" + scheme + "</string>"
	}
	plist += "</array></dict></array></dict></plist>"
	err := errors.Join(os.MkdirAll(contents, 0o755), os.WriteFile(filepath.Join(contents, "Info.plist"), []byte(plist), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	return Config{Scheme: testScheme, AppID: "com.example.notes", Executable: filepath.ToSlash(contents) + "/MacOS/notes"}
}

func TestTheStateOfABundleIsExplained(t *testing.T) {
	good, bare, other := bundle(t, "Notes.app", "x", testScheme), bundle(t, "Bare.app"), bundle(t, "Other.app", testScheme)
	pathOf := func(app Config) string { path, _ := bundleOf(app.Executable); return path }
	outside := Config{Scheme: testScheme, Executable: "/usr/local/bin/notes"}
	moved := Config{Scheme: testScheme, Executable: "/private/var/folders/x/AppTranslocation/1/d/Notes.app/Contents/MacOS/notes"}
	lost := Config{Scheme: testScheme, Executable: "/Applications/Gone.app/Contents/MacOS/notes"}
	for name, test := range map[string]struct {
		app   Config
		owner string
		words string // of problem and fix; empty: the link arrives
	}{
		"owned":                  {good, pathOf(good), ""},
		"nobody's":               {good, "", "open the app from the Finder"},
		"another app's":          {good, pathOf(other), "links go to Other (" + pathOf(other) + ")"},
		"not declared":           {bare, pathOf(bare), "<string>" + testScheme + "</string>"},
		"no bundle":              {outside, pathOf(other), "not inside an app bundle"},
		"translocated":           {moved, "", "Applications folder"},
		"no Info.plist":          {lost, "", "cannot be read"},
		"declared, and no owner": {other, "", "no app is registered"},
	} {
		path, problem, fix := declaringBundle(test.app, os.ReadFile)
		status := bundleStatus(test.app, path, test.owner, problem, fix)
		if status.Delivers != (test.words == "") || !strings.Contains(status.Problem+"\n"+status.Fix, test.words) {
			t.Errorf("%s: %+v", name, status)
		}
		if !status.Delivers && (status.Problem == "" || status.Fix == "") {
			t.Errorf("%s: something is left unsaid: %+v", name, status)
		}
		if ours := test.owner != "" && test.owner == path; status.Ours != ours || (status.Environment == "bundle") != (path != "") {
			t.Errorf("%s: %+v", name, status)
		}
	}
}
