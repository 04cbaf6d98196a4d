package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"
)

// screen is standard error: a terminal, with colors and a line that moves, or anything else, with neither.
type screen struct {
	file  *os.File // nil: not a terminal
	color bool

	mu   sync.Mutex // guards the writer, and keeps the moving line below all others
	w    io.Writer
	line string // the moving line as it stands; empty: none
}

func newScreen(w io.Writer) *screen {
	s := &screen{w: w}
	file, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || !term.IsTerminal(int(file.Fd())) || !understandsEscapes(file) {
		return s
	}
	s.file = file
	s.color = os.Getenv("NO_COLOR") == "" // https://no-color.org
	return s
}

// width is the terminal's in columns; zero when there is none.
func (s *screen) width() int {
	if s.file == nil {
		return 0
	}
	columns, _, err := term.GetSize(int(s.file.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

func (s *screen) paint(sgr, text string) string {
	if !s.color {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}

func (s *screen) bold(text string) string { return s.paint("1", text) }
func (s *screen) dim(text string) string  { return s.paint("2", text) }

const eraseLine = "\r\x1b[K"

// say writes whole lines, above the moving one.
func (s *screen) say(format string, values ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := fold(strings.TrimRight(fmt.Sprintf(format, values...), "\n")+"\n", s.width())
	if s.line != "" {
		text = eraseLine + text + s.line
	}
	_, _ = io.WriteString(s.w, text) // with standard error gone there is nobody to tell
}

// move replaces the moving line; an empty one ends it.
func (s *screen) move(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if line == s.line {
		return
	}
	s.line = line
	_, _ = io.WriteString(s.w, eraseLine+line)
}

func (s *screen) complain(c complaint) {
	lines := []string{s.paint("1;31", "authkit:") + " " + plain(c.what)}
	for _, line := range []string{c.so, c.do} {
		if line != "" {
			lines = append(lines, plain(line))
		}
	}
	s.say("%s", strings.Join(lines, "\n"))
}

// fold breaks lines at spaces where a terminal would break them inside of words. An address stays in one piece, to be
// clicked or copied. A width of zero is no terminal's.
func fold(text string, width int) string {
	if width == 0 {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if visible(line) <= width {
			b.WriteString(line)
			continue
		}
		words := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(words)]
		used := 0
		for i, word := range strings.Fields(words) {
			switch {
			case i == 0:
				b.WriteString(indent + word)
				used = len(indent)
			case used+1+visible(word) > width:
				b.WriteString("\n" + indent + word)
				used = len(indent)
			default:
				b.WriteString(" " + word)
				used++
			}
			used += visible(word)
		}
		b.WriteString("\n")
	}
	return b.String()
}

var escape = regexp.MustCompile("\x1b\\[[0-9;]*m")

// visible is how many columns a text takes.
func visible(text string) int {
	return utf8.RuneCountInString(strings.TrimRight(escape.ReplaceAllString(text, ""), "\n"))
}

// plain keeps what came from outside from steering the terminal.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
