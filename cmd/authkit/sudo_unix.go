//go:build unix

package main

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// checkSudo refuses to leave files of root in the home folder of the person who typed sudo: they would lock that person
// out of their own session.
func checkSudo() error {
	home, person := os.Getenv("HOME"), os.Getenv("SUDO_UID")
	var of unix.Stat_t
	theirs := person != "" && unix.Stat(home, &of) == nil && of.Uid != 0 && strconv.FormatUint(uint64(of.Uid), 10) == person
	if !theirs || os.Geteuid() != 0 {
		return nil
	}
	return complaint{what: fmt.Sprintf("this runs as root, with the home folder of another person: %s", home),
		so: "The files of the session would be root's, and lock that person out; nothing was done.",
		do: "Type it without sudo, or with sudo -H for a session of root's own.", code: codeError}
}
