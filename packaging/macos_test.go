package main

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"howett.net/plist"
)

// What a Mac does with the bundle can be seen only there. Its layout and its words are the same everywhere.
func TestBundleHasTheLayoutAndTheWordsThatMacOSReads(t *testing.T) {
	out, program := t.TempDir(), filepath.Join(t.TempDir(), "program")
	must(t, os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700)) //nolint:gosec // a program
	must(t, run(t.Context(), []string{"-app", example, "-out", out, "-binary", program, "macos"}))
	a := loaded(t, example)
	contents := filepath.Join(out, a.Name+".app", "Contents")
	for _, path := range []string{"Info.plist", "PkgInfo", "Resources/app.icns", "Resources/licenses.txt"} {
		if info, err := os.Stat(filepath.Join(contents, path)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", path, err)
		}
	}
	var info map[string]any
	read(t, filepath.Join(contents, "Info.plist"), &info)
	for key, want := range map[string]any{
		"CFBundleIdentifier": a.ID, "CFBundleExecutable": a.Package, "CFBundlePackageType": "APPL", "CFBundleShortVersionString": a.Version,
		"LSMinimumSystemVersion": oldestMacOS, "CFBundleIconFile": "app.icns",
		"CFBundleURLTypes": []any{map[string]any{"CFBundleURLName": a.ID, "CFBundleTypeRole": "Viewer", "CFBundleURLSchemes": []any{a.Scheme}}},
	} {
		if !reflect.DeepEqual(info[key], want) {
			t.Errorf("%s is %v, want %v", key, info[key], want)
		}
	}
	started, err := os.Stat(filepath.Join(contents, "MacOS", info["CFBundleExecutable"].(string)))
	if err != nil || started.Mode()&0o111 == 0 {
		t.Errorf("the program cannot be started: %v", err)
	}
}

// Each entitlement is a hole in the hardened runtime, and none is needed.
func TestHardenedRuntimeHasNoExceptions(t *testing.T) {
	var entitlements map[string]any
	read(t, "templates/macos/entitlements.plist", &entitlements)
	if len(entitlements) > 0 {
		t.Errorf("the app is let do %v", entitlements)
	}
}

func read(t *testing.T, file string, into any) {
	t.Helper()
	content, err := os.ReadFile(file)
	must(t, err)
	if _, err := plist.Unmarshal(content, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
