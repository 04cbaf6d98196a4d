package deeplink

import (
	"fmt"
	"slices"
	"strings"
)

// classCommand is the command of a scheme in the Windows registry. The shell
// puts the link in the place of %1, as text, before the line is cut into words:
// the quotes around it are what holds it together.
func classCommand(app Config) (string, error) {
	if strings.Contains(app.Executable, `"`) {
		return "", fmt.Errorf("the program %q cannot be registered: no path on Windows has a quote in it", app.Executable)
	}
	// The program's name has rules of its own: quotes, but no escapes.
	words := []string{`"` + app.Executable + `"`}
	for _, arg := range append(slices.Clone(app.Args), Marker) {
		words = append(words, quoteWindows(arg))
	}
	line := strings.Join(words, " ")
	// There is no way to write a percent sign that is not the start of %1, %L,
	// %* or %VARIABLE%.
	if strings.Contains(line, "%") {
		return "", fmt.Errorf("the program cannot be registered for %s links, because Windows gives the percent sign in its path or arguments a meaning: move it to a folder without one", app.Scheme)
	}
	return line + ` "%1"`, nil
}

// quoteWindows quotes a word for CommandLineToArgvW: within quotes a backslash
// stands for itself, unless backslashes come before a quote; then each counts
// twice.
func quoteWindows(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\n\v\"") {
		return word
	}
	var line strings.Builder
	line.WriteByte('"')
	slashes := 0
	for _, c := range []byte(word) {
		switch c {
		case '\\':
			slashes++
			continue
		case '"':
			slashes = 2*slashes + 1
		}
		line.WriteString(strings.Repeat(`\`, slashes))
		slashes = 0
		line.WriteByte(c)
	}
	line.WriteString(strings.Repeat(`\`, 2*slashes) + `"`)
	return line.String()
}

// commandProgram finds the program in any program's command: what is in the
// quotes, or, as CreateProcess does it, the shortest beginning that exists.
func commandProgram(line string, exists func(path string) bool) string {
	line = strings.TrimLeft(line, " \t")
	if rest, quoted := strings.CutPrefix(line, `"`); quoted {
		program, _, _ := strings.Cut(rest, `"`)
		return program
	}
	for i, c := range line + " " {
		if c != ' ' {
			continue
		}
		for _, program := range []string{line[:i], line[:i] + ".exe"} {
			if exists(program) {
				return program
			}
		}
	}
	program, _, _ := strings.Cut(line, " ")
	return program
}

// passesLink says whether FromArgs would find the link in what a command starts:
// the quoted %1 comes last, after the marker or alone.
func passesLink(line, program string) bool {
	rest, found := strings.CutSuffix(strings.TrimRight(line, " \t"), ` "%1"`)
	rest = strings.TrimSpace(rest)
	return found && (strings.HasSuffix(rest, " "+Marker) || rest == program || rest == `"`+program+`"`)
}
