//go:build unix

package browser

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// verdictTime is how long a program may take to fail. One that runs on is the
// browser itself, or a script that waits for it.
const verdictTime = 1500 * time.Millisecond

// program opens the page by running argv, never through a shell.
func program(argv ...string) opener {
	return opener{argv[0], func(ctx context.Context) error { return launch(ctx, argv) }}
}

// launch starts the program and waits for its verdict, not for its end.
func launch(ctx context.Context, argv []string) error {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = cleanEnvironment(os.Environ())
	// In a session of its own, it does not get our terminal's Ctrl-C.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // for as long as it runs, so that it does not stay a zombie
	verdict := time.NewTimer(verdictTime)
	defer verdict.Stop()
	select {
	case err := <-ended:
		return err
	case <-verdict.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// cleanEnvironment drops what a browser must not inherit: our own settings, the
// encryption secret among them, and the libraries of the AppImage that we may
// be running from, with which the system's programs crash.
func cleanEnvironment(environment []string) []string {
	bundle := ""
	for _, entry := range environment {
		if name, value, _ := strings.Cut(entry, "="); name == "APPDIR" {
			bundle = strings.TrimRight(value, "/")
		}
	}
	var clean []string
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		if strings.Contains(name, "WORKOS_") {
			continue
		}
		if bundle != "" && strings.Contains(value, bundle) {
			if value = withoutBundle(value, bundle); value == "" {
				continue
			}
			entry = name + "=" + value
		}
		clean = append(clean, entry)
	}
	return clean
}

// withoutBundle drops the elements of a path list that lie in the bundle.
func withoutBundle(list, bundle string) string {
	var kept []string
	for element := range strings.SplitSeq(list, ":") {
		if element != bundle && !strings.HasPrefix(element, bundle+"/") {
			kept = append(kept, element)
		}
	}
	return strings.Join(kept, ":")
}

// fromEnvironment reads $BROWSER: commands separated by colons, in which %s
// stands for the address, %% for a percent sign and %c for a colon. Without %s
// the address comes last. Words are split at spaces before the address is put
// in, so that it always stays within its word.
func fromEnvironment(value, address string) []opener {
	var openers []opener
	for command := range strings.SplitSeq(value, ":") {
		words := strings.Fields(command)
		if len(words) == 0 {
			continue
		}
		if !strings.Contains(command, "%s") {
			words = append(words, "%s")
		}
		fill := strings.NewReplacer("%s", address, "%%", "%", "%c", ":")
		for i := range words {
			words[i] = fill.Replace(words[i])
		}
		openers = append(openers, program(words...))
	}
	return openers
}
