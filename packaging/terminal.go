package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// terminal lists what the terminal program is made of on one system, for scripts/cli to put beside the program that it builds.
// Who publishes it stands in the example's app.json.
func (j *job) terminal(ctx context.Context) error {
	system, arch, ok := strings.Cut(j.system, "/")
	if !ok || j.version == "" {
		return errors.New("the terminal program needs -system, such as linux/amd64, and -version")
	}
	a := &j.app
	a.Name, a.Package, a.Summary, a.Version = "authkit", "authkit", "AuthKit sign-in in a terminal", j.version
	a.dir = filepath.Join(a.dir, "..", "cmd", "authkit")
	t := target{os: system, arch: arch}
	parts, err := a.goParts(ctx, t)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(j.out, "licenses.txt"), a.licenses(parts), 0o644); err != nil { //nolint:gosec // to be published
		return err
	}
	return j.listParts(t, parts)
}
