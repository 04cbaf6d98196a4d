//go:build !linux

package doctor_test

import "testing"

// isolate has nothing to do: only on Linux do the tests write outside of their own folders.
func isolate(*testing.T) {}
