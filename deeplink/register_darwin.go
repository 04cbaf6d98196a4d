package deeplink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	bundle, problem, fix := declaringBundle(app, readPlist(ctx))
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
	bundle, problem, fix := declaringBundle(app, readPlist(ctx))
	owner, err := ownerOf(ctx, app.Scheme)
	if err != nil {
		return bundleStatus(app, bundle, "", problem, fix), fmt.Errorf("it cannot be found out who owns %s links: %w", app.Scheme, err)
	}
	return bundleStatus(app, bundle, owner, problem, fix), nil
}

// readPlist reads a property list as XML, whatever its form.
func readPlist(ctx context.Context) func(file string) ([]byte, error) {
	return func(file string) ([]byte, error) {
		plist, err := os.ReadFile(file)
		if bytes.HasPrefix(plist, []byte("bplist")) {
			return run(ctx, "/usr/bin/plutil", "-convert", "xml1", "-o", "-", file)
		}
		return plist, err
	}
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
