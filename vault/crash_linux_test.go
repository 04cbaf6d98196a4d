package vault_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/authkit-desktop/authkit/internal/killtest"
	"github.com/authkit-desktop/authkit/vault"
)

func init() {
	for name, scene := range scenes {
		roles["traced "+name] = func(v *vault.Vault) {
			killtest.Sign()
			check(scene.act(v))
			killtest.Sign()
		}
	}
}

var scenes = map[string]struct {
	before func(t *testing.T, v *vault.Vault)
	act    func(v *vault.Vault) error
	old    string // what may be there after a kill, besides the new; empty: nothing
	new    string
}{
	"the first write": {
		func(*testing.T, *vault.Vault) {},
		func(v *vault.Vault) error { return v.Update(context.Background(), "session", put("new")) },
		"", "new",
	},
	"the second write": { // has no spare file yet
		func(t *testing.T, v *vault.Vault) { mustSave(t, v, "session", "old") },
		func(v *vault.Vault) error { return v.Update(context.Background(), "session", put("new")) },
		"old", "new",
	},
	"a later write": {
		func(t *testing.T, v *vault.Vault) {
			mustSave(t, v, "session", "older")
			mustSave(t, v, "session", "old")
		},
		func(v *vault.Vault) error { return v.Update(context.Background(), "session", put("new")) },
		"old", "new",
	},
	"a removal": {
		func(t *testing.T, v *vault.Vault) {
			mustSave(t, v, "session", "older")
			mustSave(t, v, "session", "old")
		},
		func(v *vault.Vault) error { return v.Update(context.Background(), "session", remove) },
		"old", "",
	},
	"a rotation": {
		func(t *testing.T, v *vault.Vault) { mustSave(t, v, "session", "same"); mustSave(t, v, "other", "same") },
		func(v *vault.Vault) error { _, err := v.Rotate(context.Background()); return err },
		"same", "same",
	},
}

func traced(name, dir string) []string {
	return append(os.Environ(), "VAULT_TEST_ROLE=traced "+name, "VAULT_TEST_DIR="+dir, "GORACE=atexit_sleep_ms=0")
}

func TestP02_KillAtEverySystemCallLeavesTheOldRecordOrTheNew(t *testing.T) {
	every := 1
	if testing.Short() {
		every = 7
	}
	for name, scene := range scenes {
		t.Run(name, func(t *testing.T) {
			for n := 0; ; n += every {
				dir := filepath.Join(t.TempDir(), "vault")
				scene.before(t, openIn(t, dir))
				tr, err := killtest.Run(traced(name, dir), n)
				if err != nil {
					t.Fatalf("stop %d: %v", n, err)
				}
				survived := !tr.Killed
				mustBeOldOrNew(t, dir, n, scene.old, scene.new, survived)
				if survived {
					if n < 10 {
						t.Fatalf("only %d stops: the test proved nothing", n)
					}
					t.Logf("%d stops", n)
					return
				}
			}
		})
	}
}

func mustBeOldOrNew(t *testing.T, dir string, n int, old, new string, survived bool) {
	t.Helper()
	mustBeWhole(t, dir)
	v := openIn(t, dir)
	data, err := v.Load(context.Background(), "session")
	got := string(data)
	if got != new && (survived || got != old) || err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("stop %d: %q, %v", n, got, err)
	}
	mustSave(t, v, "session", "the next "+strconv.Itoa(n))
	mustLoad(t, v, "session", "the next "+strconv.Itoa(n))
	mustBeWhole(t, dir)
}

// Killing a process cannot show this, and pulling the plug is no test to run often.
func TestP02_DataIsFlushedBeforeTheRenameAndTheFolderAfter(t *testing.T) {
	for _, name := range []string{"the first write", "the second write", "a later write"} {
		dir := filepath.Join(t.TempDir(), "vault")
		scenes[name].before(t, openIn(t, dir))
		tr, err := killtest.Run(traced(name, dir), math.MaxInt)
		if err != nil {
			t.Fatal(err)
		}
		data := slices.Index(tr.Calls, unix.SYS_FDATASYNC)
		renamed := max(slices.Index(tr.Calls, unix.SYS_RENAMEAT), slices.Index(tr.Calls, unix.SYS_RENAMEAT2))
		folder := slices.Index(tr.Calls, unix.SYS_FSYNC)
		if data < 0 || renamed < data || folder < renamed {
			t.Errorf("%s: data flushed at %d, renamed at %d, folder flushed at %d", name, data, renamed, folder)
		}
	}
}
