package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/authkit-desktop/authkit/vault"
)

const passphrase = "q7Rk2VxN0cTz5hLwYb8mJd3EaPfUgS1o"

func open(t testing.TB, change ...func(*vault.Config)) *vault.Vault {
	t.Helper()
	return openIn(t, filepath.Join(t.TempDir(), "vault"), change...)
}

func openIn(t testing.TB, dir string, change ...func(*vault.Config)) *vault.Vault {
	t.Helper()
	c := config(dir)
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

func remove([]byte) ([]byte, error) { return nil, nil }

func mustBeAbsent(t testing.TB, v *vault.Vault, name string) {
	t.Helper()
	if got, err := v.Load(context.Background(), name); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("record %q should be absent: %.60q, %v", name, got, err)
	}
}

// brokenKeychain fails at once, so the vault works in memory.
type brokenKeychain struct{}

func (brokenKeychain) Get(string, string) (string, error) { return "", errors.New("out of order") }
func (brokenKeychain) Set(string, string, string) error   { return errors.New("out of order") }

func inMemory(c *vault.Config) { c.Passphrase, c.Keychain = "", brokenKeychain{} }

// The same promises hold for files and for memory.
func TestRecordsAreKeptReplacedAndRemoved(t *testing.T) {
	for kind, change := range map[string]func(*vault.Config){vault.InPassphrase: func(*vault.Config) {}, vault.InMemory: inMemory} {
		t.Run(kind, func(t *testing.T) {
			v, ctx := open(t, change), context.Background()
			mustBeAbsent(t, v, "session")
			mustSave(t, v, "session", "one")
			err := v.Update(ctx, "session", func(old []byte) ([]byte, error) { return append(old, " two"...), nil })
			if err != nil {
				t.Fatal(err)
			}
			mustLoad(t, v, "session", "one two")
			mustSave(t, v, "empty", "")
			mustLoad(t, v, "empty", "")
			if names, err := v.Names(ctx); err != nil || !slices.Equal(names, []string{"empty", "session"}) {
				t.Fatalf("names: %q, %v", names, err)
			}
			if err := v.Update(ctx, "session", remove); err != nil {
				t.Fatal(err)
			}
			mustBeAbsent(t, v, "session")
			if s := v.Storage(ctx); s.Kind != kind {
				t.Fatalf("storage: %+v", s)
			}
		})
	}
}

func TestChangeThatFailsOrDoesNothingChangesNothing(t *testing.T) {
	for kind, change := range map[string]func(*vault.Config){vault.InPassphrase: func(*vault.Config) {}, vault.InMemory: inMemory} {
		t.Run(kind, func(t *testing.T) {
			v, ctx := open(t, change), context.Background()
			mustSave(t, v, "session", "one")
			before, err := v.Stamp("session")
			if err != nil {
				t.Fatal(err)
			}
			own := errors.New("no")
			for _, c := range []struct{ given, want error }{{vault.ErrUnchanged, nil}, {own, own}} {
				err := v.Update(ctx, "session", func([]byte) ([]byte, error) { return []byte("two"), c.given })
				if !errors.Is(err, c.want) {
					t.Errorf("change said %v, update %v", c.given, err)
				}
			}
			if after, err := v.Stamp("session"); after != before || err != nil {
				t.Errorf("the file was touched: %v, %v, %v", before, after, err)
			}
			mustLoad(t, v, "session", "one")
		})
	}
}

func TestRecordThatIsTooLargeIsRefusedAndTheEarlierOneKept(t *testing.T) {
	v := open(t)
	large := strings.Repeat("x", vault.MaxRecord)
	mustSave(t, v, "session", large)
	err := v.Update(context.Background(), "session", put(large+"x"))
	if err == nil || !strings.Contains(err.Error(), "the earlier one is intact") {
		t.Fatal(err)
	}
	mustLoad(t, v, "session", large)
}

func TestAnyNameMakesAFileNameOfItsOwn(t *testing.T) {
	v := open(t)
	names := []string{"session", "Session", "SESSION", "a/b", `a\b`, "..", ".", ".lock", "alice@example.com", "con", "aux", "lpt1", "ünï", "a%62", "ab", " ", "\x00", "\xff"}
	for _, name := range names {
		mustSave(t, v, name, name)
	}
	for _, name := range names {
		mustLoad(t, v, name, name)
	}
	got, err := v.Names(context.Background())
	slices.Sort(names)
	if err != nil || !slices.Equal(got, names) {
		t.Fatalf("names: %q, %v", got, err)
	}
	for file := range everything(t, v.Storage(context.Background()).Path) {
		if strings.ToLower(file) != file || strings.HasPrefix(file, "con.") {
			t.Errorf("file name %q is not safe everywhere", file)
		}
	}
	for _, name := range []string{"", strings.Repeat("x", 201), strings.Repeat("X", 67)} {
		if err := v.Update(context.Background(), name, put("x")); err == nil {
			t.Errorf("name of %d bytes was taken", len(name))
		}
	}
}

func TestNewListsEveryMistakeWithItsRemedy(t *testing.T) {
	_, err := vault.New(vault.Config{Passphrase: "too short"})
	for _, want := range []string{"Config.AppID", "9 characters", "openssl rand -base64 32"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
	if err != nil && strings.Contains(err.Error(), "too short") {
		t.Errorf("the passphrase is in the message: %v", err)
	}
	if err := vault.CheckPassphrase(strings.Repeat("ä", vault.MinPassphrase)); err != nil {
		t.Errorf("characters are counted, not bytes: %v", err)
	}
}

func TestStampChangesWithEveryWrite(t *testing.T) {
	for kind, change := range map[string]func(*vault.Config){vault.InPassphrase: func(*vault.Config) {}, vault.InMemory: inMemory} {
		t.Run(kind, func(t *testing.T) {
			v := open(t, change)
			seen := map[vault.Stamp]bool{}
			for i := range 200 {
				s, err := v.Stamp("session")
				if err != nil || seen[s] {
					t.Fatalf("stamp %d: %+v, %v", i, s, err)
				}
				if (s == vault.Stamp{}) != (i == 0) {
					t.Fatalf("the zero stamp is for absent records: %d, %+v", i, s)
				}
				seen[s] = true
				mustSave(t, v, "session", "same size")
			}
		})
	}
}

// Whoever remembers the stamp of their own write must not be given that of the next one: they would never look at it.
func TestTheStampOfAWriteIsItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	var group sync.WaitGroup
	for writer := range 8 {
		v := openIn(t, dir)
		group.Go(func() {
			for i := range 50 {
				mine := fmt.Sprint(writer, i)
				stamp, err := v.UpdateStamped(context.Background(), "session", put(mine))
				if err != nil {
					t.Error(err)
					return
				}
				data, loaded := v.Load(context.Background(), "session")
				if now, looked := v.Stamp("session"); now == stamp && string(data) != mine {
					t.Errorf("%v %v: the stamp of %q was given for %q", loaded, looked, data, mine)
				}
			}
		})
	}
	group.Wait()
}

// A clock that is coarse, or was set back, must not make two versions look the same.
func TestEachVersionIsLaterThanTheOneBefore(t *testing.T) {
	v := open(t)
	mustSave(t, v, "session", "one")
	tomorrow := time.Now().Add(24 * time.Hour).Truncate(time.Microsecond)
	for range 3 {
		if err := os.Chtimes(sealedFile(v), tomorrow, tomorrow); err != nil {
			t.Fatal(err)
		}
		before, _ := v.Stamp("session")
		mustSave(t, v, "session", "two")
		info, err := os.Stat(sealedFile(v))
		if err != nil || !info.ModTime().After(tomorrow) {
			t.Errorf("%v is not after %v, %v", info.ModTime(), tomorrow, err)
		}
		if after, _ := v.Stamp("session"); after == before {
			t.Error("the stamp is the same")
		}
	}
}

// A model of two vaults in one folder, and any order of calls on them.
func TestTwoVaultsInOneFolderAgreeWithAMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("", "vault")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		vaults := []*vault.Vault{openIn(t, filepath.Join(dir, "v")), openIn(t, filepath.Join(dir, "v"))}
		model := map[string][]byte{}
		either := rapid.SampledFrom(vaults)
		anyName := rapid.SampledFrom([]string{"session", "Session", "a.b", "…"})
		rt.Repeat(map[string]func(*rapid.T){
			"save": func(rt *rapid.T) {
				name, data := anyName.Draw(rt, "name"), rapid.SliceOfN(rapid.Byte(), 0, 9000).Draw(rt, "data")
				err := either.Draw(rt, "vault").Update(context.Background(), name, func(old []byte) ([]byte, error) {
					if !bytes.Equal(old, model[name]) {
						return nil, fmt.Errorf("update was given %d bytes for %d", len(old), len(model[name]))
					}
					return data, nil
				})
				if err != nil {
					rt.Fatal(err)
				}
				model[name] = data
			},
			"remove": func(rt *rapid.T) {
				name := anyName.Draw(rt, "name")
				if err := either.Draw(rt, "vault").Update(context.Background(), name, remove); err != nil {
					rt.Fatal(err)
				}
				delete(model, name)
			},
			"rotate": func(rt *rapid.T) {
				if n, err := either.Draw(rt, "vault").Rotate(context.Background()); err != nil || n != len(model) {
					rt.Fatal(n, err)
				}
			},
			"": func(rt *rapid.T) {
				v := either.Draw(rt, "vault")
				names, err := v.Names(context.Background())
				if want := slices.Sorted(maps.Keys(model)); err != nil || !slices.Equal(names, want) {
					rt.Fatalf("names %q, %v, want %q", names, err, want)
				}
				for name, want := range model {
					if got, err := v.Load(context.Background(), name); err != nil || !bytes.Equal(got, want) {
						rt.Fatalf("record %q: %v", name, err)
					}
				}
			},
		})
	})
}
