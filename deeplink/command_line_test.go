package deeplink

import (
	"slices"
	"strings"
	"testing"
)

func TestA12_WindowsCommandsKeepTheirWordsAndTheLink(t *testing.T) {
	app := Config{Scheme: "notes", Executable: `C:\Program Files\My Notes\notes.exe`, Args: []string{"--profile", "a b", `c:\`, ""}}
	line, err := classCommand(app)
	if err != nil {
		t.Fatal(err)
	}
	if want := `"C:\Program Files\My Notes\notes.exe" --profile "a b" c:\ "" --open-url "%1"`; line != want {
		t.Errorf("command is %s, want %s", line, want)
	}
	got := microsoftWords(strings.ReplaceAll(line, "%1", "notes://x?a=b&c=d"))
	want := append(append([]string{app.Executable}, app.Args...), Marker, "notes://x?a=b&c=d")
	if !slices.Equal(got, want) {
		t.Errorf("Windows passes %q, want %q", got, want)
	}
	if !passesLink(line, app.Executable) {
		t.Error("the command is not known for one that passes the link")
	}
}

func TestA12_APercentSignIsRefusedOnWindows(t *testing.T) {
	for _, app := range []Config{
		{Executable: `C:\100%\notes.exe`}, {Executable: `C:\%1\notes.exe`}, {Executable: `C:\notes.exe`, Args: []string{"%USERPROFILE%"}}, {Executable: `C:\a"b.exe`},
	} {
		if line, err := classCommand(app); err == nil {
			t.Errorf("%q %q became %s", app.Executable, app.Args, line)
		}
	}
}

func TestWindowsCommandsOfOthersAreRead(t *testing.T) {
	exists := func(path string) bool { return path == `C:\Program Files\App\app.exe` }
	for line, want := range map[string]string{
		`"C:\Program Files\App\app.exe" "%1"`: `C:\Program Files\App\app.exe`,
		`C:\Program Files\App\app.exe "%1"`:   `C:\Program Files\App\app.exe`,
		`C:\Program Files\App\app "%1"`:       `C:\Program Files\App\app.exe`,
		`C:\gone\app.exe %1`:                  `C:\gone\app.exe`,
		`app.exe`:                             `app.exe`,
		`"open`:                               `open`,
		``:                                    ``,
	} {
		if got := commandProgram(line, exists); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	for line, want := range map[string]bool{
		`"C:\a b.exe" --open-url "%1"`: true, `"C:\a b.exe" "%1"`: true, `C:\a b.exe "%1"`: true,
		`"C:\a b.exe" %1`: false, `"C:\a b.exe" --url "%1"`: false, `"C:\a b.exe"`: false, `"C:\a b.exe" --open-url "%1" --more`: false,
	} {
		if got := passesLink(line, `C:\a b.exe`); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

func FuzzA12_RegistryQuoting(f *testing.F) {
	for _, word := range append(awkwardWords, `C:\Program Files\`, `\\server\share x\"`, `a\\\"b`, "\t") {
		f.Add(word, word)
	}
	f.Fuzz(func(t *testing.T, program, arg string) {
		app := Config{Executable: program, Args: []string{arg}}
		line, err := classCommand(app)
		if err != nil {
			return
		}
		link := "notes://x?a=%1&b=c"
		want := []string{program, arg, Marker, link}
		if got := microsoftWords(strings.ReplaceAll(line, "%1", link)); !slices.Equal(got, want) {
			t.Errorf("Windows passes %q, want %q, from %s", got, want, line)
		}
	})
}

// microsoftWords cuts a command line into words as the Microsoft C run time
// documents it. The program's name has rules of its own: up to the next quote,
// and no escapes.
func microsoftWords(line string) (words []string) {
	program, rest, _ := strings.Cut(strings.TrimPrefix(line, `"`), `"`)
	words = append(words, program)
	for {
		rest = strings.TrimLeft(rest, " \t\n\v")
		if rest == "" {
			return words
		}
		word, quoted := "", false
		for rest != "" && (quoted || strings.IndexByte(" \t\n\v", rest[0]) < 0) {
			slashes := len(rest) - len(strings.TrimLeft(rest, `\`))
			atQuote := slashes < len(rest) && rest[slashes] == '"'
			switch {
			case atQuote && slashes%2 == 1: // an escaped quote
				word += strings.Repeat(`\`, slashes/2) + `"`
				rest = rest[slashes+1:]
			case atQuote:
				word += strings.Repeat(`\`, slashes/2)
				quoted = !quoted
				rest = rest[slashes+1:]
			case slashes > 0:
				word += rest[:slashes]
				rest = rest[slashes:]
			default:
				word += rest[:1]
				rest = rest[1:]
			}
		}
		words = append(words, word)
	}
}
