// Program packaging makes what people install: packages for Linux, an installer for Windows, a bundle for macOS. All of it
// is generated from one file of the app, app.json, and from one picture.
//
//	go run . [-app FOLDER] [-out FOLDER] [-binary FILE] linux | windows | macos | icon | checksums
//	go run . -system OS/ARCH -version VERSION [-out FOLDER] terminal
//
//	linux      a .deb, an .rpm, a .tar.gz with an install script, an AppImage where its runtime is given, and the list of what is inside
//	windows    an installer for one person or for all of a machine, signed where a key is given, and the list
//	macos      a bundle, for scripts/package-macos to sign and to put on a disk image, and the list
//	icon       icon.png in the app's folder, which its windows show
//	checksums  SHA256SUMS of everything in the output folder
//	terminal   the licenses and the list of what is in the terminal program, which scripts/cli builds
//
// The page must have been built; scripts/package does that first. Two runs on the same commit give the same bytes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "packaging:", err)
		os.Exit(1)
	}
}

// job is one run of the program.
type job struct {
	app    app
	out    string // where results go
	binary string // a program that is built already; empty: it is built here

	system, version string // of the terminal program
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("packaging", flag.ContinueOnError)
	folder := flags.String("app", "../example", "the app's `folder`, the one with app.json")
	out := flags.String("out", "../dist", "the `folder` that results go to")
	binary := flags.String("binary", "", "a program that is built already; without it, the app is built")
	system := flags.String("system", "", "the terminal program's `system`, such as linux/amd64")
	version := flags.String("version", "", "the terminal program's version")
	if err := flags.Parse(args); err != nil {
		return err
	}
	commands := map[string]func(*job, context.Context) error{
		"linux": (*job).linux, "windows": (*job).windows, "macos": (*job).macos, "icon": (*job).icon, "checksums": (*job).checksums,
		"terminal": (*job).terminal,
	}
	command := commands[flags.Arg(0)]
	if command == nil || flags.NArg() != 1 {
		flags.Usage()
		return errors.New("say what to make: linux, windows, macos, icon, checksums or terminal")
	}
	app, err := load(ctx, *folder)
	if err != nil {
		return err
	}
	j := &job{app: app, binary: *binary, system: *system, version: *version}
	if j.out, err = filepath.Abs(*out); err != nil {
		return err
	}
	if err := os.MkdirAll(j.out, 0o755); err != nil { //nolint:gosec // what is published may be read
		return err
	}
	return command(j, ctx)
}

// made tells the person what there is now.
func (j *job) made(name string) error {
	info, err := os.Stat(filepath.Join(j.out, name))
	if err == nil {
		fmt.Printf("%10d bytes  %s\n", info.Size(), filepath.Join(j.out, name))
	}
	return err
}
