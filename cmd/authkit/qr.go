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
// With colors it is black on white whatever the terminal's are. Without, light modules are drawn and dark ones left out,
// which is right on the dark ground of most terminals; readers know the inverse too.
func qrCode(text string, columns int, color bool) string {
	code, err := qr.Encode(text, qr.L)
	if err != nil || code.Size+2*quiet > columns {
		return ""
	}
	light := func(x, y int) bool { return !code.Black(x, y) } // outside the code too
	var b strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		if color {
			b.WriteString("\x1b[38;5;231;48;5;16m")
		}
		for x := -quiet; x < code.Size+quiet; x++ {
			b.WriteRune(half(light(x, y), light(x, y+1) && y+1 < code.Size+quiet))
		}
		if color {
			b.WriteString("\x1b[0m")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// half is the character whose upper and lower half are lit like that.
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
