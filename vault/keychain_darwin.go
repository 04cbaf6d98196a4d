package vault

import (
	"errors"
	"os/exec"
)

func (*systemKeychain) reach() error { return nil }

// go-keyring runs /usr/bin/security, whose exit status is the low byte of the Security framework's result.
func classifySystem(err error) error {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return nil
	}
	switch exit.ExitCode() {
	case 36, // errSecInteractionNotAllowed (-25308): locked, and nobody to ask, as over ssh
		51,  // errSecAuthFailed (-25293)
		128: // errSecUserCanceled (-128)
		return ErrLocked
	}
	return nil
}
