package emulator

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

func TestAShelfKeepsTheNewestAndNothingPastItsTime(t *testing.T) {
	now := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	var gone []int
	s := newShelf[int](3)
	s.dropped = func(v int) { gone = append(gone, v) }
	for i := range 5 {
		s.put(now, fmt.Sprint(i), i, now.Add(time.Minute))
	}
	if fmt.Sprint(s.newest(9), gone) != "[4 3 2] [0 1]" {
		t.Errorf("it holds %v and dropped %v", s.newest(9), gone)
	}
	if _, ok := s.get(now.Add(time.Minute), "4"); ok {
		t.Error("it gives what is past its time")
	}
	s.put(now.Add(time.Minute), "new", 7, time.Time{})
	if fmt.Sprint(s.newest(9)) != "[7]" {
		t.Errorf("it still holds %v", s.newest(9))
	}
}

func TestAShelfDoesNotGrowByWhatIsRemoved(t *testing.T) {
	now := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	s := newShelf[int](1000)
	s.put(now, "stays", 0, time.Time{})
	for i := range 10_000 {
		s.put(now, fmt.Sprint(i), i, now.Add(time.Hour))
		s.remove(fmt.Sprint(i))
	}
	if len(s.queue) > 100 || len(s.byKey) != 1 {
		t.Errorf("one thing takes %d places", len(s.queue))
	}
}

func TestConnectionsOverTheLimitAreClosedAtOnce(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := bounded(inner, 1)
	defer l.Close()
	taken := make(chan net.Conn, 3)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				close(taken)
				return
			}
			taken <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	dial()
	first := <-taken
	if _, err := dial().Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the second connection reads: %v", err)
	}
	first.Close()
	dial()
	(<-taken).Close()
}
