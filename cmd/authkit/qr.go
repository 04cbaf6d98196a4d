package main

import (
	"strings"

	"rsc.io/qr"
)

// quiet is the empty border of a QR code in modules. Four are the standard's; phones are content with two, and a
// terminal's lines are few.
const quiet = 2

// qrCode draws text as a QR code, two modules to a character. Empty when it does not fit into that many columns.
//
// Light modules are drawn and dark ones left out. With colors that is white on black whatever the terminal's are; without,
// it is right on the dark ground of most terminals, and readers know the inverse too. Drawing the dark modules was tried:
// fonts leave gaps between two lines, and a dark mark that is cut in two is not found, where a light ground with hairs in it is.
func qrCode(text string, columns int, color bool) string {
	code, err := qr.Encode(text, qr.L)
	if err != nil || code.Size+2*quiet > columns {
		return ""
	}
	begin, end := "", "\n"
	if color {
		begin, end = "\x1b[38;5;231;48;5;16m", "\x1b[0m\n"
	}
	last := code.Size + quiet
	drawn := func(x, y int) bool { return !code.Black(x, y) && y < last } // outside the code nothing is black
	var b strings.Builder
	for y := -quiet; y < last; y += 2 {
		b.WriteString(begin)
		for x := -quiet; x < last; x++ {
			b.WriteRune(half(drawn(x, y), drawn(x, y+1)))
		}
		b.WriteString(end)
	}
	return b.String()
}

// half is the character whose upper and lower half are drawn like that.
func half(upper, lower bool) rune {
	switch {
	case upper && lower:
		return '█'
	case upper:
		return '▀'
	case lower:
		return '▄'
	}
	return ' '
}
