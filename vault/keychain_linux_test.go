package vault_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/authkit-desktop/authkit/internal/keyringtest"
	"github.com/authkit-desktop/authkit/vault"
)

// withKeychain is for a keychain that answers, on a machine that may be busy with other tests.
func withKeychain(c *vault.Config) { c.Passphrase, c.KeychainTimeout = "", time.Minute }

// impatient is for one that does not.
func impatient(c *vault.Config) { c.KeychainTimeout = 100 * time.Millisecond }

func TestKeyIsKeptInARealKeyringAsText(t *testing.T) {
	keyringtest.Start(t)
	v := open(t, withKeychain)
	mustBeAbsent(t, v, "session")
	if _, err := keyring.Get("com.example.notes", "vault key"); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("a key was made before there was anything to seal: %v", err)
	}
	mustSave(t, v, "session", "one")
	s := v.Storage(context.Background())
	if s.Kind != vault.InKeychain || s.Cause != nil {
		t.Fatalf("storage: %+v", s)
	}
	mustLoad(t, openIn(t, s.Path, withKeychain), "session", "one")
	text, err := keyring.Get("com.example.notes", "vault key")
	if key, derr := base64.StdEncoding.DecodeString(text); err != nil || derr != nil || len(key) != 32 {
		t.Errorf("item: %d bytes of text, %v, %v", len(text), err, derr)
	}
}

// P04 and A20: what is broken has its name within the deadline of 3 s, the session lives on in memory, sealed files stay as
// they are, and nothing else is written.
func TestP04_BrokenKeychainIsNamedWithinTheDeadline(t *testing.T) {
	for name, c := range map[string]struct {
		want  error
		says  string
		broke func(t *testing.T)
	}{
		"no bus":              {vault.ErrNoBus, "no D-Bus session bus", func(t *testing.T) { keyringtest.NoBus(t) }},
		"bus switched off":    {vault.ErrNoBus, "no D-Bus session bus", func(t *testing.T) { t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:") }},
		"bus without service": {vault.ErrNoService, "install and start a keyring", func(t *testing.T) { keyringtest.StartBus(t) }},
		"locked":              {vault.ErrLocked, "unlock the keychain", func(t *testing.T) { keyringtest.Start(t).Lock() }},
		"locked, prompt open": {vault.ErrLocked, "nobody answered its prompt", func(t *testing.T) { keyringtest.Start(t).LockWithPrompt() }},
		"service hangs":       {vault.ErrHangs, "does not answer", func(t *testing.T) { keyringtest.StartBus(t).Hang() }},
		"service is stopped": {vault.ErrHangs, "does not answer", func(t *testing.T) {
			k := keyringtest.Start(t)
			k.Freeze()
			t.Cleanup(k.Thaw)
		}},
		"no keyring to keep it in": {vault.ErrNoService, "no keychain service", func(t *testing.T) { keyringtest.Start(t).Forget() }},
	} {
		t.Run(name, func(t *testing.T) {
			dir := sealedElsewhere(t)
			before := everything(t, dir)
			c.broke(t)
			var log bytes.Buffer
			v := openIn(t, dir, func(c *vault.Config) { c.Passphrase, c.Logger = "", slog.New(slog.NewTextHandler(&log, nil)) })

			begin := time.Now()
			mustBeAbsent(t, v, "session")
			if took := time.Since(begin); took > 3*time.Second+busy {
				t.Errorf("it took %v", took)
			}
			s := v.Storage(context.Background())
			if s.Kind != vault.InMemory || !errors.Is(s.Cause, c.want) || !strings.Contains(s.Why, c.says) {
				t.Errorf("storage: %s, %v: %s", s.Kind, s.Cause, s.Why)
			}
			mustSave(t, v, "session", "kept in memory")
			mustLoad(t, v, "session", "kept in memory")
			mustBeFree(t, v)
			if !maps.Equal(before, everything(t, dir)) {
				t.Error("files were touched")
			}
			if n := strings.Count(log.String(), "level=WARN"); n != 1 {
				t.Errorf("%d warnings: %s", n, &log)
			}
		})
	}
}

// busy is what a machine full of other tests may add to a deadline.
const busy = 5 * time.Second

// sealedElsewhere makes a folder with a record whose key is in a keyring that is gone when it returns.
func sealedElsewhere(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "vault")
	key := &memoryKeychain{}
	mustSave(t, openIn(t, dir, func(c *vault.Config) { c.Passphrase, c.Keychain = "", key }), "session", "sealed before")
	return dir
}

func TestP04_DefaultDeadlineIsThreeSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 3 seconds")
	}
	keyringtest.StartBus(t).Hang()
	v := open(t, withKeychain, func(c *vault.Config) { c.KeychainTimeout = 0 })
	begin := time.Now()
	s := v.Storage(context.Background())
	if took := time.Since(begin); took < 2900*time.Millisecond || took > 3*time.Second+busy || !errors.Is(s.Cause, vault.ErrHangs) {
		t.Errorf("%v after %v", s.Cause, took)
	}
}

// dbus-launch leaves a daemon behind for every program that finds no bus: it must not be run.
func TestP04_NoDaemonIsStartedWithoutABus(t *testing.T) {
	for _, file := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(fmt.Sprintf("/run/user/%d/%s", os.Geteuid(), file)); err == nil {
			t.Skip("the session bus of whoever runs the tests would be found, and used")
		}
	}
	bin, ran := t.TempDir(), filepath.Join(t.TempDir(), "ran")
	if err := os.WriteFile(filepath.Join(bin, "dbus-launch"), []byte("#!/bin/sh\ntouch '"+ran+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	for _, address := range []string{"", "autolaunch:"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		if s := open(t, withKeychain).Storage(context.Background()); !errors.Is(s.Cause, vault.ErrNoBus) {
			t.Errorf("%q: %v", address, s.Cause)
		}
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("dbus-launch was run")
	}
}

// A prompt may wait for the person longer than the program does.
func TestKeychainThatAnswersLateIsUsedFromThenOn(t *testing.T) {
	k := keyringtest.Start(t)
	dir := filepath.Join(t.TempDir(), "vault")
	mustSave(t, openIn(t, dir, withKeychain), "session", "one")
	k.Freeze()
	v := openIn(t, dir, withKeychain, impatient)
	mustBeAbsent(t, v, "session")
	if s, err := v.Stamp("session"); err != nil || s != (vault.Stamp{}) {
		t.Error(s, err)
	}
	k.Thaw()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if got, err := v.Load(context.Background(), "session"); err == nil && string(got) == "one" {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("the answer was not noticed: %q, %v", got, err)
		}
	}
}

func TestKeychainThatAnswersLateDoesNotHideWhatIsInMemory(t *testing.T) {
	k := keyringtest.Start(t)
	k.Freeze()
	v := open(t, withKeychain, impatient)
	mustSave(t, v, "session", "in memory")
	k.Thaw()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := keyring.Get("x", "y"); errors.Is(err, keyring.ErrNotFound) {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	mustLoad(t, v, "session", "in memory")
	if s := v.Storage(context.Background()); s.Kind != vault.InMemory {
		t.Errorf("%+v", s)
	}
}

func TestFirstKeyIsMadeOnceByManyProcesses(t *testing.T) {
	keyringtest.Start(t)
	dir := filepath.Join(t.TempDir(), "vault")
	n := processes(t) / 2
	startAll(t, n, "count", dir, "VAULT_TEST_KEYCHAIN=1")
	v := openIn(t, dir, withKeychain)
	if got := numberIn(v.Load(context.Background(), "number")); got != n*countTo {
		t.Errorf("%d of %d", got, n*countTo)
	}
	mustBeWhole(t, dir)
}

func TestKeyThatIsNoLongerInTheKeyringIsNamed(t *testing.T) {
	keyringtest.Start(t)
	v := open(t, withKeychain)
	mustSave(t, v, "session", "one")
	if err := keyring.Delete("com.example.notes", "vault key"); err != nil {
		t.Fatal(err)
	}
	v = openIn(t, v.Storage(context.Background()).Path, withKeychain)
	mustBeDamaged(t, v, "session", "no longer in the keychain")
	mustSave(t, v, "session", "two")
	mustLoad(t, v, "session", "two")
}

func TestItemOfALaterVersionIsNotOverwritten(t *testing.T) {
	keyringtest.Start(t)
	if err := keyring.Set("com.example.notes", "vault key", "v9:whatever"); err != nil {
		t.Fatal(err)
	}
	v := open(t, withKeychain)
	mustSave(t, v, "session", "in memory")
	if s := v.Storage(context.Background()); !errors.Is(s.Cause, vault.ErrForeignKey) || strings.Contains(s.Why, "whatever") {
		t.Errorf("%+v", s)
	}
	if text, err := keyring.Get("com.example.notes", "vault key"); text != "v9:whatever" {
		t.Errorf("the item is %q now, %v", text, err)
	}
}

// BenchmarkOpenFromKeyring is what a start with a session costs: the key from the keyring, and the record.
func BenchmarkOpenFromKeyring(b *testing.B) {
	keyringtest.Start(b)
	v := open(b, withKeychain)
	save(b, v, make([]byte, sessionSize))
	dir := v.Storage(context.Background()).Path
	for b.Loop() {
		if _, err := openIn(b, dir, withKeychain).Load(context.Background(), "session"); err != nil {
			b.Fatal(err)
		}
	}
}
