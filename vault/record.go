package vault

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/chacha20poly1305"
)

// The file format, version 1; docs/vault.md explains every byte.
const (
	magic   = "AKVAULT\n"
	version = 1

	saltSize   = 16
	keyIDSize  = 8
	headerSize = len(magic) + 1 + 1 + 2 + saltSize + keyIDSize + chacha20poly1305.NonceSizeX
	lengthSize = 4
	overhead   = headerSize + lengthSize + chacha20poly1305.Overhead

	// Files grow in steps of one block of nearly every file system. Records of about the same size then make files of
	// the same size, which can be written over each other without the file system noting down anything but the data;
	// and the exact length of a secret stays one.
	step    = 4096
	maxFile = (MaxRecord + overhead + step - 1) / step * step
)

// source tells where the key of a record comes from. The numbers are part of the format.
type source byte

const (
	fromKeychain source = 1 // 32 random bytes in the system's keychain
	fromSecret   source = 2 // a passphrase that looks random, as it is
	fromWeak     source = 3 // a passphrase that plainly is not random, through scrypt
)

type salt [saltSize]byte

type header struct {
	source source
	salt   salt
	keyID  [keyIDSize]byte
	nonce  [chacha20poly1305.NonceSizeX]byte
}

func (h header) bytes() []byte {
	b := make([]byte, 0, headerSize)
	b = append(b, magic...)
	b = append(b, version, byte(h.source), 0, 0)
	b = append(b, h.salt[:]...)
	b = append(b, h.keyID[:]...)
	return append(b, h.nonce[:]...)
}

// parse takes the header off a sealed record. It looks at nothing that only the key can vouch for.
func parse(file []byte) (h header, box []byte, err error) {
	switch {
	case len(file) == 0:
		return h, nil, damage("it is empty")
	case len(file) < len(magic) || string(file[:len(magic)]) != magic:
		return h, nil, damage("it is not a sealed record")
	case len(file) > maxFile:
		return h, nil, damage("it is larger than any record")
	case len(file)%step != 0:
		return h, nil, damage("it is cut short")
	}
	b := file[len(magic):]
	if b[0] > version {
		return h, nil, damage(fmt.Sprintf("a newer version wrote it (format %d, this program knows %d)", b[0], version))
	}
	h.source = source(b[1])
	if b[0] != version || b[2] != 0 || b[3] != 0 || h.source < fromKeychain || h.source > fromWeak {
		return h, nil, damage("its header is damaged")
	}
	b = b[4:]
	b = b[copy(h.salt[:], b):]
	b = b[copy(h.keyID[:], b):]
	b = b[copy(h.nonce[:], b):]
	return h, b, nil
}

// associated is what a record is bound to besides its content: the header, the app and the name. Lengths stand before
// the texts, so that no two pairs of app and name read the same.
func associated(header []byte, appID, name string) []byte {
	b := slices.Clip(header)
	for _, s := range []string{appID, name} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
		b = append(b, s...)
	}
	return b
}

// recordKey seals and opens the records of one salt.
type recordKey struct {
	source source
	salt   salt
	id     [keyIDSize]byte
	aead   cipher.AEAD
}

// seal makes the whole file. A nonce of 24 random bytes may be drawn afresh for every write with one key: the chance
// that two meet stays negligible beyond any number of writes a program can make.
func (k *recordKey) seal(appID, name string, plain []byte) []byte {
	h := header{source: k.source, salt: k.salt, keyID: k.id}
	rand.Read(h.nonce[:])
	return k.sealWith(h, appID, name, plain)
}

func (k *recordKey) sealWith(h header, appID, name string, plain []byte) []byte {
	size := (overhead + len(plain) + step - 1) / step * step
	padded := make([]byte, size-headerSize-chacha20poly1305.Overhead)
	binary.BigEndian.PutUint32(padded, uint32(len(plain)))
	copy(padded[lengthSize:], plain)

	file := append(make([]byte, 0, size), h.bytes()...)
	return k.aead.Seal(file, h.nonce[:], padded, associated(file, appID, name))
}

func (k *recordKey) open(h header, box []byte, appID, name string) ([]byte, error) {
	padded, err := k.aead.Open(nil, h.nonce[:], box, associated(h.bytes(), appID, name))
	if err != nil {
		return nil, damage("it was altered, or belongs to another record or app")
	}
	n := binary.BigEndian.Uint32(padded)
	if int64(n) > int64(len(padded)-lengthSize) {
		return nil, damage("its length is wrong")
	}
	return padded[lengthSize : lengthSize+n], nil
}

// damage is the reason why a record cannot be opened; it becomes a *DamagedError once the file is set aside.
type damage string

func (d damage) Error() string { return "vault: record cannot be opened: " + string(d) }

func isDamage(err error) bool {
	_, ok := errors.AsType[damage](err)
	return ok
}

// otherSourceError is the damage of a good record whose key this vault was not told to look for.
type otherSourceError struct{ damage }

func (o otherSourceError) Unwrap() error { return o.damage }

func isOtherSource(err error) bool {
	_, ok := errors.AsType[otherSourceError](err)
	return ok
}
