// Package deeplink makes this program the one that the system starts for links
// of a URL scheme, and tells whether it would be.
//
//	config := deeplink.Config{Scheme: "com.example.notes", AppID: "com.example.notes", AppName: "Notes"}
//	changed, err := deeplink.Register(ctx, config)  // at every start: it writes only what is missing
//	status, err := deeplink.Inspect(ctx, config)    // who gets the links, and what is in the way
//	link, ok := deeplink.FromArgs(os.Args[1:], config.Scheme)
//
// Everything is done for the current person, without administrator rights and
// without an installer, and only with entries of this program's own.
//
// # Linux and the BSDs
//
// A .desktop entry in the XDG data folder with the MIME type
// x-scheme-handler/SCHEME, and its name in front of the person's mimeapps.list.
// The former default stays in the list behind it and is the default again after
// Unregister. No tool is needed; update-desktop-database is run where there is
// one. Snaps and flatpaks declare their schemes in the package: there Register
// only checks.
//
// # Windows
//
// The key HKEY_CURRENT_USER\Software\Classes\SCHEME. A key that another program
// made is left alone, with an error that names the program.
//
// # macOS
//
// Only app bundles can have schemes, and only those in their Info.plist: Register
// checks that, and has Launch Services read the bundle again.
//
// # What it does not do
//
// It cannot keep other programs from registering the same scheme, before or
// after. A link may come from anyone: check all of it.
package deeplink

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Config says which scheme is to start which program. Register, Unregister and
// Inspect want the same one.
type Config struct {
	// Scheme is the URL scheme without a colon; see CheckScheme. Required.
	Scheme string

	// AppID names the app's own entries: letters, digits, dots, hyphens and
	// underscores. Required. Two programs with the same AppID are one app.
	AppID string

	// AppName is what people know the app by. Empty means AppID.
	AppName string

	// Executable is the absolute path of the program to start. Empty means this
	// program; in an AppImage, the image.
	Executable string

	// Args come before Marker and the URL on the command line.
	Args []string

	// Icon is the absolute path of an icon, or on Linux also a name in the
	// person's icon theme. Empty means the program's own on Windows and none on
	// Linux.
	Icon string
}

// Status says what happens to a link of the scheme on this machine.
type Status struct {
	Owner     string // name of the program that links go to; empty when there is none
	OwnerPath string // its path, or its entry's where it has none
	Ours      bool   // that is this app
	Delivers  bool   // a link would reach the program of the Config

	// Problem says why not, and Fix what to do about it: two clauses without a
	// full stop, for a message to the person or a log. Problem can also be a
	// caution where Delivers is true.
	Problem, Fix string

	// Environment is "appimage", "snap", "flatpak", "wsl" or "bundle" where that
	// decides how schemes work, otherwise empty.
	Environment string
}

// Register makes the program the one that is started for links, and says whether
// anything had to be changed for it. Calling it at every start is cheap, and
// follows a program that was moved.
//
// The error says why the links will not arrive; Inspect tells it in more detail.
// It wraps errors.ErrUnsupported where the system has no such thing.
func Register(ctx context.Context, config Config) (changed bool, err error) {
	app, err := config.complete()
	if err != nil {
		return false, err
	}
	return register(ctx, app)
}

// Unregister removes what Register made, and nothing else. It says whether there
// was anything.
func Unregister(ctx context.Context, config Config) (changed bool, err error) {
	app, err := config.complete()
	if err != nil {
		return false, err
	}
	return unregister(ctx, app)
}

// Inspect says who gets the links and whether this program would. It changes
// nothing. The error means that this could not be found out.
func Inspect(ctx context.Context, config Config) (Status, error) {
	app, err := config.complete()
	if err != nil {
		return Status{}, err
	}
	return inspect(ctx, app)
}

// complete returns the config with its blanks filled in, or says what is wrong
// with it. Nothing reaches a file or the registry without having been here.
func (c Config) complete() (Config, error) {
	if err := CheckScheme(c.Scheme); err != nil {
		return c, err
	}
	if err := checkAppID(c.AppID); err != nil {
		return c, err
	}
	if c.AppName == "" {
		c.AppName = c.AppID
	}
	for _, text := range append([]string{c.AppName, c.Icon}, c.Args...) {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return c, fmt.Errorf("the name, icon or argument %q has characters that cannot be written to the system's entries", text)
		}
	}
	if slices.Contains(c.Args, Marker) {
		return c, fmt.Errorf("the arguments contain %s, which Register puts before the link itself: leave it out", Marker)
	}
	if c.Executable == "" {
		program, err := thisProgram()
		if err != nil {
			return c, fmt.Errorf("this program's own path is not known, so no link can start it: %w", err)
		}
		c.Executable = program
	}
	if !filepath.IsAbs(c.Executable) || strings.ContainsRune(c.Executable, 0) {
		return c, fmt.Errorf("the program %q cannot be registered: its path has to be absolute", c.Executable)
	}
	return c, nil
}

func checkAppID(id string) error {
	if id == "" || len(id) > 128 || id[0] == '.' || id[0] == '-' {
		return fmt.Errorf("the app id %q cannot name an entry: give one such as com.example.notes", id)
	}
	for _, c := range []byte(id) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_') {
			return fmt.Errorf("the app id %q cannot name an entry: only letters, digits, dots, hyphens and underscores can be in it", id)
		}
	}
	return nil
}
