// Package interop holds tests against code that is not ours: the vendor's API description, emulator and clients, and
// standard clients from elsewhere. Both the client and the emulator of this repository were written from the same
// reading of the same documents; here is where a wrong reading would show.
//
// docs/interop.md lists the differences that were found, and which side is right.
package interop
