package vault_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/vault"
)

func TestP03_LockFilesAreNeverUnlinked(t *testing.T) {
	v, ctx := open(t), context.Background()
	dir := v.Storage(ctx).Path
	var first [2]os.FileInfo
	for i := range 20 {
		unlock, err := v.Lock(ctx, "refresh")
		if err != nil {
			t.Fatal(err)
		}
		mustSave(t, v, "session", "x")
		if i%3 == 0 {
			v.Update(ctx, "session", remove)
		}
		unlock()
		for j, name := range []string{"refresh.lock", ".lock"} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if first[j] == nil {
				first[j] = info
			}
			if !os.SameFile(first[j], info) {
				t.Fatalf("%s is another file after round %d", name, i)
			}
		}
	}
}

func TestLockExcludesGoroutines(t *testing.T) {
	for kind, change := range map[string]func(*vault.Config){vault.InPassphrase: func(*vault.Config) {}, vault.InMemory: inMemory} {
		t.Run(kind, func(t *testing.T) {
			v := open(t, change)
			v.Storage(context.Background())
			inside := 0 // the race detector is the judge
			lockOften(t, []*vault.Vault{v}, func() { inside++ })
			if inside != 50 {
				t.Error(inside)
			}
		})
	}
}

func TestLockExcludesOtherVaultsOfTheSameProcess(t *testing.T) {
	v := open(t)
	var inside atomic.Int32
	lockOften(t, []*vault.Vault{v, openIn(t, v.Storage(context.Background()).Path)}, func() {
		if inside.Add(1) != 1 {
			t.Error("two have the lock")
		}
		runtime.Gosched()
		inside.Add(-1)
	})
}

func lockOften(t *testing.T, vaults []*vault.Vault, f func()) {
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			unlock, err := vaults[i%len(vaults)].Lock(context.Background(), "refresh")
			if err != nil {
				t.Error(err)
				return
			}
			f()
			unlock()
			unlock() // twice does no harm
		})
	}
	wg.Wait()
}

func TestUpdateWorksWhileTheLockIsHeld(t *testing.T) {
	v := open(t)
	unlock, err := v.Lock(context.Background(), "session")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	mustSave(t, v, "session", "one")
}

func processes(t *testing.T) int {
	if testing.Short() {
		return 8
	}
	return 32
}

func TestProcessesThatUpdateAtOnceLoseNothing(t *testing.T) {
	v := open(t)
	dir := v.Storage(context.Background()).Path
	n := processes(t)
	startAll(t, n, "count", dir)
	mustLoad(t, v, "number", strconv.Itoa(n*countTo))
}

func TestProcessesTakeTurnsUnderTheLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	n := processes(t)
	startAll(t, n, "take turns", dir)
	got, err := os.ReadFile(filepath.Join(filepath.Dir(dir), "number"))
	if err != nil || string(got) != strconv.Itoa(n*countTo) {
		t.Fatalf("%s turns of %d, %v", got, n*countTo, err)
	}
}

func startAll(t *testing.T, n int, role, dir string, env ...string) {
	t.Helper()
	all := make([]*process, n)
	for i := range all {
		all[i] = start(t, role, dir, env...)
	}
	for _, p := range all {
		p.mustEnd(t)
	}
}

func TestA22_LockOfAKilledProcessIsFreeAtOnce(t *testing.T) {
	v := open(t)
	dir := v.Storage(context.Background()).Path
	for role, act := range map[string]func(context.Context) error{
		"hold the lock": func(ctx context.Context) error {
			unlock, err := v.Lock(ctx, "refresh")
			if err == nil {
				unlock()
			}
			return err
		},
		"hold the folder": func(ctx context.Context) error { return v.Update(ctx, "session", put("mine")) },
	} {
		p := start(t, role, dir)
		p.says(t)
		waited := make(chan error, 1)
		go func() { waited <- act(within(t, 20*time.Second)) }()
		p.Process.Kill()
		if err := <-waited; err != nil {
			t.Errorf("%s: %v", role, err)
		}
	}
}

// One that is stopped does not let go. Those who wait can leave at any time, and come back.
func TestA22_WaitingForALockThatIsHeldCanBeCancelled(t *testing.T) {
	v := open(t)
	p := start(t, "hold the lock", v.Storage(context.Background()).Path)
	p.says(t)
	before := runtime.NumGoroutine()
	for range 20 {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
		if _, err := v.Lock(ctx, "refresh"); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		cancel()
	}
	mustFallTo(t, before+1)
	got := make(chan error, 1)
	go func() {
		unlock, err := v.Lock(within(t, 20*time.Second), "refresh")
		if err == nil {
			unlock()
		}
		got <- err
	}()
	p.stdin.Close()
	p.mustEnd(t)
	if err := <-got; err != nil {
		t.Fatal(err)
	}
	mustBeFree(t, v)
}

// A wait that everybody has left must not keep the lock that it gets in the end.
func TestAbandonedWaitLetsTheLockGo(t *testing.T) {
	v := open(t)
	other := openIn(t, v.Storage(context.Background()).Path)
	for range 50 {
		unlock, err := v.Lock(context.Background(), "refresh")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		left := make(chan struct{})
		go func() {
			if unlock, err := other.Lock(ctx, "refresh"); err == nil {
				unlock()
			}
			close(left)
		}()
		go cancel() // at about the moment when the lock comes free
		unlock()
		<-left
		mustBeFree(t, v)
	}
}

func mustBeFree(t *testing.T, v *vault.Vault) {
	t.Helper()
	unlock, err := v.Lock(within(t, 20*time.Second), "refresh")
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestA22_UpdateDoesNotWaitForAStoppedProcessForEver(t *testing.T) {
	defer vault.SetFolderPatience(200 * time.Millisecond)()
	v := open(t)
	mustSave(t, v, "session", "one")
	p := start(t, "hold the folder", v.Storage(context.Background()).Path)
	p.says(t)
	if err := v.Update(context.Background(), "session", put("two")); !errors.Is(err, vault.ErrBusy) {
		t.Errorf("update: %v", err)
	}
	mustLoad(t, v, "session", "one") // reading needs no lock
	p.stdin.Close()
	p.mustEnd(t)
	mustSave(t, v, "session", "two")
}

func ExampleVault_Lock() {
	dir, _ := os.MkdirTemp("", "vault")
	defer os.RemoveAll(dir)
	v, err := vault.New(vault.Config{Dir: filepath.Join(dir, "v"), AppID: "com.example.notes", Passphrase: passphrase})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	unlock, err := v.Lock(ctx, "refresh") // one process at a time goes to the server
	if err != nil {
		fmt.Println(err)
		return
	}
	defer unlock()
	err = v.Update(ctx, "session", func(old []byte) ([]byte, error) { return []byte("renewed"), nil })
	data, _ := v.Load(ctx, "session")
	fmt.Printf("%s %v\n", data, err)
	// Output: renewed <nil>
}
