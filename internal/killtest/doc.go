// Package killtest kills a child process at a system call of one's choice (Linux).
//
// A hook in the code under test would reach only the places that somebody thought of, strace need not be installed, and
// neither knows when the interesting part begins and ends: here the child says so, by Sign.
package killtest

import "os"

// Sign is what a child calls where the part begins that it may be killed in, and again where it ends.
func Sign() { os.Getppid() }
