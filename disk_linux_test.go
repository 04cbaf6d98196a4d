package authkit_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
	"github.com/authkit-desktop/authkit/internal/disktest"
)

// P02, at the client: what a refresh brings survives in memory until there is room for it.
func TestP02AFullDiskKeepsNobodyFromWorking(t *testing.T) {
	disktest.On(t, "64k", func(t *testing.T, disk string) {
		w := newWorld(t, emulator.Config{})
		w.config.Dir = filepath.Join(disk, "state")
		c := w.client()
		s := w.signIn(c)
		ballast := disktest.Fill(t, disk)
		got, err := c.Refresh(t.Context())
		for ; err == nil && got.Err == nil; got, err = c.Refresh(t.Context()) { // until what was set aside for the next save is used up
			disktest.Fill(t, disk)
		}
		if err != nil || got.ID != s.ID || got.Stale {
			t.Fatalf("Refresh = %+v, %v", got, err)
		}
		token := w.token(c)
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the session is saved", func() bool {
			got, err := c.Session(t.Context())
			return err == nil && got.Err == nil
		})
		if w.token(w.client()) != token {
			t.Error("the next process has another token")
		}
	})
}

// A home that cannot be written to, as in a hardened container: signing in, refreshing and signing out work for this run.
func TestP02AReadOnlyDiskKeepsNobodyFromWorking(t *testing.T) {
	disktest.On(t, "1m", func(t *testing.T, disk string) {
		w := newWorld(t, emulator.Config{})
		w.config.Dir = filepath.Join(disk, "state")
		disktest.SetReadOnly(t, disk, true)
		c := w.client()
		s := w.signIn(c)
		if s.Err == nil {
			t.Error("nobody is told that the session cannot be saved")
		}
		if got, err := c.Refresh(t.Context()); err != nil || got.ID != s.ID {
			t.Fatalf("Refresh = %+v, %v", got, err)
		}
		if list := w.accounts(c); len(list) != 1 {
			t.Errorf("accounts %v", list)
		}
		if err := c.SignOut(t.Context()); err != nil {
			t.Errorf("SignOut = %v", err)
		}
		if _, err := c.Session(t.Context()); err == nil {
			t.Error("still signed in")
		}
	})
}

// C26: on such a disk too, the server's word ends the session.
func TestC26AnEndedSessionIsEndedOnAReadOnlyDiskToo(t *testing.T) {
	disktest.On(t, "1m", func(t *testing.T, disk string) {
		w := newWorld(t, emulator.Config{})
		w.config.Dir = filepath.Join(disk, "state")
		c := w.client()
		s := w.signIn(c)
		disktest.SetReadOnly(t, disk, true)
		w.server.RevokeSession(s.ID)
		if _, err := c.Refresh(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
			t.Errorf("Refresh = %v", err)
		}
	})
}
