package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"os"
	"strings"
	"testing"
)

// keysOf are the keys of a vault with a passphrase.
func keysOf(passphrases ...string) *keys {
	return newKeys(Config{AppID: "com.example.notes", Passphrase: passphrases[0], OldPassphrases: passphrases[1:], Logger: slog.New(slog.DiscardHandler)})
}

func sealOne(t testing.TB, k *keys, name string, plain []byte) []byte {
	t.Helper()
	key, err := k.forSealing(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return key.seal(k.service, name, plain)
}

func openOne(k *keys, name string, file []byte) ([]byte, error) {
	h, box, err := parse(file)
	if err != nil {
		return nil, err
	}
	key, err := k.forOpening(context.Background(), h)
	if err != nil {
		return nil, err
	}
	return key.open(h, box, k.service, name)
}

const randomSecret = "q7Rk2VxN0cTz5hLwYb8mJd3EaPfUgS1o"

// A19, A20: whatever is done to a file, the record is as it was saved or is not.
func TestA20_EveryFlippedBitIsNoticed(t *testing.T) {
	k := keysOf(randomSecret)
	file := sealOne(t, k, "session", []byte("a person and two tokens"))
	every := 1
	if testing.Short() {
		every = 13
	}
	for i := 0; i < len(file)*8; i += every {
		file[i/8] ^= 1 << (i % 8)
		if got, err := openOne(k, "session", file); !isDamage(err) {
			t.Fatalf("bit %d: %q, %v", i, got, err)
		}
		file[i/8] ^= 1 << (i % 8)
	}
}

func TestA20_EveryOtherLengthIsNoticed(t *testing.T) {
	k := keysOf(randomSecret)
	file := sealOne(t, k, "session", bytes.Repeat([]byte("x"), 5000))
	for n := range file {
		if _, err := openOne(k, "session", file[:n]); !isDamage(err) {
			t.Fatalf("cut to %d: %v", n, err)
		}
	}
	for _, tail := range [][]byte{{0}, make([]byte, step)} {
		if _, err := openOne(k, "session", append(bytes.Clone(file), tail...)); !isDamage(err) {
			t.Fatalf("longer by %d: %v", len(tail), err)
		}
	}
}

func TestA20_RecordIsBoundToItsNameAppAndKey(t *testing.T) {
	k := keysOf(randomSecret)
	file := sealOne(t, k, "session", []byte("alice"))
	elsewhere := keysOf(randomSecret)
	elsewhere.service = "com.example.other"
	for reason, open := range map[string]func() ([]byte, error){
		"belongs to another record": func() ([]byte, error) { return openOne(k, "attempt", file) },
		"or app":                    func() ([]byte, error) { return openOne(elsewhere, "session", file) },
		"another passphrase":        func() ([]byte, error) { return openOne(keysOf(randomSecret+"2"), "session", file) },
	} {
		if got, err := open(); !isDamage(err) || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %q, %v", reason, got, err)
		}
	}
	if a, b := associated(nil, "ab", "c"), associated(nil, "a", "bc"); bytes.Equal(a, b) {
		t.Error("two pairs of app and name are bound to the same bytes")
	}
}

func TestReasonNamesWhatIsWrongWithAFile(t *testing.T) {
	k := keysOf(randomSecret)
	good := sealOne(t, k, "session", []byte("alice"))
	changed := func(i int, b byte) []byte { f := bytes.Clone(good); f[i] = b; return f }
	for want, file := range map[string][]byte{
		"empty":                            {},
		"not a sealed record":              []byte(`{"refresh_token":"plain"}`),
		"cut short":                        good[:100],
		"larger than any record":           append(bytes.Clone(good), make([]byte, maxFile)...),
		"newer version wrote it (format 2": changed(len(magic), 2),
		"header is damaged":                changed(len(magic)+1, 9),
		"key in the keychain":              changed(len(magic)+1, byte(fromKeychain)),
		"altered":                          changed(len(good)-1, good[len(good)-1]^1),
	} {
		if _, err := openOne(k, "session", file); !isDamage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestSameRecordIsNeverSealedTheSameWay(t *testing.T) {
	k := keysOf(randomSecret)
	seen := map[string]bool{}
	for range 1000 {
		h, _, err := parse(sealOne(t, k, "session", []byte("alice")))
		if err != nil || seen[string(h.nonce[:])] {
			t.Fatal("a nonce was used twice", err)
		}
		seen[string(h.nonce[:])] = true
	}
}

// The vectors stand in docs/vault.md, for whoever writes another reader: "field: value" lines in blocks marked vector.
func TestFormatIsWhatTheDocumentSays(t *testing.T) {
	doc, err := os.ReadFile("../docs/vault.md")
	if err != nil {
		t.Fatal(err)
	}
	vectors := strings.Split(string(doc), "```vector\n")[1:]
	if len(vectors) < 3 {
		t.Fatalf("%d vectors in docs/vault.md", len(vectors))
	}
	for _, text := range vectors {
		text, _, _ = strings.Cut(text, "```")
		v := map[string]string{}
		for line := range strings.Lines(text) {
			field, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			v[field] = value
		}
		t.Run(v["source"], func(t *testing.T) { checkVector(t, v) })
	}
}

func checkVector(t *testing.T, v map[string]string) {
	unhex := func(field string) []byte {
		b, err := hex.DecodeString(v[field])
		if err != nil || len(b) == 0 {
			t.Fatalf("%s: %q, %v", field, v[field], err)
		}
		return b
	}
	d := derivation{source(unhex("source")[0]), salt(unhex("salt")), v["input"]}
	if d.source == fromKeychain {
		d.input = string(unhex("input"))
	}
	key, err := deriveKey(d)
	if err != nil {
		t.Fatal(err)
	}
	h := header{source: d.source, salt: d.salt, keyID: key.id, nonce: [24]byte(unhex("nonce"))}
	file := key.sealWith(h, v["app"], v["name"], []byte(v["record"]))
	sum := sha256.Sum256(file)
	for field, got := range map[string][]byte{"key id": key.id[:], "header": h.bytes(), "first": file[headerSize : headerSize+16],
		"tag": file[len(file)-16:], "sha256": sum[:]} {
		if v[field] != hex.EncodeToString(got) {
			t.Errorf("%s: document %s, here %x", field, v[field], got)
		}
	}
	if plain, err := key.open(h, file[headerSize:], v["app"], v["name"]); err != nil || string(plain) != v["record"] {
		t.Errorf("opened: %q, %v", plain, err)
	}
}

func TestRandomPassphrasesAreToldFromThoughtUpOnes(t *testing.T) {
	for s, random := range map[string]bool{
		"q7Rk2VxN0cTz5hLwYb8mJd3EaPfUgS1o":             true,
		"4f1c7be0a92d83566ef0b1794c28dd3a":             true,
		"550e8400-e29b-41d4-a716-446655440000":         true,
		"mZ4Wv0cJ1kXr9QeT7uYhB2nS5dGfLpAo8iNqRtVwxyE=": true,
		"correct horse battery staple and so on":       false,
		"CorrectHorseBatteryStaple2024ForEver":         false,
		"MyCatLikesToEatFishOnSundays2024":             false,
		"Passwort1Passwort1Passwort1Passwort1":         false,
		"00000000000000000000000000000000":             false,
		"0123456789abcdef0123456789abcdef":             false,
		"deadbeefdeadbeefdeadbeefdeadbeef":             false,
		"abcdefghijklmnopqrstuvwxyzABCDEF0123":         false,
		"change-me-change-me-change-me-change-me":      false,
		"zaq12wsxcde34rfvbgt56yhnmju78ik,":             false,
	} {
		if looksRandom(s) != random {
			t.Errorf("%q: random %v", s, !random)
		}
	}
}

// A drawn secret that is taken for a thought-up one costs a start 50 ms, so it may happen, but seldom.
func TestDrawnPassphrasesAreSeldomMistaken(t *testing.T) {
	const draws = 3000
	mistaken := 0
	for i := range draws {
		sum := sha256.Sum256([]byte{byte(i), byte(i >> 8)}) // drawn, but the same in every run
		if !looksRandom(base64Of(sum[:])) {
			mistaken++
		}
		if !looksRandom(hex.EncodeToString(sum[:])) {
			t.Fatalf("hexadecimal draw %d is taken for words", i)
		}
	}
	if mistaken > draws/100 {
		t.Errorf("%d of %d drawn secrets are taken for words", mistaken, draws)
	}
}

func FuzzOpenRecord(f *testing.F) {
	k := keysOf(randomSecret)
	good := sealOne(f, k, "session", []byte("alice"))
	for _, seed := range [][]byte{nil, good, good[:headerSize], []byte(magic), append([]byte(magic), make([]byte, step-len(magic))...)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := openOne(k, "session", file)
		if err == nil && string(got) != "alice" { // one seed is good
			t.Fatalf("opened what nobody sealed: %q", got)
		}
		if err != nil && !isDamage(err) {
			t.Fatal(err)
		}
	})
}

func TestKeychainItemThatIsNoKeyIsNotTakenForOne(t *testing.T) {
	key := base64Of(make([]byte, masterSize))
	for _, text := range []string{"", " ", "x", key[:40], key + "A", key + " x", "v2:" + key} {
		if m, err := parseMasters(text); err == nil {
			t.Errorf("%q: %d keys", text, len(m))
		} else if text != "" && strings.Contains(err.Error(), text) && strings.TrimSpace(text) != "" && len(text) > 1 {
			t.Errorf("the item is in the message: %v", err)
		}
	}
	if m, err := parseMasters(key + " " + key); err != nil || len(m) != 2 {
		t.Error(m, err)
	}
}

func TestFileNamesComeBackAsNames(t *testing.T) {
	for _, stem := range []string{"", "%", "%4", "%zz", "%61", "A", "a.b", "con", "%2"} {
		if name, ok := nameOf(stem); ok {
			t.Errorf("%q is no file name of ours, and gave %q", stem, name)
		}
	}
}

func base64Of(b []byte) string { return strings.TrimSpace(formatMasters([][]byte{b})) }
