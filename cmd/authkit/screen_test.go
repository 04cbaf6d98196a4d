package main

import "testing"

func TestLinesBreakAtSpacesAndAddressesDoNot(t *testing.T) {
	const address = "http://127.0.0.1/a-long-address"
	for name, c := range map[string]struct {
		text  string
		width int
		want  string
	}{
		"no terminal":        {"one two three\n", 0, "one two three\n"},
		"it fits":            {"  one two\n", 9, "  one two\n"},
		"between words":      {"one two three\n", 9, "one two\nthree\n"},
		"indented":           {"  one two three\n", 9, "  one two\n  three\n"},
		"an address":         {"open " + address + " now\n", 20, "open\n" + address + "\nnow\n"},
		"color takes none":   {"\x1b[1mone\x1b[0m two\n", 7, "\x1b[1mone\x1b[0m two\n"},
		"lines on their own": {"one\n\ntwo three\n", 5, "one\n\ntwo\nthree\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fold(c.text, c.width); got != c.want {
				t.Errorf("got %q instead of %q", got, c.want)
			}
		})
	}
}
