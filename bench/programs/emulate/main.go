// Command emulate is the emulator as a program, with nobody to click: authorize signs the first demo user in. Its argument is
// the address.
package main

import (
	"fmt"
	"os"
	"os/signal"

	"github.com/authkit-desktop/authkit/emulator"
)

func main() {
	server, err := emulator.Start(emulator.Config{Addr: os.Args[1], AutoSignIn: emulator.DemoUsers()[0].Email})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	<-stop
	_ = server.Close()
}
