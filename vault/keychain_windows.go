package vault

import (
	"errors"

	"golang.org/x/sys/windows"
)

func (*systemKeychain) reach() error { return nil }

func classifySystem(err error) error {
	// A service or a remote shell may run in a logon session that has no Credential Manager.
	if errors.Is(err, windows.ERROR_NO_SUCH_LOGON_SESSION) || errors.Is(err, windows.ERROR_SERVICE_NOT_ACTIVE) {
		return ErrNoService
	}
	return nil
}
