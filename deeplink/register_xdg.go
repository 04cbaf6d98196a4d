//go:build linux || freebsd || netbsd || openbsd || dragonfly

package deeplink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// toolTime bounds update-desktop-database, which reads every entry there is.
const toolTime = 10 * time.Second

func mimeType(scheme string) string { return "x-scheme-handler/" + scheme }

// entryID names our .desktop file. It is not AppID.desktop: that is the app's
// own entry with its icon in the menus, and ours would hide it.
func (c Config) entryID() string { return c.AppID + "-url-" + c.Scheme + ".desktop" }

func register(ctx context.Context, app Config) (changed bool, err error) {
	if kind := packaging(); kind != "" {
		return false, registeredByPackage(app, kind)
	}
	if programAt(app.Executable) == "" {
		return false, fmt.Errorf("the program %q cannot be registered for %s links: %w", app.Executable, app.Scheme, errNoProgram)
	}
	x, err := findXDG()
	if err != nil {
		return false, err
	}
	return x.bring(ctx, func() ([]change, error) { return x.toRegister(app) })
}

func unregister(ctx context.Context, app Config) (changed bool, err error) {
	if packaging() != "" {
		return false, nil // the entry belongs to the package
	}
	x, err := findXDG()
	if err != nil {
		return false, err
	}
	return x.bring(ctx, func() ([]change, error) { return x.toUnregister(app) })
}

// toRegister lists what is missing for the program to be started for links.
func (x xdg) toRegister(app Config) ([]change, error) {
	if x.installerDidIt(app) {
		return nil, nil
	}
	var plan changes
	program, launcher := app.Executable, x.launcher(app)
	if !isPlainWord(program) && isPlainWord(launcher) {
		plan.link(launcher, program)
		program = launcher
	} else {
		plan.remove(launcher)
	}
	entry := desktopEntry{
		name:      app.AppName,
		icon:      app.Icon,
		exec:      quoteExec(append(append([]string{program}, app.Args...), Marker)),
		mimeTypes: []string{mimeType(app.Scheme)},
		owner:     app.AppID,
	}
	plan.edit(x.entryFile(app), func(string) string { return entry.render() })
	for i, list := range x.personalLists() {
		common := i == len(x.personalLists())-1
		plan.edit(list, func(text string) string {
			if !common && len(handlers(text, defaultGroup, mimeType(app.Scheme))) == 0 {
				return text // the desktop's own list has no say in this
			}
			return preferHandler(text, mimeType(app.Scheme), app.entryID())
		})
	}
	return plan.list, plan.err
}

// installerDidIt says whether links start the program already by an entry that
// is not ours, such as one of a deb package.
func (x xdg) installerDidIt(app Config) bool {
	tried := x.tried(mimeType(app.Scheme))
	if len(tried) == 0 {
		return false
	}
	owner := tried[len(tried)-1]
	return owner.id != app.entryID() && owner.program != "" && sameFile(owner.program, app.Executable) && owner.passesLinks()
}

// toUnregister lists what there is of ours.
func (x xdg) toUnregister(app Config) ([]change, error) {
	text, there, err := readIfThere(x.entryFile(app))
	if err != nil {
		return nil, err
	}
	if owner := parseDesktopEntry(text).owner; there && owner != app.AppID {
		return nil, fmt.Errorf("the entry %s is not removed: it belongs to %q, not to this app", x.entryFile(app), owner)
	}
	var plan changes
	plan.remove(x.entryFile(app))
	plan.remove(x.launcher(app))
	for _, list := range append(x.personalLists(), x.listsIn(x.applications())...) {
		plan.edit(list, func(text string) string { return dropHandler(text, mimeType(app.Scheme), app.entryID()) })
	}
	return plan.list, plan.err
}

func (x xdg) entryFile(app Config) string { return filepath.Join(x.applications(), app.entryID()) }

// launcher is a symbolic link to the program for when the program's path has
// spaces, quotes or the like in it. The Exec line could quote these, and that is
// what GLib and KDE read; xdg-open 1.1.3 cuts the line at spaces whatever is
// around them. The link is a path that all of them read.
func (x xdg) launcher(app Config) string {
	return filepath.Join(x.dataHome, "deeplink", app.AppID+"-"+app.Scheme)
}

// bring makes the changes that a plan asks for, under a lock: two apps that
// start at once would otherwise lose one another's line in mimeapps.list.
func (x xdg) bring(ctx context.Context, plan func() ([]change, error)) (changed bool, err error) {
	if needed, err := plan(); err != nil || len(needed) == 0 {
		return false, err // as at nearly every start
	}
	unlock, err := lockFolder(ctx, x.applications())
	if err != nil {
		return false, err
	}
	needed, err := plan() // someone else may have made them meanwhile
	for _, change := range needed {
		if err == nil {
			err = change.make()
			changed = changed || err == nil
		}
	}
	unlock()
	if changed {
		x.updateDatabase(ctx)
	}
	return changed, err
}

// lockFolder locks the folder itself, so that no lock file stays behind. Whoever
// holds it does so for a few writes; if that takes long, something is stuck, and
// going on without the lock is better than not to start.
func lockFolder(ctx context.Context, dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	folder, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for limit := time.Now().Add(2 * time.Second); time.Now().Before(limit); {
		if unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			break
		}
		select {
		case <-ctx.Done():
			folder.Close()
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	return func() { folder.Close() }, nil
}

// updateDatabase has the desktop index its entries. Openers find ours through
// mimeapps.list without that, hence no error.
func (x xdg) updateDatabase(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, toolTime)
	defer cancel()
	_ = exec.CommandContext(ctx, "update-desktop-database", x.applications()).Run()
}

// thisProgram is the path by which this program can be started again.
func thisProgram() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	// In an AppImage we run from a mount point that is gone after us. The
	// variables alone say little: every child of an AppImage inherits them.
	if image, mount := os.Getenv("APPIMAGE"), os.Getenv("APPDIR"); image != "" && isBelow(path, mount) {
		return image, nil
	}
	// Where the path is the one we were started by, it can be our own launcher.
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		return resolved, nil
	}
	// The kernel's mark on a file that was replaced while it ran, as updates
	// and builds do. The new one is at the old path.
	if path, deleted := strings.CutSuffix(path, " (deleted)"); deleted && programAt(path) != "" {
		return path, nil
	}
	return "", errors.New("its file was deleted while it ran")
}

func isBelow(path, dir string) bool {
	return dir != "" && strings.HasPrefix(path, strings.TrimRight(dir, "/")+"/")
}
