//go:build linux || freebsd || netbsd || openbsd || dragonfly

package deeplink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func inspect(_ context.Context, app Config) (Status, error) {
	if kind := packaging(); kind != "" {
		return inspectPackage(app, kind), nil
	}
	x, err := findXDG()
	if err != nil {
		return Status{}, err
	}
	tried := x.tried(mimeType(app.Scheme))
	if len(tried) == 0 {
		return Status{
			Environment: environment(),
			Problem:     "no program is registered for " + app.Scheme + " links, so they go nowhere",
			Fix:         fixByRegistering,
		}, nil
	}
	owner := tried[len(tried)-1]
	if owner.program == "" {
		owner = tried[0] // nobody can be started: the first is who should have been
	}
	status := Status{
		Owner:       owner.name,
		OwnerPath:   owner.path(),
		Ours:        owner.isOf(app),
		Environment: environment(),
	}
	status.Problem, status.Fix = x.obstacle(app, owner, tried)
	status.Delivers = status.Problem == ""
	return status, nil
}

func (c candidate) path() string {
	switch {
	case c.program != "":
		return c.program
	case len(c.words) > 0:
		return c.words[0]
	}
	return c.file
}

func (c candidate) isOf(app Config) bool {
	return c.id == app.entryID() && c.owner == app.AppID || c.program != "" && sameFile(c.program, app.Executable)
}

// passesLinks says whether FromArgs would find the link in what the entry starts.
func (c candidate) passesLinks() bool {
	last := len(c.words) - 1
	return c.urlAt == last && last > 0 && (last == 1 || c.words[last-1] == Marker)
}

// obstacle says why a link would not reach the program. Both texts are empty
// when it would.
func (x xdg) obstacle(app Config, owner candidate, tried []candidate) (problem, fix string) {
	switch {
	case owner.program == "" && owner.isOf(app):
		return fmt.Sprintf("the entry for %s links starts %s, but %v", app.Scheme, owner.path(), errNoProgram), fixByRegistering
	case !owner.isOf(app):
		problem = fmt.Sprintf("%s links go to %s (%s)", app.Scheme, owner.name, owner.path())
		if slices.ContainsFunc(tried, func(c candidate) bool { return c.program == "" && c.isOf(app) }) {
			problem += ", because the program in this app's own entry is gone"
		}
		return problem, fixByRegistering + ", which makes the app the default; or remove the other program"
	case !sameFile(owner.program, app.Executable):
		return fmt.Sprintf("%s links start another copy of the app, %s", app.Scheme, owner.program), fixByRegistering
	case !owner.passesLinks():
		return fmt.Sprintf("the entry %s starts the app without the link", owner.file),
			"put " + Marker + " %u at the end of its Exec line, or remove it and start the app once"
	case environment() == "wsl":
		return "the browser of Windows cannot start a program inside WSL",
			"use a loopback redirect (http://127.0.0.1/callback); links that are opened inside WSL do arrive"
	}
	return x.openerObstacle(owner)
}

// openerObstacle looks at what lies between the browser and the entry.
func (x xdg) openerObstacle(owner candidate) (problem, fix string) {
	_, noXDGOpen := exec.LookPath("xdg-open")
	_, noGIO := exec.LookPath("gio")
	switch {
	case noXDGOpen != nil && noGIO != nil:
		return "neither xdg-open nor gio is installed, so browsers cannot start programs", "install the package xdg-utils"
	case len(x.desktops) == 0 && (!isPlainWord(x.dataHome) || strings.ContainsAny(owner.exec, `"'\`)):
		return "XDG_CURRENT_DESKTOP is empty, and without a desktop older versions of xdg-open cannot read the quotes and spaces in " + owner.file,
			"keep spaces and the like out of the app's arguments and of XDG_DATA_HOME, or use a loopback redirect"
	}
	return "", ""
}

// environment names what the program runs in, where that decides how links work.
func environment() string {
	if kind := packaging(); kind != "" {
		return kind
	}
	path, _ := os.Executable()
	if os.Getenv("APPIMAGE") != "" && isBelow(path, os.Getenv("APPDIR")) {
		return "appimage"
	}
	release, _ := os.ReadFile(filepath.Join(root, "proc/sys/kernel/osrelease"))
	if os.Getenv("WSL_DISTRO_NAME") != "" || strings.Contains(strings.ToLower(string(release)), "microsoft") {
		return "wsl"
	}
	return ""
}

// root is where the file system begins; elsewhere in tests.
var root = "/"

// packaging names the sandbox that the program is in, if it is one that keeps
// programs from writing to the desktop.
func packaging() string {
	// This file is there inside a flatpak and nowhere else.
	if _, err := os.Stat(filepath.Join(root, ".flatpak-info")); err == nil {
		return "flatpak"
	}
	// Programs that a snap starts inherit its variables; only those inside are in it.
	if path, err := os.Executable(); err == nil && os.Getenv("SNAP_NAME") != "" && isBelow(path, os.Getenv("SNAP")) {
		return "snap"
	}
	return ""
}

// packageEntries is where a package's .desktop files are, seen from inside.
func packageEntries(kind string) string {
	if kind == "snap" {
		return filepath.Join(os.Getenv("SNAP"), "meta/gui")
	}
	return filepath.Join(root, "app/share/applications")
}

// inspectPackage reads what the package declares. Who the default is lies
// outside of the sandbox and cannot be seen.
func inspectPackage(app Config, kind string) Status {
	files, _ := filepath.Glob(filepath.Join(packageEntries(kind), "*.desktop"))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		c := readCandidate(filepath.Base(file), file, string(text))
		if slices.Contains(c.mimeTypes, mimeType(app.Scheme)) && c.urlAt >= 0 {
			return Status{Owner: c.name, OwnerPath: file, Ours: true, Delivers: true, Environment: kind,
				Problem: "from inside a " + kind + " it cannot be seen whether another program is the default for " + app.Scheme + " links",
				Fix:     "outside, ask: xdg-mime query default " + mimeType(app.Scheme)}
		}
	}
	return Status{Environment: kind,
		Problem: fmt.Sprintf("a %s cannot register URL schemes at run time, and no .desktop file in %s declares %s", kind, packageEntries(kind), app.Scheme),
		Fix:     fmt.Sprintf("in the package's .desktop file put MimeType=%s; and end the Exec line with %s %%u", mimeType(app.Scheme), Marker)}
}

// registeredByPackage is nil when there is nothing for Register to do.
func registeredByPackage(app Config, kind string) error {
	status := inspectPackage(app, kind)
	if status.Delivers {
		return nil
	}
	return errors.New(status.Problem + "; " + status.Fix)
}
