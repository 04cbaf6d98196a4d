package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What is saved in a folder of Go code builds the app again; what a build or a test leaves behind does not.
func TestSavedGoCodeIsNoticedAndNothingElse(t *testing.T) {
	root := t.TempDir()
	save := func(name string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(time.Now().String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save("bridge/bridge.go")
	before, err := latest(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bridge/bridge_test.go", "README.md", ".cache/go/x.go", "example/frontend/node_modules/x/x.go",
		"example/frontend/dist/x.go", "bin/x.go"} {
		save(name)
		if now, err := latest(root); err != nil || now != before {
			t.Errorf("%s would build the app again (%v)", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	noticed, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		ended <- watch(ctx, root, func() {
			select {
			case noticed <- struct{}{}:
			default:
			}
		})
	}()
	save("bridge/new.go")
	for saved := 0; ; saved++ { // once more where the first was there before the watching began
		select {
		case <-noticed:
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			return
		case <-time.After(2 * time.Second):
			if saved == 10 {
				t.Fatal("nobody noticed that Go code was saved")
			}
			save("bridge/new.go")
		}
	}
}
