//go:build !darwin

package deeplink

import "errors"

// errNoProgram explains an entry without a program behind it.
var errNoProgram = errors.New("there is no such program, or it may not be run")

const fixByRegistering = "start the app once, or call Register: it writes the entry anew"
