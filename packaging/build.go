package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// target is a system that the app is built for.
type target struct{ os, arch, tags, ldflags string }

// The tag gtk3 chooses the GTK that Debian 12 and Ubuntu 22.04 have, too.
var (
	linuxTarget   = target{"linux", "amd64", "gtk3,production", ""}
	windowsTarget = target{"windows", "amd64", "production", " -H windowsgui"}
)

var macosTargets = []target{{"darwin", "arm64", "production", ""}, {"darwin", "amd64", "production", ""}}

// env builds with cgo where the app's window is made of the system's own C libraries. What has no window has no tags.
func (t target) env() []string {
	cgo := "1"
	if t.os == "windows" || t.tags == "" {
		cgo = "0"
	}
	env := append(os.Environ(), "GOOS="+t.os, "GOARCH="+t.arch, "CGO_ENABLED="+cgo, "GOFLAGS=-buildvcs=false", "GOWORK=off")
	if t.os == "darwin" {
		oldest := "-mmacosx-version-min=" + oldestMacOS
		env = append(env, "CGO_CFLAGS=-O2 "+oldest, "CGO_LDFLAGS="+oldest)
	}
	return env
}

func (t target) String() string { return t.os + "-" + t.arch }

// program puts the app's program at path: the one that is given, or one that is built here. Neither folder names nor dates
// get into it. The licenses of its parts are laid over the page for this one build, so that the app can show them and no file
// of the sources changes.
func (j *job) program(ctx context.Context, t target, path string, licenses []byte) error {
	if j.binary != "" {
		content, err := os.ReadFile(j.binary)
		if err != nil {
			return err
		}
		return os.WriteFile(path, content, 0o755) //nolint:gosec // a program
	}
	page := filepath.Join(j.app.dir, "frontend", "dist")
	if _, err := os.Stat(filepath.Join(page, "index.html")); err != nil {
		return fmt.Errorf("the page is not built; scripts/package does it, or npm run build in the folder frontend: %w", err)
	}
	temp, err := os.MkdirTemp("", "packaging")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	text, overlay := filepath.Join(temp, "licenses.txt"), filepath.Join(temp, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(page, "licenses.txt"): text}})
	if err != nil {
		return err
	}
	for file, content := range map[string][]byte{text: licenses, overlay: replace} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			return err
		}
	}
	_, err = command(ctx, j.app.dir, t.env(), "go", "build", "-trimpath", "-overlay", overlay, "-tags", t.tags,
		"-ldflags", "-s -w -buildid="+t.ldflags, "-o", path, ".")
	return err
}

// command runs a program to its end and gives what it printed; what it complained about is in the error.
func command(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out, &complaints)
	}
	return out, nil
}
