//go:build !(linux || freebsd || netbsd || openbsd || dragonfly || windows || darwin)

package deeplink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
)

func thisProgram() (string, error) { return os.Executable() }

func register(_ context.Context, app Config) (bool, error) {
	return false, fmt.Errorf("%s links cannot be had on %s: %w", app.Scheme, runtime.GOOS, errors.ErrUnsupported)
}

func unregister(context.Context, Config) (bool, error) { return false, nil }

func inspect(_ context.Context, app Config) (Status, error) {
	return Status{
		Problem: "programs cannot be started by links on " + runtime.GOOS,
		Fix:     "use a loopback redirect (http://127.0.0.1/callback)",
	}, nil
}
