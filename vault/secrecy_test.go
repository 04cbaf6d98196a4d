package vault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authkit-desktop/authkit/vault"
)

const secret = "refresh-token-that-nobody-may-see"

// P05: for every place that a record can be in, no file has a trace of it, not even for a moment.
func TestP05_NothingReadableIsEverOnTheDisk(t *testing.T) {
	for kind, change := range map[string]func(*vault.Config){
		vault.InPassphrase: func(*vault.Config) {},
		vault.InKeychain:   func(c *vault.Config) { c.Passphrase, c.Keychain = "", &memoryKeychain{} },
		vault.InMemory:     inMemory,
	} {
		v := open(t, change)
		s := v.Storage(context.Background())
		if s.Kind != kind || s.Why == "" || (s.Path == "") != (kind == vault.InMemory) {
			t.Errorf("%s: storage: %+v", kind, s)
		}
		for range 3 {
			mustSave(t, v, "session", secret)
			for name, data := range everything(t, s.Path) {
				if s.Path != "" && strings.Contains(data, secret[:8]) {
					t.Errorf("%s: %s has it", kind, name)
				}
			}
		}
	}
}

func TestP05_InMemoryNoFileIsWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	v := openIn(t, dir, inMemory)
	mustSave(t, v, "session", secret)
	mustBeFree(t, v)
	if files := everything(t, dir); len(files) > 0 {
		t.Errorf("written: %d files", len(files))
	}
}

// P06, A17: no verb, no encoding, no log line and no crash shows a passphrase, a key or a record.
func TestP06_NoSecretIsShown(t *testing.T) {
	var log bytes.Buffer
	c := config(filepath.Join(t.TempDir(), "vault"))
	c.OldPassphrases = []string{"the-old-" + passphrase}
	c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	v, err := vault.New(c)
	if err != nil {
		t.Fatal(err)
	}
	mustSave(t, v, "session", secret)
	for _, x := range []any{c, &c, v, struct{ C vault.Config }{c}, []vault.Config{c}, v.Storage(context.Background())} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
			mustNotShow(t, verb, fmt.Sprintf(verb, x))
		}
		encoded, _ := json.Marshal(x)
		mustNotShow(t, "JSON", string(encoded))
		c.Logger.Info("x", "x", x)
	}
	os.WriteFile(sealedFile(v), []byte("junk"), 0o600)
	_, err = v.Load(context.Background(), "session")
	mustNotShow(t, "error", fmt.Sprintf("%+v %#v", err, err))
	mustNotShow(t, "log", log.String())
}

func mustNotShow(t *testing.T, where, text string) {
	t.Helper()
	for _, s := range []string{passphrase, secret} {
		if strings.Contains(text, s) || strings.Contains(text, fmt.Sprintf("%x", s)) {
			t.Errorf("%s shows a secret: %s", where, text)
		}
	}
}

func TestA17_CrashShowsNoRecord(t *testing.T) {
	v := open(t)
	mustSave(t, v, "session", secret)
	p := start(t, "panic", filepath.Dir(sealedFile(v)), "GOTRACEBACK=all")
	if err := p.Wait(); err == nil {
		t.Fatal("it did not crash")
	}
	if !strings.Contains(p.stderr.String(), "bytes in hand") {
		t.Fatalf("it crashed elsewhere: %s", p.stderr)
	}
	mustNotShow(t, "crash", p.stderr.String())
}

func TestWeakPassphraseIsWarnedOfOnceAndScryptRunsOnce(t *testing.T) {
	var log bytes.Buffer
	dir := filepath.Join(t.TempDir(), "vault")
	weak := func(c *vault.Config) {
		c.Passphrase, c.Logger = "correct horse battery staple and so on", slog.New(slog.NewTextHandler(&log, nil))
	}
	v := openIn(t, dir, weak)
	for _, name := range []string{"session", "other", "third"} {
		mustSave(t, v, name, name)
	}
	if n := strings.Count(log.String(), "openssl rand -base64 32"); n != 1 {
		t.Errorf("%d warnings: %s", n, &log)
	}
	if strings.Contains(log.String(), "correct horse") {
		t.Error("the passphrase is in the log")
	}
	if n := v.KeysDerived(); n != 1 {
		t.Errorf("%d keys were derived", n)
	}
	next := openIn(t, dir, weak)
	for _, name := range []string{"session", "other", "third"} {
		mustLoad(t, next, name, name)
		mustSave(t, next, name, "again")
	}
	if n := next.KeysDerived(); n != 1 {
		t.Errorf("%d keys were derived for files of one folder", n)
	}
}
