package deeplink

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var awkwardWords = []string{
	"/opt/notes", "/opt/My Notes/notes", `/opt/"quoted"/notes`, "/opt/100%/n%u", "/opt/$HOME/`id`", `/opt/back\slash\`, "/opt/it's",
	"/opt/a;b|c&d>e<f*g?h#i(j)~k", "--flag=value", "", " ", "%", "%%u", `\"`, "--open-url", "/opt/größe", "=", "a=b",
}

// TestA12_ExecLinesKeepEveryWord reads what we write with another reader than
// our own: one made after GLib's steps, in their order.
func TestA12_ExecLinesKeepEveryWord(t *testing.T) {
	words := append(slices.Clone(awkwardWords), Marker)
	got, err := glibLaunch(fileValue(quoteExec(words)), "notes://x?a=b")
	if want := append(slices.Clone(words), "notes://x?a=b"); err != nil || !slices.Equal(got, want) {
		t.Errorf("got  %q %v\nwant %q", got, err, want)
	}
}

func TestExecLinesOfOthersAreRead(t *testing.T) {
	for line, want := range map[string][]string{
		`notes %u`:                      {"notes", "%u"},
		`"/opt/My App/app" --x  %U `:    {"/opt/My App/app", "--x", "%U"},
		`'/opt/My App/app' %U`:          {"/opt/My App/app", "%U"},
		`/opt/My\ App/app %F`:           {"/opt/My App/app", "%F"},
		`env A=1 "a\"b\\c" "100%%" %u`:  {"env", "A=1", `a"b\c`, "100%", "%u"},
		`app "%u"`:                      {"app", "%u"},
		`app "a'b" 'c"d' e"f g"'h i'jk`: {"app", "a'b", `c"d`, "ef gh ijk"},
	} {
		if got, _, err := parseExec(line); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q %v, want %q", line, got, err, want)
		}
	}
	for _, line := range []string{"", "  ", `app "open`, `app 'open`} {
		if got, _, err := parseExec(line); !errors.Is(err, errExec) {
			t.Errorf("%q: got %q %v", line, got, err)
		}
	}
}

func TestA12_AnEntryHasNoMoreLinesThanItShould(t *testing.T) {
	e := desktopEntry{
		name:      "Notes\nExec=evil\r\n[Desktop Action x]",
		icon:      "icon\nHidden=true",
		exec:      quoteExec([]string{"/opt/a\nExec=evil", "\r\n", Marker}),
		mimeTypes: []string{"x-scheme-handler/notes"},
		owner:     "a\\b\nOwner=x",
	}
	text := e.render()
	if got := strings.Count(text, "\n"); got != 10 || strings.Contains(text, "\r") {
		t.Errorf("%d lines:\n%s", got, text)
	}
	if got := parseDesktopEntry(text); got.name != e.name || got.icon != e.icon || got.exec != e.exec || got.owner != e.owner || got.hidden {
		t.Errorf("read back as %+v", got)
	}
}

func FuzzA12_ExecQuoting(f *testing.F) {
	for _, word := range awkwardWords {
		f.Add(word, "notes://x")
	}
	f.Fuzz(func(t *testing.T, word, link string) {
		if !utf8.ValidString(word) || strings.ContainsRune(word, 0) || link == "" || strings.ContainsFunc(link, outsideURL) || strings.ContainsAny(link, `'\`) {
			return // cannot be in a desktop entry; not a link
		}
		line := quoteExec([]string{"/opt/app", word, Marker})
		want := []string{"/opt/app", word, Marker, link}
		if got, err := glibLaunch(fileValue(line), link); err != nil || !slices.Equal(got, want) {
			t.Errorf("another reader gets %q %v, want %q, from %s", got, err, want, line)
		}
		got, urlAt, err := parseExec(line)
		if err != nil || urlAt != 3 || got[1] != word {
			t.Errorf("our reader gets %q %d %v from %s", got, urlAt, err, line)
		}
		if isPlainWord(word) && (strings.ContainsAny(word, " \t\n\"'\\$`%*?[~;|&<>()#") || strings.ContainsFunc(word, unicode.IsControl)) {
			t.Errorf("%q is taken for plain", word)
		}
	})
}

// fileValue is a value as a key file keeps it.
func fileValue(line string) string {
	e := desktopEntry{exec: line}
	for l := range strings.SplitSeq(e.render(), "\n") {
		if value, found := strings.CutPrefix(l, "Exec="); found {
			return value
		}
	}
	return ""
}

// glibLaunch does what GLib does to start an entry: undo the key file's escapes,
// put the URL in, and only then cut the line into words as a shell would.
func glibLaunch(value, link string) ([]string, error) {
	var line strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' {
			line.WriteByte(value[i])
			continue
		}
		i++
		if i == len(value) {
			return nil, errors.New("escape at the end")
		}
		plain, ok := map[byte]byte{'s': ' ', 'n': '\n', 't': '\t', 'r': '\r', '\\': '\\'}[value[i]]
		if !ok {
			return nil, errors.New("unknown escape")
		}
		line.WriteByte(plain)
	}
	expanded := strings.NewReplacer("%%", "%", "%u", "'"+link+"'").Replace(line.String())
	return shellWords(expanded)
}

// shellWords cuts a line into words by the rules of POSIX sh, without expansions:
// one that would expand is an error.
func shellWords(line string) (words []string, err error) {
	word, inWord := []byte(nil), false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == ' ' || c == '\t' || c == '\n':
			if inWord {
				words, word, inWord = append(words, string(word)), nil, false
			}
		case c == '\'':
			end := strings.IndexByte(line[i+1:], '\'')
			if end < 0 {
				return nil, errors.New("open quote")
			}
			word, inWord = append(word, line[i+1:i+1+end]...), true
			i += end + 1
		case c == '"':
			inWord = true
			for i++; i < len(line) && line[i] != '"'; i++ {
				if line[i] == '$' || line[i] == '`' {
					return nil, errors.New("expansion")
				}
				if line[i] == '\\' && i+1 < len(line) && strings.IndexByte("\"`$\\", line[i+1]) >= 0 {
					i++
				}
				word = append(word, line[i])
			}
			if i == len(line) {
				return nil, errors.New("open quote")
			}
		case c == '#' && !inWord, strings.IndexByte("$`;&|<>()*?[~", c) >= 0, c == '\\':
			return nil, errors.New("a character with a meaning, unquoted")
		default:
			word, inWord = append(word, c), true
		}
	}
	if inWord {
		words = append(words, string(word))
	}
	return words, nil
}
