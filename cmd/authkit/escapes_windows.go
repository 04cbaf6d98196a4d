package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// understandsEscapes switches the console's escape sequences on; consoles before Windows 10 have none.
func understandsEscapes(console *os.File) bool {
	var mode uint32
	handle := windows.Handle(console.Fd())
	return windows.GetConsoleMode(handle, &mode) == nil &&
		windows.SetConsoleMode(handle, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
