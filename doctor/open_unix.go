//go:build !windows

package doctor

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
)

var errNoOpener = errors.New("there is no program here that opens links: neither xdg-open with a display, nor gio")

// openLink opens the link with what browsers use, and returns at once: the opener may wait for the program that it starts. The
// opener's end comes over the channel. It gets no pipe from us, because the program would inherit it, and die of it later.
func openLink(ctx context.Context, link string) (opener string, ended <-chan error, err error) {
	command := openCommand()
	if command == nil {
		return "", nil, errNoOpener
	}
	cmd := exec.CommandContext(ctx, command[0], append(command[1:], link)...)
	if err := cmd.Start(); err != nil {
		return command[0], nil, err
	}
	end := make(chan error, 1)
	go func() { end <- cmd.Wait() }()
	return command[0], end, nil
}

func openCommand() []string {
	if runtime.GOOS == "darwin" {
		return []string{"/usr/bin/open"}
	}
	display := os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
	if _, err := exec.LookPath("xdg-open"); err == nil && display {
		return []string{"xdg-open"}
	}
	if _, err := exec.LookPath("gio"); err == nil {
		return []string{"gio", "open"}
	}
	return nil
}
