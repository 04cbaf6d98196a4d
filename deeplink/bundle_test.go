package deeplink

import (
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
