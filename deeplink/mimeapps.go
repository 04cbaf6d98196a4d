package deeplink

import (
	"slices"
	"strings"
)

// Groups of a mimeapps.list, as in the Association between MIME types and
// applications specification.
const (
	defaultGroup = "[Default Applications]"
	addedGroup   = "[Added Associations]"
)

// association is a line of a mimeapps.list: a group's header, or a MIME type
// with the entries for it, most wanted first.
type association struct {
	group string
	mime  string // empty when the line is something else
	ids   []string
}

// associations reads a mimeapps.list line by line; lines are returned with
// their ends.
func associations(text string) (lines []string, meanings []association) {
	group := ""
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "[") {
			group = trimmed
		}
		meaning := association{group: group}
		if key, value, found := strings.Cut(trimmed, "="); found && !strings.HasPrefix(trimmed, "#") && !strings.HasPrefix(trimmed, "[") {
			meaning.mime, meaning.ids = strings.TrimSpace(key), listElements(strings.TrimSpace(value))
		}
		lines, meanings = append(lines, line), append(meanings, meaning)
	}
	return lines, meanings
}

// handlers returns the entries that a mimeapps.list names for a MIME type in a
// group, most wanted first.
func handlers(text, group, mime string) []string {
	var ids []string
	_, meanings := associations(text)
	for _, a := range meanings {
		if a.group == group && a.mime == mime {
			ids = append(ids, a.ids...)
		}
	}
	return ids
}

// preferHandler makes id the first default for mime. Those that were there stay
// behind it, so that they come back when id goes. All other lines are kept to
// the byte; a text in which id is first already is returned as it is.
func preferHandler(text, mime, id string) string {
	former := handlers(text, defaultGroup, mime)
	if len(former) > 0 && former[0] == id {
		return text
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	entry := associationLine(mime, append([]string{id}, without(former, id)...))
	lines, meanings := associations(text)
	isOurs := func(a association) bool { return a.group == defaultGroup && a.mime == mime }
	known := slices.ContainsFunc(meanings, isOurs)
	var kept []string
	placed := false
	for i, line := range lines {
		ours := isOurs(meanings[i])
		if !ours {
			kept = append(kept, line)
		}
		if !placed && (ours || !known && strings.TrimSpace(line) == defaultGroup) {
			kept, placed = append(kept, entry), true // a second line for the type is in it, too
		}
	}
	if !placed {
		if len(kept) > 0 {
			kept = append(kept, "\n")
		}
		kept = append(kept, defaultGroup+"\n", entry)
	}
	return strings.Join(kept, "")
}

// dropHandler takes id out of every association with mime. What is left empty by
// that goes too; all other lines are kept to the byte.
func dropHandler(text, mime, id string) string {
	var kept []string
	dropped := false
	lines, meanings := associations(text)
	for i, line := range lines {
		if ids := meanings[i].ids; meanings[i].mime == mime && slices.Contains(ids, id) {
			dropped = true
			if ids = without(ids, id); len(ids) == 0 {
				continue
			}
			line = associationLine(mime, ids)
		}
		kept = append(kept, line)
	}
	if !dropped {
		return text
	}
	return strings.Join(dropEmptyGroup(kept, defaultGroup), "")
}

// dropEmptyGroup removes the header of a group in which nothing is left, and the
// blank lines around it when it was the last.
func dropEmptyGroup(lines []string, group string) []string {
	isBlank := func(line string) bool { return strings.TrimSpace(line) == "" }
	start := slices.IndexFunc(lines, func(line string) bool { return strings.TrimSpace(line) == group })
	if start < 0 {
		return lines
	}
	end := start + 1
	for end < len(lines) && isBlank(lines[end]) {
		end++
	}
	if end < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[end]), "[") {
		return lines
	}
	for start > 0 && end == len(lines) && isBlank(lines[start-1]) {
		start--
	}
	return slices.Delete(lines, start, end)
}

func associationLine(mime string, ids []string) string {
	return mime + "=" + strings.Join(ids, ";") + ";\n"
}

func without(ids []string, id string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(other string) bool { return other == id })
}
