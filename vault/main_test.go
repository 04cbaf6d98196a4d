package vault_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/authkit-desktop/authkit/vault"
)

// The test binary is also the other process: with VAULT_TEST_ROLE set it plays that part in the vault of
// VAULT_TEST_DIR and leaves.
func TestMain(m *testing.M) {
	if role := os.Getenv("VAULT_TEST_ROLE"); role != "" {
		playRole(role, os.Getenv("VAULT_TEST_DIR"))
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

var roles = map[string]func(v *vault.Vault){
	"hold the lock":   holdLock,
	"hold the folder": holdFolder,
	"count":           countAlong,
	"take turns":      takeTurns,
	"write for ever":  writeForEver,
	"panic":           panicWithRecord,
}

func playRole(role, dir string) {
	c := config(dir)
	if os.Getenv("VAULT_TEST_KEYCHAIN") != "" {
		c.Passphrase, c.KeychainTimeout = "", time.Minute
	}
	v, err := vault.New(c)
	check(err)
	roles[role](v)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func holdLock(v *vault.Vault) {
	unlock, err := v.Lock(context.Background(), "refresh")
	check(err)
	fmt.Println("held")
	io.Copy(io.Discard, os.Stdin)
	unlock()
}

func holdFolder(v *vault.Vault) {
	check(v.Update(context.Background(), "session", func([]byte) ([]byte, error) {
		fmt.Println("held")
		io.Copy(io.Discard, os.Stdin)
		return nil, vault.ErrUnchanged
	}))
}

const countTo = 20

// countAlong adds to a number that others add to as well.
func countAlong(v *vault.Vault) {
	for range countTo {
		check(v.Update(context.Background(), "number", func(old []byte) ([]byte, error) {
			n, _ := strconv.Atoi(string(old))
			return []byte(strconv.Itoa(n + 1)), nil
		}))
	}
}

// takeTurns adds to a number in a plain file that only the lock protects.
func takeTurns(v *vault.Vault) {
	file := filepath.Join(filepath.Dir(os.Getenv("VAULT_TEST_DIR")), "number")
	for range countTo {
		unlock, err := v.Lock(context.Background(), "refresh")
		check(err)
		old, _ := os.ReadFile(file)
		n, _ := strconv.Atoi(string(old))
		check(os.WriteFile(file, []byte(strconv.Itoa(n+1)), 0o600))
		unlock()
	}
}

// writeForEver saves 1, 2, 3, … in records of changing size and says each number once it is saved.
func writeForEver(v *vault.Vault) {
	for n := numberIn(v.Load(context.Background(), "session")) + 1; ; n++ {
		check(v.Update(context.Background(), "session", put(numbered(n))))
		fmt.Println(n)
	}
}

func numbered(n int) string { return strconv.Itoa(n) + strings.Repeat("-", n*997%9000) }

func numberIn(data []byte, _ error) int {
	n, _ := strconv.Atoi(strings.TrimRight(string(data), "-"))
	return n
}

func panicWithRecord(v *vault.Vault) {
	v.Update(context.Background(), "session", func(old []byte) ([]byte, error) {
		panic(fmt.Sprint("with a record of ", len(old), " bytes in hand"))
	})
}

func config(dir string) vault.Config {
	return vault.Config{Dir: dir, AppID: "com.example.notes", Passphrase: passphrase}
}

// process is another process at work.
type process struct {
	*exec.Cmd
	stdin  io.Closer
	stdout *bufio.Reader
	stderr *bytes.Buffer
}

func start(t testing.TB, role, dir string, env ...string) *process {
	t.Helper()
	p, err := launch(role, dir, env...)
	for try := 1; err != nil && try < 5 && os.Getenv("AUTHKIT_WINE") != ""; try++ {
		p, err = launch(role, dir, env...) // of many that start at once, Wine fails one now and then with an "Internal error."
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Process.Kill(); p.Wait() })
	return p
}

func launch(role, dir string, env ...string) (*process, error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "VAULT_TEST_ROLE="+role, "VAULT_TEST_DIR="+dir, "GORACE=atexit_sleep_ms=0"), env...)
	p := &process{Cmd: cmd, stderr: new(bytes.Buffer)}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.stdin, p.stdout, cmd.Stderr = stdin, bufio.NewReader(stdout), p.stderr
	return p, cmd.Start()
}

// says waits for the process to say something.
func (p *process) says(t testing.TB) string {
	t.Helper()
	line, err := p.stdout.ReadString('\n')
	if err != nil {
		t.Fatalf("the other process said nothing: %v %s", err, p.stderr)
	}
	return strings.TrimSpace(line)
}

func (p *process) mustEnd(t testing.TB) {
	t.Helper()
	io.Copy(io.Discard, p.stdout)
	if err := p.Wait(); err != nil {
		t.Fatalf("the other process: %v %s", err, p.stderr)
	}
}

// within gives a context that ends before the test's patience does.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func mustLoad(t testing.TB, v *vault.Vault, name, want string) {
	t.Helper()
	if got, err := v.Load(context.Background(), name); err != nil || string(got) != want {
		t.Fatalf("record %q: got %.60q, %v, want %.60q", name, got, err, want)
	}
}

func mustSave(t testing.TB, v *vault.Vault, name, data string) {
	t.Helper()
	if err := v.Update(context.Background(), name, put(data)); err != nil {
		t.Fatal(err)
	}
}

// everything returns the names and contents of all files in a folder.
func everything(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(data)
	}
	return files
}
