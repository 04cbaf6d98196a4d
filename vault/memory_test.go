package vault_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/authkit-desktop/authkit/vault"
)

func TestWithoutAFolderRecordsLiveInMemory(t *testing.T) {
	t.Chdir(t.TempDir())
	v, err := vault.New(vault.Config{AppID: "com.example.notes", Passphrase: passphrase})
	if err != nil {
		t.Fatal(err)
	}
	mustSave(t, v, "session", "one")
	mustLoad(t, v, "session", "one")
	unlock, err := v.Lock(context.Background(), "refresh")
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	if n, err := v.Rotate(context.Background()); err != nil {
		t.Error(n, err)
	}
	s := v.Storage(context.Background())
	if s.Kind != vault.InMemory || s.Path != "" || !errors.Is(s.Cause, vault.ErrNoFolder) || !strings.Contains(s.Why, "HOME") {
		t.Errorf("Storage = %+v", s)
	}
	if files := everything(t, "."); len(files) > 0 {
		t.Errorf("written: %v", files)
	}
}
