package instance

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The exchange, in order:
//
//	primary  greeting
//	second   greeting, length of the message (4 bytes, big endian), message
//	primary  one byte: accepted or full
//
// The greeting carries the version of the exchange in its last byte. An app may be updated while its old version runs, so a
// change that old versions cannot read needs a new version here and code that still speaks to the old.
const greeting = "AKI\x01"

const (
	accepted = 'A' // the message is in the primary's queue
	full     = 'F' // the queue has no room; worth trying again
)

// errForeign says that the other side is of this user but does not speak this protocol.
var errForeign = errors.New("what answers is not an instance of this app, or one of a version that cannot be talked to: quit it and start again")

func readGreeting(r io.Reader) error {
	var got [len(greeting)]byte
	if _, err := io.ReadFull(r, got[:]); err != nil {
		return err
	}
	if string(got[:]) != greeting {
		return errForeign
	}
	return nil
}

// readMessage allocates nothing before the length is known to be small.
func readMessage(r io.Reader) (string, error) {
	if err := readGreeting(r); err != nil {
		return "", err
	}
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return "", err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > MaxMessage {
		return "", fmt.Errorf("instance: a message of %d bytes was refused", n)
	}
	message := make([]byte, n)
	_, err := io.ReadFull(r, message)
	return string(message), err
}

func encodeMessage(message string) []byte {
	b := binary.BigEndian.AppendUint32([]byte(greeting), uint32(len(message))) //nolint:gosec // Claim has checked the length
	return append(b, message...)
}

// present is the second process's side of the exchange.
func present(c io.ReadWriter, message string) error {
	if err := readGreeting(c); err != nil {
		return again(err)
	}
	if _, err := c.Write(encodeMessage(message)); err != nil {
		return again(err)
	}
	var answer [1]byte
	if _, err := io.ReadFull(c, answer[:]); err != nil {
		return again(err)
	}
	switch answer[0] {
	case accepted:
		return nil
	case full:
		return again(errors.New("its queue is full"))
	}
	return errForeign
}

// again marks an error of the connection, but not of what came over it, as worth another try.
func again(err error) error {
	if errors.Is(err, errForeign) {
		return err
	}
	return fmt.Errorf("%w: %w", errAgain, err)
}
