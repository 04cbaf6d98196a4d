//go:build unix && !darwin

package browser

import (
	"context"
	"os"
	"os/exec"
	"strings"
)

func open(ctx context.Context, address string) error {
	return tryAll(ctx, openers(address))
}

// openers lists the ways to open a page, the person's own choice first.
func openers(address string) []opener {
	list := fromEnvironment(os.Getenv("BROWSER"), address)
	if inWSL() {
		list = append(list, windowsBrowser(address)...)
	}
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		// xdg-open would now start a text browser, without a terminal.
		return append(list, opener{"display", func(context.Context) error { return errNoDisplay }})
	}
	return append(list,
		program("xdg-open", address),
		opener{"desktop portal", func(ctx context.Context) error { return openByPortal(ctx, address) }},
		program("gio", "open", address),
		program("x-www-browser", address),
	)
}

// inWSL says whether this Linux runs inside Windows.
func inWSL() bool {
	if os.Getenv("WSL_DISTRO_NAME") != "" || os.Getenv("WSL_INTEROP") != "" {
		return true
	}
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return strings.Contains(strings.ToLower(string(release)), "microsoft")
}

// windowsBrowser opens the page with the browser of the Windows around us. Not
// with cmd.exe /c start, which cuts addresses at an ampersand.
func windowsBrowser(address string) []opener {
	rundll := "rundll32.exe"
	if _, err := exec.LookPath(rundll); err != nil {
		rundll = "/mnt/c/Windows/System32/rundll32.exe" // WSL can be told to keep Windows out of PATH
	}
	return []opener{
		program("wslview", address),
		program(rundll, "url.dll,FileProtocolHandler", address),
	}
}
