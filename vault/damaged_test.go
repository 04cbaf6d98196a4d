package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authkit-desktop/authkit/vault"
)

func mustBeDamaged(t testing.TB, v *vault.Vault, name, reason string) *vault.DamagedError {
	t.Helper()
	_, err := v.Load(context.Background(), name)
	d, ok := errors.AsType[*vault.DamagedError](err)
	if !ok || d.Name != name || !strings.Contains(d.Reason, reason) || !strings.Contains(err.Error(), reason) {
		t.Fatalf("load: %v, want %q", err, reason)
	}
	mustBeAbsent(t, v, name)
	return d
}

func sealedFile(v *vault.Vault) string {
	return filepath.Join(v.Storage(context.Background()).Path, "session.sealed")
}

func TestDamagedRecordIsSetAsideWithOneLineInTheLog(t *testing.T) {
	for reason, damage := range map[string]func([]byte) []byte{
		"empty":               func([]byte) []byte { return nil },
		"cut short":           func(b []byte) []byte { return b[:1000] },
		"not a sealed record": func([]byte) []byte { return bytes.Repeat([]byte{0xff, 0, '\n'}, 5000) },
		"larger than any":     func(b []byte) []byte { return append(b, make([]byte, 3<<20)...) },
		"newer version":       func(b []byte) []byte { b[8] = 7; return b },
		"altered":             func(b []byte) []byte { b[2000] ^= 4; return b },
	} {
		t.Run(reason, func(t *testing.T) {
			var log bytes.Buffer
			v := open(t, func(c *vault.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			mustSave(t, v, "session", "one")
			file, _ := os.ReadFile(sealedFile(v))
			file = damage(file)
			if err := os.WriteFile(sealedFile(v), file, 0o600); err != nil {
				t.Fatal(err)
			}
			d := mustBeDamaged(t, v, "session", reason)
			if kept, err := os.ReadFile(d.KeptAs); err != nil || !bytes.Equal(kept, file) || filepath.Base(d.KeptAs) != "session.corrupt" {
				t.Errorf("kept as %s: %v", d.KeptAs, err)
			}
			if n := strings.Count(log.String(), "\n"); n != 1 {
				t.Errorf("%d lines in the log: %s", n, &log)
			}
		})
	}
}

func TestDamagedRecordCountsAsAbsentForUpdate(t *testing.T) {
	v := open(t)
	mustSave(t, v, "session", "one")
	if err := os.WriteFile(sealedFile(v), []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := v.Update(context.Background(), "session", func(old []byte) ([]byte, error) {
		if old != nil {
			t.Errorf("old: %q", old)
		}
		return []byte("two"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mustLoad(t, v, "session", "two")
	if kept, err := os.ReadFile(strings.Replace(sealedFile(v), ".sealed", ".corrupt", 1)); string(kept) != "junk" {
		t.Errorf("kept: %q, %v", kept, err)
	}
}

func TestThreeDamagedFilesAreKept(t *testing.T) {
	v := open(t)
	for i := range 5 {
		mustSave(t, v, "session", "good")
		if err := os.WriteFile(sealedFile(v), fmt.Appendf(nil, "junk %d", i), 0o600); err != nil {
			t.Fatal(err)
		}
		mustBeDamaged(t, v, "session", "not a sealed record")
	}
	files := everything(t, filepath.Dir(sealedFile(v)))
	for name, want := range map[string]string{"session.corrupt": "junk 4", "session.corrupt.1": "junk 3", "session.corrupt.2": "junk 2"} {
		if files[name] != want {
			t.Errorf("%s: %.20q", name, files[name])
		}
	}
	if _, ok := files["session.corrupt.3"]; ok {
		t.Error("more than three are kept")
	}
}

func TestChangedPassphraseIsNamed(t *testing.T) {
	v := open(t)
	mustSave(t, v, "session", "one")
	d := mustBeDamaged(t, reopen(t, v, "another-passphrase-Kx7Qm2Lw9ZrT5vBn"), "session", "the passphrase was changed")
	// Nothing is lost: with the old passphrase, the file that was kept still opens.
	if err := os.Rename(d.KeptAs, sealedFile(v)); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, v, "session", "one")
}

func reopen(t testing.TB, v *vault.Vault, passphrase string, old ...string) *vault.Vault {
	t.Helper()
	return openIn(t, filepath.Dir(sealedFile(v)), func(c *vault.Config) { c.Passphrase, c.OldPassphrases = passphrase, old })
}

// A18: the record is authentic, so it is read; the change is noticed, so that nobody goes on with what they remember.
func TestA18_RecordRestoredFromABackupIsReadAndNoticed(t *testing.T) {
	v := open(t)
	mustSave(t, v, "session", "spent token")
	backup, err := os.ReadFile(sealedFile(v))
	if err != nil {
		t.Fatal(err)
	}
	mustSave(t, v, "session", "fresh token")
	before, _ := v.Stamp("session")
	if err := os.WriteFile(sealedFile(v), backup, 0o600); err != nil {
		t.Fatal(err)
	}
	if after, err := v.Stamp("session"); after == before || err != nil {
		t.Errorf("not noticed: %v", err)
	}
	mustLoad(t, v, "session", "spent token")
	mustSave(t, v, "session", "fresh again")
	mustLoad(t, v, "session", "fresh again")
}

// With no key to be had, nobody can tell what a file is.
func TestA20_BrokenKeychainLeavesEvenJunkAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	mustSave(t, openIn(t, dir), "other", "makes the folder")
	if err := os.WriteFile(filepath.Join(dir, "session.sealed"), []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := everything(t, dir)
	v := openIn(t, dir, inMemory)
	mustBeAbsent(t, v, "session")
	mustSave(t, v, "session", "in memory")
	if !maps.Equal(before, everything(t, dir)) {
		t.Error("files were touched")
	}
}

func TestA20_ForgedPlaintextIsNeverAccepted(t *testing.T) {
	for _, change := range []func(*vault.Config){func(*vault.Config) {}, inMemory} {
		dir := filepath.Join(t.TempDir(), "vault")
		v := openIn(t, dir, change)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		forged := []byte(`{"refresh_token":"attacker"}`)
		for _, name := range []string{"session.sealed", "session.sealed.tmp", "session", "session.json"} {
			if err := os.WriteFile(filepath.Join(dir, name), forged, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := v.Load(context.Background(), "session"); err == nil {
			t.Errorf("accepted: %q", got)
		}
		mustBeAbsent(t, v, "session")
	}
}
