package instance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestMessagesThatCameBeforeServeAreDeliveredInOrder(t *testing.T) {
	dir := t.TempDir()
	primary := mustClaim(t, dir)
	for i := range queueLength {
		mustHandOver(t, dir, fmt.Sprint(i))
	}
	cfg, err := Config{AppID: testApp, Dir: dir, Message: "one too many"}.complete()
	if err != nil {
		t.Fatal(err)
	}
	if err := handOver(t.Context(), cfg); !errors.Is(err, errAgain) || !strings.Contains(err.Error(), "full") {
		t.Fatalf("with a full queue the answer is %v", err)
	}
	const cutOff = "may come"
	_, err = claimWithin(t, 500*time.Millisecond, dir, cutOff)
	if !errors.Is(err, ErrUnresponsive) || !strings.Contains(err.Error(), "full") {
		t.Fatalf("with a full queue Claim returned %v, want ErrUnresponsive and the reason", err)
	}
	next := collect(t, primary)
	for i := range queueLength {
		if got := next(); got != fmt.Sprint(i) {
			t.Fatalf("message %d is %q", i, got)
		}
	}
	mustHandOver(t, dir, "after")
	got := next()
	if got == cutOff { // Claim's time ended between the primary's greeting and its answer: see ErrUnresponsive
		got = next()
	}
	if got != "after" {
		t.Fatalf("got %q, want the message that came after the queue was full", got)
	}
}

func TestDeliveryIsOneAtATime(t *testing.T) {
	dir := t.TempDir()
	primary := mustClaim(t, dir)
	var busy sync.Mutex
	release, alone := make(chan struct{}), make(chan bool, 20)
	primary.Serve(func(string) {
		free := busy.TryLock()
		<-release
		if free {
			busy.Unlock()
		}
		alone <- free
	})
	for range cap(alone) {
		mustHandOver(t, dir, "")
	}
	close(release)
	for range cap(alone) {
		if !<-alone {
			t.Error("two deliveries ran at once")
		}
	}
}

func TestCloseDeliversWhatWasAcceptedAndMakesRoom(t *testing.T) {
	dir := t.TempDir()
	primary := mustClaim(t, dir)
	for i := range 10 {
		mustHandOver(t, dir, fmt.Sprint(i))
	}
	var got []string
	primary.Serve(func(message string) { got = append(got, message) })
	if err := primary.Close(); err != nil {
		t.Fatal(err)
	}
	if len(got) != 10 {
		t.Errorf("delivered before Close returned: %q", got)
	}
	mustClaim(t, dir)
	if err := primary.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	if _, err := claim(t, dir, ""); !errors.Is(err, ErrHandedOver) {
		t.Errorf("after a second Close of the old primary the new one is gone: %v", err)
	}
}

func TestCloseSaysWhatWasNotDelivered(t *testing.T) {
	t.Run("never served", func(t *testing.T) {
		dir := t.TempDir()
		primary := mustClaim(t, dir)
		mustHandOver(t, dir, "lost")
		if err := primary.Close(); err == nil {
			t.Error("Close was silent about a lost message")
		}
		mustClaim(t, dir)
	})
	t.Run("delivery hangs", func(t *testing.T) {
		dir := t.TempDir()
		primary, err := claimWithin(t, 50*time.Millisecond, dir, "")
		if err != nil {
			t.Fatal(err)
		}
		hang := make(chan struct{})
		defer close(hang)
		primary.Serve(func(string) { <-hang })
		mustHandOver(t, dir, "stuck")
		if err := primary.Close(); err == nil {
			t.Error("Close was silent about a delivery that hangs")
		}
		mustClaim(t, dir)
	})
}

// Each message is delivered exactly once, or its sender becomes the primary, while one primary after the other ends at the
// worst moment.
func TestC24_NoMessageIsLostOrDoubledWhilePrimariesComeAndGo(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 20
	}
	dir := t.TempDir()
	var mu sync.Mutex
	seen := map[string]int{}
	count := func(message string) {
		mu.Lock()
		defer mu.Unlock()
		seen[message]++
	}
	var senders sync.WaitGroup
	for s := range 4 {
		senders.Go(func() {
			for i := range rounds {
				message := fmt.Sprintf("%d/%d", s, i)
				primary, err := Claim(t.Context(), Config{AppID: testApp, Dir: dir, Message: message, Timeout: patience})
				switch {
				case err == nil:
					primary.Serve(count)
					count(message)
					if err := primary.Close(); err != nil {
						t.Error(err)
					}
				case !errors.Is(err, ErrHandedOver):
					t.Error(err)
				}
			}
		})
	}
	senders.Wait()
	if len(seen) != 4*rounds {
		t.Errorf("%d of %d messages arrived", len(seen), 4*rounds)
	}
	for message, n := range seen {
		if n != 1 {
			t.Errorf("%s arrived %d times", message, n)
		}
	}
}

// A message that comes at the last moment counts. If its sender did not learn that, it would deliver the message once more.
func TestC24_AMessageAtTheLastMomentIsAnswered(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	p := &Primary{timeout: 20 * time.Millisecond, closing: ctx, queue: make(chan string, 1)}
	c := &lateConn{sent: bytes.NewReader(encodeMessage("late"))}
	p.receive(c)
	if got := <-p.queue; got != "late" || c.heard != greeting+string(rune(accepted)) {
		t.Errorf("%q was accepted, and its sender heard %q", got, c.heard)
	}
}

// lateConn gives its message when the time for it is over.
type lateConn struct {
	sent     io.Reader
	late     time.Time
	deadline time.Time
	heard    string
}

func (c *lateConn) Read(b []byte) (int, error) {
	c.late = c.deadline
	time.Sleep(time.Until(c.late))
	return c.sent.Read(b)
}

func (c *lateConn) Write(b []byte) (int, error) {
	if c.deadline.Equal(c.late) {
		return 0, os.ErrDeadlineExceeded
	}
	c.heard += string(b)
	return len(b), nil
}

func (c *lateConn) SetDeadline(t time.Time) error { c.deadline = t; return nil }
func (c *lateConn) Close() error                  { return nil }

func TestServeTwicePanics(t *testing.T) {
	primary := mustClaim(t, t.TempDir())
	primary.Serve(func(string) {})
	defer func() {
		if recover() == nil {
			t.Error("a second Serve did not panic, though two deliveries could now run at once")
		}
	}()
	primary.Serve(func(string) {})
}

func TestClosedByItsInputAnAppMakesRoomForTheNext(t *testing.T) {
	dir := t.TempDir()
	first := startApp(t, dir, "")
	first.mustSay("primary")
	startApp(t, dir, "late").mustSay("handed over")
	_ = first.input.Close()
	var said []string
	for range 2 {
		said = append(said, first.says())
	}
	if want := []string{"message late", "closed"}; !slices.Equal(said, want) {
		t.Fatalf("the process said %q, want %q", said, want)
	}
	startApp(t, dir, "").mustSay("primary")
}
