package doctor

import (
	"context"
	"errors"

	"golang.org/x/sys/windows"
)

var errNoOpener = errors.New("this system has no opener")

// openLink opens the link as a click in the browser does.
func openLink(_ context.Context, link string) (opener string, ended <-chan error, err error) {
	target, err := windows.UTF16PtrFromString(link)
	if err != nil {
		return "", nil, err
	}
	return "ShellExecute", nil, windows.ShellExecute(0, windows.StringToUTF16Ptr("open"), target, nil, nil, windows.SW_SHOWNORMAL)
}
