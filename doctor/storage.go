package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/vault"
)

func (v *visit) keychain(context.Context) Check {
	s := v.storage()
	switch s.Kind {
	case vault.InKeychain:
		return ok("%s", s.Why)
	case vault.InPassphrase:
		return ok("not used: %s", s.Why)
	}
	return Check{Status: Failed, Found: fmt.Sprint(s.Cause), Means: "sessions are kept in memory and end with the program; sealed files are left as they are", Fix: keychainFix(s.Cause)}
}

func keychainFix(cause error) string {
	const orSecret = ", or set WORKOS_ENCRYPTION_SECRET to 32 characters or more (openssl rand -base64 32)"
	switch {
	case errors.Is(cause, vault.ErrNoBus):
		return "start the program in a desktop session" + orSecret
	case errors.Is(cause, vault.ErrNoService):
		return "install and start a keyring such as gnome-keyring or KWallet" + orSecret
	case errors.Is(cause, vault.ErrLocked):
		return "unlock the keychain" + orSecret
	case errors.Is(cause, vault.ErrForeignKey):
		return "remove that item if nothing else needs it" + orSecret
	}
	return "restart the keychain or log in again" + orSecret
}

// session looks at the file as the client does.
func (v *visit) session(ctx context.Context) Check {
	s := v.storage()
	if s.Path == "" {
		return skipped("there is none", "sessions are kept in memory")
	}
	session, err := v.client.Session(ctx)
	if err != nil && !errors.Is(err, authkit.ErrSignedOut) {
		return Check{Status: Failed, Found: err.Error(), Means: "it is not known who is signed in",
			Fix: "put right what the message names, in " + s.Path}
	}
	damaged, _ := filepath.Glob(filepath.Join(s.Path, "session-*.corrupt*"))
	switch {
	case len(damaged) > 0 && err != nil:
		return Check{Status: Failed, Found: "the session file could not be opened and was set aside as " + damaged[0],
			Means: "whoever was signed in is signed out", Fix: "sign in again; then remove that file"}
	case len(damaged) > 0:
		return Check{Status: Warning, Found: "a session file that could not be opened lies in " + damaged[0],
			Means: "it was set aside some time ago, and somebody has signed in since", Fix: "remove that file"}
	case err != nil:
		return ok("nobody is signed in")
	case session.Err != nil:
		return Check{Status: Warning, Found: session.User.Email + " is signed in; but " + session.Err.Error(),
			Means: "the session is kept, and the app tries again", Fix: "see what the other checks say"}
	}
	return ok("%s is signed in", session.User.Email)
}

// lock takes the two locks that the client takes, and gives them back.
func (v *visit) lock(ctx context.Context) Check {
	s := v.storage()
	if s.Path == "" {
		return skipped("there is none", "sessions are kept in memory")
	}
	if _, err := os.Stat(s.Path); errors.Is(err, fs.ErrNotExist) {
		return ok("free: nobody has signed in on this machine yet")
	}
	if err := v.tryLocks(ctx, s.Path); err != nil {
		return Check{Status: Failed, Found: err.Error(), Means: "no session can be saved, or none refreshed, while another process has the lock",
			Fix: "end the app's processes that do not respond; the lock is free as soon as its holder is gone"}
	}
	return ok("free")
}

// tryLocks never opens a record, and so may use any key.
func (v *visit) tryLocks(ctx context.Context, dir string) error {
	locks, err := vault.New(vault.Config{Dir: dir, AppID: v.about.AppID, Passphrase: newNonce() + newNonce()})
	if err != nil {
		return err
	}
	if err := locks.Update(ctx, "doctor", func([]byte) ([]byte, error) { return nil, vault.ErrUnchanged }); err != nil {
		return err
	}
	unlock, err := locks.Lock(ctx, "refresh-"+v.about.Profile)
	if err != nil {
		return err
	}
	unlock()
	return nil
}
