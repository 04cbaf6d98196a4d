package doctor

import (
	"context"
	"errors"
	"runtime"

	"golang.org/x/sys/windows"
)

var errNoOpener = errors.New("this system has no opener")

// openLink opens the link as a click in the browser does. The shell may ask the person something before it returns, and its
// extensions want COM on their thread.
func openLink(_ context.Context, link string) (opener string, ended <-chan error, err error) {
	target, err := windows.UTF16PtrFromString(link)
	if err != nil {
		return "", nil, err
	}
	end := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if windows.CoInitializeEx(0, windows.COINIT_APARTMENTTHREADED|windows.COINIT_DISABLE_OLE1DDE) == nil {
			defer windows.CoUninitialize()
		}
		end <- windows.ShellExecute(0, windows.StringToUTF16Ptr("open"), target, nil, nil, windows.SW_SHOWNORMAL)
	}()
	return "ShellExecute", end, nil
}
