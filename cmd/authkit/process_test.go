package main

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// expired leaves alice with a session whose access token has run out, and makes the next ones live.
func (m *machine) expired() {
	m.Helper()
	m.server.Change(func(c *emulator.Config) { c.AccessTokenLifetime = time.Second })
	m.signIn()
	m.server.Change(func(c *emulator.Config) { c.AccessTokenLifetime = 5 * time.Minute })
	m.eventually("the token has run out", func() bool { return strings.Contains(m.runs("whoami", "--json"), `"stale": true`) })
}

func TestManyCommandsAtExpiryAreOneRefresh(t *testing.T) {
	m := newMachine(t, emulator.Config{})
	m.expired()
	tokens := make([]string, 32)
	var all sync.WaitGroup
	for i := range tokens {
		all.Go(func() {
			out, err := m.command("token").Output()
			if err != nil {
				t.Error(err)
			}
			tokens[i] = string(out)
		})
	}
	all.Wait()
	for _, token := range tokens {
		if token == "" || token != tokens[0] {
			t.Fatal("the commands gave different tokens")
		}
	}
	if got := m.server.Count(emulator.Refresh); got != 1 {
		t.Errorf("%d refreshes", got)
	}
}

// A22: a command that is killed takes nothing with it. The server repeats its answer for a while, as WorkOS does.
func TestARefreshThatIsKilledIsDoneByTheNextCommand(t *testing.T) {
	for name, fault := range map[string]emulator.Fault{
		"before the server has done it": {Route: emulator.Refresh, Latency: time.Minute, Drop: emulator.DropBefore},
		"after":                         {Route: emulator.Refresh, Trickle: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, emulator.Config{Rotation: emulator.RotateGrace})
			m.expired()
			m.server.AddFaults(fault)
			cmd := m.command("token")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			m.eventually("the refresh arrives", func() bool { return m.server.Count(emulator.Refresh) == 1 })
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if token := m.runs("token"); !strings.HasPrefix(token, "eyJ") {
				t.Errorf("the next command answers %q", token)
			}
		})
	}
}
