package main

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"

	"github.com/authkit-desktop/authkit/vault"
)

const sessionSize = 3000 // bytes: two tokens, a person and some claims

// save compares a sealed save with the least that a durable write of as many bytes can do, in turns, because other work on the
// machine changes the cost of an fsync from second to second.
func (b *bench) save(ctx context.Context) (*section, error) {
	data := make([]byte, sessionSize)
	if _, err := rand.Read(data); err != nil {
		return nil, err
	}
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	sealed, err := vault.New(vault.Config{Dir: filepath.Join(dir, "sealed"), AppID: "com.example.bench", Passphrase: secret})
	if err != nil {
		return nil, err
	}
	update := func() error {
		return sealed.Update(ctx, "session", func([]byte) ([]byte, error) { return data, nil })
	}
	if err := update(); err != nil { // makes the key, and the file that the next save replaces
		return nil, err
	}
	folder, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	file, err := os.Create(filepath.Join(dir, "bare"))
	if err != nil {
		return nil, err
	}
	defer file.Close()

	var ours, raw, durable, bare sample
	turns := []struct {
		times *sample
		do    func() error
	}{
		{&ours, update},
		{&raw, func() error { return replace(folder, data) }},
		{&durable, func() error { return errors.Join(replace(folder, data), folder.Sync()) }},
		{&bare, func() error { return overwrite(file, data) }},
	}
	for range b.rounds(1000, 20) {
		for _, turn := range turns {
			took, err := timed(turn.do)
			if err != nil {
				return nil, err
			}
			*turn.times = append(*turn.times, took.Seconds())
		}
	}
	ratio := func(to sample) *stat { return sample{ours.median() / to.median()}.stat() }
	return &section{Name: "save", Title: "A sealed save", Rows: []row{
		{What: "save of 3,000 bytes", Chart: "sealed save", Unit: seconds, Ours: ours.stat(), Limit: bare.stat(), LimitIs: "write + fsync, nothing else"},
		{What: "the same bytes, unsealed: temp file, fsync, rename", Unit: seconds, Limit: raw.stat()},
		{What: "… and fsync of the folder", Unit: seconds, Limit: durable.stat()},
		{What: "ours over temp file, fsync, rename", Ours: ratio(raw),
			Goal: aim("≤ 1.3", ours.median() <= 1.3*raw.median())},
		{What: "ours over the same with fsync of the folder", Ours: ratio(durable)},
	}, Notes: []string{
		"The peer has no save: it hands a sealed text to whoever stores it.",
		"A rename is safe against a crash of the program, and against a power failure only after an fsync of the folder too. The vault does that one, which the target's yardstick leaves out; the last line compares like with like.",
	}}, nil
}

// replace puts data in the place of a file in one step.
func replace(folder *os.File, data []byte) error {
	f, err := os.CreateTemp(folder.Name(), "session")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close(), os.Rename(f.Name(), filepath.Join(folder.Name(), "session")))
}

func overwrite(f *os.File, data []byte) error {
	_, err := f.WriteAt(data, 0)
	return errors.Join(err, f.Sync())
}
