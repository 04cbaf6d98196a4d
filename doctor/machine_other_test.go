//go:build !linux

package doctor_test

import "testing"

// isolate gives the test a folder of its own for what finds the running app.
func isolate(t *testing.T) { t.Setenv("LocalAppData", t.TempDir()) }
