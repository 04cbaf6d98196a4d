package authkit_test

import (
	"errors"
	"flag"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

var soak = flag.Duration("soak", 3*time.Second, "how long TestSoak lasts; its figures are in docs/performance.md")

// Four processes' clients do everything at once, with tokens that live for a second and a server that fails one request
// in six: nobody is signed out but by themselves, and neither memory nor goroutines grow.
func TestSoak(t *testing.T) {
	w := newWorld(t, emulator.Config{Rotation: emulator.RotateGrace, AccessTokenLifetime: time.Second, Faults: []emulator.Fault{
		{Route: emulator.Refresh, Times: emulator.Forever, Odds: 0.04, Status: 503},
		{Route: emulator.Refresh, Times: emulator.Forever, Odds: 0.04, Drop: emulator.DropDone},
		{Route: emulator.Refresh, Times: emulator.Forever, Odds: 0.04, Truncate: 40},
		{Route: emulator.Refresh, Times: emulator.Forever, Odds: 0.04, Latency: 50 * time.Millisecond},
	}})
	clients := make([]*authkit.Client, 4)
	clients[0] = w.client()
	alice, carol := w.twoAccounts(clients[0])
	for i := range clients {
		if i > 0 {
			clients[i] = w.client()
		}
		defer clients[i].Subscribe(func(authkit.Event) {})()
	}
	var (
		calls, offline atomic.Int64
		group          sync.WaitGroup
		end            = time.Now().Add(*soak)
	)
	for range 8 {
		group.Go(func() {
			for time.Now().Before(end) && !t.Failed() {
				c := clients[rand.N(len(clients))]
				var err error
				switch n := rand.N(1000); {
				case n < 5:
					_, err = c.Refresh(t.Context())
				case n < 7:
					_, err = c.SwitchAccount(t.Context(), []string{alice.User.ID, carol.User.ID}[rand.N(2)])
				case n < 10:
					_, err = c.Accounts(t.Context())
				case n < 100:
					_, err = c.Session(t.Context())
				default:
					_, err = c.AccessToken(t.Context())
				}
				calls.Add(1)
				if errors.Is(err, authkit.ErrOffline) {
					offline.Add(1)
				} else if err != nil {
					t.Error(err)
				}
				time.Sleep(rand.N(2 * time.Millisecond))
			}
		})
	}
	time.Sleep(*soak / 10) // warm
	before := measure()
	group.Wait()
	for _, c := range clients {
		if _, err := c.Session(t.Context()); err != nil {
			t.Error(err)
		}
	}
	after := measure()
	t.Logf("%v: %d calls, %d offline, %d refreshes; heap %d kB then, %d kB now; goroutines %d then, %d now", *soak, calls.Load(), offline.Load(),
		w.server.Count(emulator.Refresh), before.heap>>10, after.heap>>10, before.goroutines, after.goroutines)
	if after.heap > before.heap+16<<20 || after.goroutines > before.goroutines+10 {
		t.Errorf("it grows: %+v, then %+v\n%s", before, after, stacks())
	}
}

type footprint struct {
	heap       uint64
	goroutines int
}

func measure() footprint {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return footprint{m.HeapAlloc, runtime.NumGoroutine()}
}

func stacks() []byte {
	buf := make([]byte, 1<<16)
	return buf[:runtime.Stack(buf, true)]
}
