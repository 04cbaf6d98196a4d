// Package disktest gives a test a disk of its own to fill or to make read-only (Linux).
package disktest
