package deeplink

import (
	"bufio"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ownerKey is a key of our own in the entry that tells whose it is.
const ownerKey = "X-Deeplink-App"

// desktopEntry is what matters here of a .desktop file.
type desktopEntry struct {
	name      string
	icon      string
	exec      string // the command, quoted as in the Desktop Entry Specification
	mimeTypes []string
	owner     string
	hidden    bool // means: as if the file were not there
}

// render writes the entry as a file. NoDisplay keeps it out of menus, where the
// app may have another entry.
func (e desktopEntry) render() string {
	lines := []string{
		"[Desktop Entry]",
		"Type=Application",
		"Name=" + escapeValue(e.name),
		"Exec=" + escapeValue(e.exec),
		"Terminal=false",
		"NoDisplay=true",
		"StartupNotify=false",
		"MimeType=" + strings.Join(e.mimeTypes, ";") + ";",
		ownerKey + "=" + escapeValue(e.owner),
	}
	if e.icon != "" {
		lines = slices.Insert(lines, 3, "Icon="+escapeValue(e.icon))
	}
	return strings.Join(lines, "\n") + "\n"
}

// parseDesktopEntry reads any program's .desktop file.
func parseDesktopEntry(text string) desktopEntry {
	var e desktopEntry
	inside := false
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "[") {
			inside = line == "[Desktop Entry]"
		}
		key, value, found := strings.Cut(line, "=")
		if !inside || !found {
			continue
		}
		value = unescapeValue(strings.TrimSpace(value))
		switch strings.TrimSpace(key) {
		case "Name":
			e.name = value
		case "Icon":
			e.icon = value
		case "Exec":
			e.exec = value
		case "MimeType":
			e.mimeTypes = listElements(value)
		case "Hidden":
			e.hidden = value == "true"
		case ownerKey:
			e.owner = value
		}
	}
	return e
}

func listElements(value string) []string {
	return slices.DeleteFunc(strings.Split(value, ";"), func(s string) bool { return s == "" })
}

// escapeValue is the outer of the two layers of quoting: that of any string in a
// .desktop file.
func escapeValue(text string) string {
	text = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(text)
	if strings.HasPrefix(text, " ") {
		text = `\s` + text[1:]
	}
	return text
}

func unescapeValue(text string) string {
	return strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", `\t`, "\t", `\s`, " ").Replace(text)
}

// quoteExec is the inner layer: a command line of the Desktop Entry
// Specification, chapter "The Exec key", with the URL at its end. The %u stays
// without quotes: xdg-open 1.1.3 would pass "%u" on as it stands.
func quoteExec(words []string) string {
	var line strings.Builder
	for _, word := range words {
		line.WriteString(quoteExecWord(word) + " ")
	}
	return line.String() + "%u"
}

func quoteExecWord(word string) string {
	if isPlainWord(word) {
		return word
	}
	escape := strings.NewReplacer(`"`, `\"`, "`", "\\`", `$`, `\$`, `\`, `\\`, `%`, `%%`)
	return `"` + escape.Replace(word) + `"`
}

// isPlainWord says whether everything that reads Exec lines reads this word as
// it stands, also the shell script xdg-open 1.1.3, which knows no quoting.
func isPlainWord(word string) bool {
	for _, c := range word {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c >= utf8.RuneSelf && unicode.IsPrint(c)
		if !letter && !strings.ContainsRune("/._-+@:,=", c) {
			return false
		}
	}
	return word != "" && utf8.ValidString(word)
}

// errExec says that a command line follows no rules that we know.
var errExec = errors.New("its command cannot be read")

// parseExec splits any program's Exec line into words. urlAt is the index of the
// word that stands for the URL, or -1. Like GLib it also takes single quotes,
// which the specification does not have but entries do.
func parseExec(line string) (words []string, urlAt int, err error) {
	urlAt = -1
	for rest := strings.TrimLeft(line, " \t\n"); rest != ""; rest = strings.TrimLeft(rest, " \t\n") {
		raw, word, whole := cutExecWord(rest)
		if !whole {
			return nil, -1, errExec
		}
		if raw == "%u" || raw == "%U" {
			urlAt = len(words)
		}
		words, rest = append(words, strings.ReplaceAll(word, "%%", "%")), rest[len(raw):]
	}
	if len(words) == 0 {
		return nil, -1, errExec
	}
	return words, urlAt, nil
}

// cutExecWord finds the first word of a command line, as written and without its
// quotes. It is not whole when a quote has no end.
func cutExecWord(line string) (raw, word string, whole bool) {
	var text strings.Builder
	quote := byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote == 0 && strings.IndexByte(" \t\n", c) >= 0:
			return line[:i], text.String(), true
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && quote != '\'' && i+1 < len(line) && (quote == 0 || strings.IndexByte("\"`$\\", line[i+1]) >= 0):
			i++
			text.WriteByte(line[i])
		default:
			text.WriteByte(c)
		}
	}
	return line, text.String(), quote == 0
}
