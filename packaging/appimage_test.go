//go:build linux

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The true runtime cannot be had everywhere. What this kit adds to it is the files behind it, which mksquashfs' own
// counterpart reads.
func TestAppImageHoldsTheAppBehindTheRuntime(t *testing.T) {
	runtime := []byte("\x7fELF\x02\x01\x01\x00AI\x02" + strings.Repeat("\x00", 5000))
	file := filepath.Join(t.TempDir(), "runtime")
	must(t, os.WriteFile(file, runtime, 0o600))
	t.Setenv(runtimeVar, file)
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	image := the(t, packed(t, example), "*.AppImage")
	content, err := os.ReadFile(image)
	must(t, err)
	if info, err := os.Stat(image); err != nil || info.Mode()&0o111 == 0 || !bytes.HasPrefix(content, runtime) {
		t.Fatalf("the image cannot be started: %v", err)
	}
	again, err := os.ReadFile(the(t, packed(t, example), "*.AppImage"))
	must(t, err)
	if !bytes.Equal(content, again) {
		t.Error("the same sources give another image")
	}

	dir, a := filepath.Join(t.TempDir(), "AppDir"), loaded(t, example)
	output(t, "unsquashfs", "-quiet", "-no-progress", "-offset", strconv.Itoa(len(runtime)), "-dest", dir, image)
	if said := output(t, "desktop-file-validate", the(t, dir, "*.desktop")); said != "" {
		t.Error(said)
	}
	entry, err := os.ReadFile(filepath.Join(dir, a.ID+".desktop"))
	must(t, err)
	if !strings.Contains(string(entry), "Exec="+a.Package+" ") || !strings.Contains(string(entry), "x-scheme-handler/"+a.Scheme) {
		t.Errorf("the menu entry is\n%s", entry)
	}
	output(t, filepath.Join(dir, "AppRun")) // anyProgram
	picture, err := os.ReadFile(filepath.Join(dir, ".DirIcon"))
	if err != nil || !bytes.Contains(picture, []byte("<svg")) {
		t.Errorf("the icon is %.40s, %v", picture, err)
	}
}

func TestAnotherFileThanARuntimeMakesNoAppImage(t *testing.T) {
	t.Setenv(runtimeVar, anyProgram)
	out := t.TempDir()
	err := run(t.Context(), []string{"-app", example, "-out", out, "-binary", anyProgram, "linux"})
	if err == nil || !strings.Contains(err.Error(), "no runtime of AppImages") {
		t.Errorf("linux = %v", err)
	}
	if images, _ := filepath.Glob(filepath.Join(out, "*.AppImage")); len(images) > 0 {
		t.Errorf("there is %v", images)
	}
}
