package browser

import (
	"context"
	"runtime"

	"golang.org/x/sys/windows"
)

func open(ctx context.Context, address string) error {
	return tryAll(ctx, []opener{{"ShellExecute", func(ctx context.Context) error { return shellExecute(ctx, address) }}})
}

// shellExecute opens the address as a click on a link would. ShellExecute may
// hand over to shell extensions, which want COM on their thread, and may block
// in a dialog; hence the thread of its own.
func shellExecute(ctx context.Context, address string) error {
	target, err := windows.UTF16PtrFromString(address)
	if err != nil {
		return err
	}
	verb := windows.StringToUTF16Ptr("open")
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if windows.CoInitializeEx(0, windows.COINIT_APARTMENTTHREADED|windows.COINIT_DISABLE_OLE1DDE) == nil {
			defer windows.CoUninitialize()
		}
		done <- windows.ShellExecute(0, verb, target, nil, nil, windows.SW_SHOWNORMAL)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
