package deeplink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Launch Services has no interface for programs without cgo but this tool.
const lsregister = "/System/Library/Frameworks/CoreServices.framework/Frameworks/LaunchServices.framework/Support/lsregister"

// toolTime bounds the system's tools.
const toolTime = 20 * time.Second

func thisProgram() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

// register has Launch Services read the bundle again, which it otherwise does
// when the app is first opened or moved in the Finder.
func register(ctx context.Context, app Config) (changed bool, err error) {
	before, err := inspect(ctx, app)
	if err != nil || before.Delivers {
		return false, err
	}
	bundle, problem, fix := declaringBundle(ctx, app)
	if problem != "" {
		return false, errors.New(problem + "; " + fix)
	}
	if _, err := run(ctx, lsregister, "-f", bundle); err != nil {
		return false, fmt.Errorf("macOS does not register the bundle %s for %s links: %w", bundle, app.Scheme, err)
	}
	after, err := inspect(ctx, app)
	if err != nil || after.Delivers {
		return after.Delivers, err
	}
	return false, errors.New(after.Problem + "; " + after.Fix)
}

// unregister takes the bundle out of Launch Services, until it is next opened.
func unregister(ctx context.Context, app Config) (changed bool, err error) {
	status, err := inspect(ctx, app)
	if err != nil || !status.Ours {
		return false, err
	}
	if _, err := run(ctx, lsregister, "-u", status.OwnerPath); err != nil {
		return false, fmt.Errorf("macOS does not take back the bundle %s: %w", status.OwnerPath, err)
	}
	return true, nil
}

func inspect(ctx context.Context, app Config) (Status, error) {
	bundle, problem, fix := declaringBundle(ctx, app)
	status := Status{Problem: problem, Fix: fix}
	if bundle != "" {
		status.Environment = "bundle"
	}
	owner, err := ownerOf(ctx, app.Scheme)
	if err != nil {
		return status, fmt.Errorf("it cannot be found out who owns %s links: %w", app.Scheme, err)
	}
	if owner != "" {
		status.Owner = strings.TrimSuffix(filepath.Base(owner), ".app")
		status.OwnerPath = owner
	}
	status.Ours = bundle != "" && sameFile(owner, bundle)
	switch {
	case problem != "":
	case owner == "":
		status.Problem, status.Fix = "no app is registered for "+app.Scheme+" links, so they go nowhere", "open the app from the Finder once, or call Register"
	case !status.Ours:
		status.Problem = fmt.Sprintf("%s links go to %s (%s)", app.Scheme, status.Owner, owner)
		status.Fix = "remove the other app, or the other copy of this one, and open this app once"
	}
	status.Delivers = status.Problem == ""
	return status, nil
}

// declaringBundle finds the program's bundle and checks that it declares the
// scheme. problem is empty when it does.
func declaringBundle(ctx context.Context, app Config) (bundle, problem, fix string) {
	bundle, ok := bundleOf(app.Executable)
	if !ok {
		return "", fmt.Sprintf("%s is not inside an app bundle, and macOS gives links to nothing else", app.Executable),
			"build an .app, or use a loopback redirect (http://127.0.0.1/callback)"
	}
	if strings.Contains(bundle, "/AppTranslocation/") {
		return bundle, "macOS runs the app from a temporary place, as it does with a download that was not moved",
			"move the app to the Applications folder and open it there"
	}
	file := filepath.Join(bundle, "Contents/Info.plist")
	plist, err := os.ReadFile(file)
	if bytes.HasPrefix(plist, []byte("bplist")) {
		plist, err = run(ctx, "/usr/bin/plutil", "-convert", "xml1", "-o", "-", file)
	}
	schemes, parseErr := plistSchemes(plist)
	switch {
	case err != nil || parseErr != nil:
		return bundle, fmt.Sprintf("the app's %s cannot be read: %v", file, errors.Join(err, parseErr)), "build the app bundle anew"
	case !slices.Contains(schemes, app.Scheme):
		return bundle, fmt.Sprintf("the app bundle %s does not declare %s links", bundle, app.Scheme), plistAdvice(app)
	}
	return bundle, "", ""
}

// ownerScript asks the system which app opens a link. The scheme is an argument
// of the script, not part of its text.
const ownerScript = `
ObjC.import("AppKit");
function run(args) {
	const link = $.NSURL.URLWithString(args[0] + "://");
	const app = $.NSWorkspace.sharedWorkspace.URLForApplicationToOpenURL(link);
	return app.isNil() ? "" : ObjC.unwrap(app.path);
}`

func ownerOf(ctx context.Context, scheme string) (bundle string, err error) {
	out, err := run(ctx, "/usr/bin/osascript", "-l", "JavaScript", "-e", ownerScript, scheme)
	return strings.TrimSuffix(string(out), "\n"), err
}

func run(ctx context.Context, program string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, toolTime)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(program), err)
	}
	return out, nil
}

// sameFile says whether two paths lead to one file or folder.
func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
