//go:build !darwin

package deeplink

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

const patience = 30 * time.Second // a bound for what should take milliseconds

// recordDir names the folder in which a program that is started for a link
// writes down its arguments.
const recordDir = "DEEPLINK_TEST_RECORDS"

// TestMain is also the program that links start.
func TestMain(m *testing.M) {
	dir := os.Getenv(recordDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	data, err := json.Marshal(os.Args[1:])
	if err == nil {
		err = writeRecord(dir, data)
	}
	if err != nil {
		panic(err)
	}
	os.Exit(0)
}

func writeRecord(dir string, data []byte) error {
	file, err := os.CreateTemp(dir, "unfinished-*")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), filepath.Join(dir, "start-"+filepath.Base(file.Name())))
}

// records makes this test program write down its arguments when it is started
// from here on.
func records(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Setenv(recordDir, dir)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // or each start takes a second longer under -race
	return dir
}

// starts waits for a number of starts and returns the arguments of each.
func starts(t *testing.T, dir string, count int) [][]string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(dir, "start-*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) < count && time.Now().Before(deadline) {
			continue
		}
		var all [][]string
		for _, file := range files {
			var args []string
			data, err := os.ReadFile(file)
			if err = errors.Join(err, json.Unmarshal(data, &args)); err != nil {
				t.Fatal(err)
			}
			all = append(all, args)
		}
		if len(all) != count {
			t.Fatalf("the program was started %d times, want %d", len(all), count)
		}
		return all
	}
}

// started waits for one start and checks its arguments.
func started(t *testing.T, dir string, want ...string) {
	t.Helper()
	if got := starts(t, dir, 1)[0]; !slices.Equal(got, want) {
		t.Errorf("the program got %q, want %q", got, want)
	}
}

// installed puts this test program at a path of its own.
func installed(t *testing.T, folder, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), folder, name)
	put := os.Link
	if runtime.GOOS == "windows" {
		put = copyFile // a running program's other names cannot be removed there
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), put(self, path)); err != nil {
		t.Fatal(err)
	}
	return path
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	return errors.Join(err, os.WriteFile(to, data, 0o755))
}
