package vault_test

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/authkit-desktop/authkit/vault"
)

const passphrase = "q7Rk2VxN0cTz5hLwYb8mJd3EaPfUgS1o"

func open(t testing.TB, change ...func(*vault.Config)) *vault.Vault {
	t.Helper()
	c := vault.Config{Dir: filepath.Join(t.TempDir(), "vault"), AppID: "com.example.notes", Passphrase: passphrase}
	for _, f := range change {
		f(&c)
	}
	v, err := vault.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func put(data string) func([]byte) ([]byte, error) {
	return func([]byte) ([]byte, error) { return []byte(data), nil }
}

func TestRecordsAreKeptReplacedAndRemoved(t *testing.T) {
	v, ctx := open(t), context.Background()
	if _, err := v.Load(ctx, "session"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("load of an absent record: %v", err)
	}
	if err := v.Update(ctx, "session", put("one")); err != nil {
		t.Fatal(err)
	}
	err := v.Update(ctx, "session", func(old []byte) ([]byte, error) { return append(old, " two"...), nil })
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.Load(ctx, "session"); err != nil || string(got) != "one two" {
		t.Fatalf("load: %q, %v", got, err)
	}
	if err := v.Update(ctx, "session", func([]byte) ([]byte, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Load(ctx, "session"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("load of a removed record: %v", err)
	}
}
