package main

import (
	"fmt"
	"math"
	"os"
	"strings"
	"unicode/utf8"
)

// The part of the page between these lines is written by this program; the rest by people.
const (
	from  = "<!-- results: written by make bench -->"
	until = "<!-- end of the results -->"
)

// writeInto puts text between the marks of a file.
func writeInto(path, text string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	page, err := between(string(old), text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(page), 0o644) //nolint:gosec // a page of the documentation
}

func between(page, text string) (string, error) {
	head, rest, found := strings.Cut(page, from)
	_, tail, ended := strings.Cut(rest, until)
	if !found || !ended {
		return "", fmt.Errorf("the lines %q and %q mark where the results go, and one is missing", from, until)
	}
	return head + from + "\n\n" + strings.TrimSpace(text) + "\n\n" + until + tail, nil
}

// markdown is the whole of the results.
func (r *results) markdown() string {
	var out strings.Builder
	out.WriteString(r.Machine.markdown() + r.misses())
	for _, s := range r.Sections {
		out.WriteString("\n" + s.markdown())
	}
	return out.String()
}

// misses says first what is not as good as it should be.
func (r *results) misses() string {
	var list []string
	for _, s := range r.Sections {
		for _, row := range s.Rows {
			if row.Goal != nil && !row.Goal.Met {
				list = append(list, fmt.Sprintf("- *%s*, %s: the target %s was missed.", s.Title, row.What, row.Goal.Words))
			}
			if gain := row.gain(); gain != 0 && gain < 1 {
				list = append(list, fmt.Sprintf("- *%s*, %s: worse than %s.", s.Title, row.What, s.Peer))
			}
		}
	}
	if len(list) == 0 {
		return "\nEvery target was met, and nothing is worse than a peer's.\n"
	}
	return "\nNot as good as it should be, in this run:\n\n" + strings.Join(list, "\n") + "\n"
}

func (m *machine) markdown() string {
	return fmt.Sprintf("Measured on %s in %s at commit %s: %s, %d processors, %s of memory, %s, files on %s.\n%s.\nLoad averages (1, 5 and 15 minutes) %s before and %s after the run; on an idle machine of this size the first stay below 0.5.\n",
		m.Started.Format("2006-01-02 15:04 MST"), m.Took, m.Commit, m.Processor, m.Processors, m.Memory, m.System, m.Disk,
		strings.Join(m.Versions, ", "), m.LoadBefore, m.LoadAfter)
}

func (s *section) markdown() string {
	lines := [][]string{{"", "authkit", s.Peer, "better by", "the machine's limit", "target"}}
	for _, r := range s.Rows {
		lines = append(lines, []string{r.What, cell(r.Ours, r.Unit), cell(r.Peer, r.Unit), r.better(), r.limit(), r.Goal.String()})
	}
	var out strings.Builder
	out.WriteString("### " + s.Title + "\n\n" + table(lines))
	for _, note := range s.Notes {
		out.WriteString("\n" + note + "\n")
	}
	if s.Machine != nil {
		out.WriteString("\nThis table is of a later run than the page. " + s.Machine.markdown())
	}
	return out.String()
}

// table writes cells as Markdown that can be read as it is, leaving out columns that are empty.
func table(lines [][]string) string {
	width := make([]int, len(lines[0]))
	for n, line := range lines {
		for i, c := range line {
			if n == 0 || c == "" {
				continue
			}
			width[i] = max(width[i], utf8.RuneCountInString(c), utf8.RuneCountInString(lines[0][i]))
		}
	}
	var out strings.Builder
	for n, line := range lines {
		for i, c := range line {
			if width[i] > 0 {
				fmt.Fprintf(&out, "| %-*s ", width[i], c)
			}
		}
		out.WriteString("|\n")
		if n > 0 {
			continue
		}
		for _, w := range width {
			if w > 0 {
				out.WriteString("|" + strings.Repeat("-", w+2))
			}
		}
		out.WriteString("|\n")
	}
	return out.String()
}

func (r row) better() string {
	gain := r.gain()
	switch {
	case gain == 0:
		return ""
	case gain < 1:
		return fmt.Sprintf("**worse, %s ×**", figure(gain))
	}
	return figure(gain) + " ×"
}

func (r row) limit() string {
	if r.Limit == nil {
		return ""
	}
	if r.LimitIs == "" {
		return cell(r.Limit, r.Unit)
	}
	return cell(r.Limit, r.Unit) + ": " + r.LimitIs
}

func (g *goal) String() string {
	switch {
	case g == nil:
		return ""
	case g.Met:
		return g.Words + ": met"
	}
	return "**" + g.Words + ": missed**"
}

// cell is a median with its spread, in the unit that suits it.
func cell(s *stat, u unit) string {
	if s == nil {
		return ""
	}
	scale, name := u.scale(s.Median)
	median, low, high := figure(s.Median/scale), figure(s.Low/scale), figure(s.High/scale)
	text := median + name
	if low != median || high != median {
		text += " (" + low + "–" + high + ")"
	}
	return text
}

// value is a median in the unit that suits it.
func value(v float64, u unit) string {
	scale, name := u.scale(v)
	return figure(v/scale) + name
}

// scale gives the multiple of a unit in which a value is best written.
func (u unit) scale(v float64) (scale float64, name string) {
	switch {
	case u == memory:
		return 1 << 20, " MiB"
	case u == perSecond:
		return 1, " /s"
	case u == number:
		return 1, ""
	case math.Abs(v) < 999.5e-9:
		return 1e-9, " ns"
	case math.Abs(v) < 999.5e-6:
		return 1e-6, " µs"
	case math.Abs(v) < 0.9995:
		return 1e-3, " ms"
	}
	return 1, " s"
}

// figure writes a number with three digits that count, and thousands apart.
func figure(v float64) string {
	switch {
	case v < 0:
		return "−" + figure(-v)
	case v == math.Trunc(v) && v < 1000:
		return fmt.Sprintf("%.0f", v)
	case v < 9.995:
		return fmt.Sprintf("%.2f", v)
	case v < 99.95:
		return fmt.Sprintf("%.1f", v)
	case v < 999.5:
		return fmt.Sprintf("%.0f", v)
	}
	digits := fmt.Sprintf("%.0f", v)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
