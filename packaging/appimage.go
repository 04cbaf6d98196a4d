package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// runtimeVar names a file: the program that goes before the files of an AppImage, and mounts them when it is started. Neither
// Debian nor a registry of packages has it; docs/packaging.md says where it is. Without it no AppImage is made.
const runtimeVar = "APPIMAGE_RUNTIME"

// appImage makes the app one file that runs where it lies: github.com/AppImage/AppImageSpec. It needs the system's GTK and
// WebKitGTK.
func (j *job) appImage(ctx context.Context, tree string) error {
	if os.Getenv(runtimeVar) == "" {
		return nil
	}
	runtime, err := os.ReadFile(os.Getenv(runtimeVar))
	if err != nil {
		return fmt.Errorf("%s has to name the runtime of AppImages: %w", runtimeVar, err)
	}
	if len(runtime) < 11 || string(runtime[8:11]) != "AI\x02" {
		return fmt.Errorf("%s is no runtime of AppImages of type 2, so nothing would start; docs/packaging.md says where to get one", os.Getenv(runtimeVar))
	}
	temp, err := os.MkdirTemp("", "packaging")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	id, packed := j.app.ID, filepath.Join(temp, "packed")
	entry, err := os.ReadFile(filepath.Join(tree, "usr", "share", "applications", id+".desktop"))
	if err != nil {
		return err
	}
	icon, err := j.app.svg()
	if err != nil {
		return err
	}
	err = errors.Join(
		os.Symlink("usr/bin/"+j.app.Package, filepath.Join(temp, "AppRun")),
		os.Symlink(id+".svg", filepath.Join(temp, ".DirIcon")),
		os.WriteFile(filepath.Join(temp, id+".desktop"), bytes.ReplaceAll(entry, []byte("=/usr/bin/"), []byte("=")), 0o644), //nolint:gosec // as installed
		os.WriteFile(filepath.Join(temp, id+".svg"), icon, 0o644),                                                           //nolint:gosec // as installed
	)
	if err != nil {
		return err
	}
	seconds := strconv.FormatInt(j.app.date.Unix(), 10)
	// The runtime unpacks zstd, too. mksquashfs takes dates from its arguments or from SOURCE_DATE_EPOCH, and stops where it has both.
	_, err = command(ctx, temp, nil, "env", "--unset=SOURCE_DATE_EPOCH", "mksquashfs", filepath.Join(tree, "usr"),
		"AppRun", ".DirIcon", id+".desktop", id+".svg", packed,
		"-comp", "zstd", "-noappend", "-all-root", "-root-mode", "755", "-no-xattrs", "-mkfs-time", seconds, "-all-time", seconds, "-quiet", "-no-progress")
	if err != nil {
		return err
	}
	return j.join(fmt.Sprintf("%s-%s-x86_64.AppImage", j.app.Package, j.app.Version), runtime, packed)
}

// join writes a program, and behind it the content of a file.
func (j *job) join(name string, program []byte, behind string) error {
	content, err := os.Open(behind)
	if err != nil {
		return err
	}
	defer content.Close()
	whole, err := os.OpenFile(filepath.Join(j.out, name), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755) //nolint:gosec // a program, to be published
	if err != nil {
		return err
	}
	_, err = io.Copy(whole, io.MultiReader(bytes.NewReader(program), content))
	if err := errors.Join(err, whole.Close()); err != nil {
		return err
	}
	return j.made(name)
}
