package instance

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// connect speaks to the primary as another program of the same user could, and has read its greeting.
func connect(t *testing.T, dir string) conn {
	t.Helper()
	c, _, err := dial(t.Context(), filepath.Join(dir, testApp))
	for err != nil && errors.Is(err, errAgain) && t.Context().Err() == nil {
		c, _, err = dial(t.Context(), filepath.Join(dir, testApp))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if err := readGreeting(c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestA13_GarbageIsDroppedAndHarmsNobody(t *testing.T) {
	gigabyte := append([]byte(greeting), 0x40, 0, 0, 0)
	for name, sent := range map[string][]byte{
		"nothing":              {},
		"noise":                bytes.Repeat([]byte{0xff, 0, 'x'}, 100_000),
		"another protocol":     []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
		"a version to come":    []byte("AKI\x02\x00\x00\x00\x00"),
		"half a greeting":      []byte("AK"),
		"half a message":       append([]byte(greeting), 0, 0, 0, 9, 'h', 'a', 'l', 'f'),
		"one byte too many":    append([]byte(greeting), 0, 1, 0, 1),
		"1 GB, as it says":     gigabyte,
		"1 GB, and it does so": append(gigabyte, make([]byte, 10<<20)...),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			next := collect(t, mustClaim(t, dir))
			c := connect(t, dir)
			_, _ = c.Write(sent) // the primary may close in the middle
			c.Close()
			mustHandOver(t, dir, "good")
			if got := next(); got != "good" {
				t.Errorf("delivered %.40q", got)
			}
		})
	}
}

func TestA13_PrimaryHangsUpOnAnOversizedMessageWithoutReadingIt(t *testing.T) {
	dir := t.TempDir()
	mustClaim(t, dir)
	c := connect(t, dir)
	if _, err := c.Write(append([]byte(greeting), 0x40, 0, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, c); n != 0 || isTimeout(err) {
		t.Errorf("the primary answered %d bytes and ended with %v", n, err)
	}
}

func TestA13_StalledConnectionsAreCutOffAndTheNextIsServed(t *testing.T) {
	dir := t.TempDir()
	primary, err := claimWithin(t, 300*time.Millisecond, dir, "")
	if err != nil {
		t.Fatal(err)
	}
	next := collect(t, primary)
	for range exchanges - 1 {
		_, _ = connect(t, dir).Write([]byte("AK"))
	}
	mustHandOver(t, dir, "beside them")
	connect(t, dir) // the last free place
	mustHandOver(t, dir, "after them")
	for _, want := range []string{"beside them", "after them"} {
		if got := next(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestA13_CloseDoesNotWaitForAStalledConnection(t *testing.T) {
	dir := t.TempDir()
	primary := mustClaim(t, dir)
	connect(t, dir)
	start := time.Now()
	if err := primary.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > patience/2 {
		t.Errorf("Close took %v", took)
	}
}

// occupy takes the lock and the socket, as a primary of another make would, and answers each connection with behave.
func occupy(t *testing.T, dir string, behave func(conn)) {
	t.Helper()
	own := filepath.Join(dir, testApp)
	if err := makePrivate(own); err != nil {
		t.Fatal(err)
	}
	lock, err := takeLock(filepath.Join(own, lockName))
	if err != nil {
		t.Fatal(err)
	}
	l, err := listen(own)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.accept()
			if err != nil {
				return
			}
			behave(c)
			c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
		_ = lock.Unlock()
	})
}

// silent occupies the address and says nothing, until the other side gives up.
func silent(t *testing.T, dir string) {
	t.Helper()
	occupy(t, dir, func(c conn) { _, _ = io.Copy(io.Discard, c) })
}

func TestA13_PrimaryThatMisbehavesIsNamedInTime(t *testing.T) {
	for name, test := range map[string]struct {
		behave func(conn)
		want   error
	}{
		"says nothing":          {func(c conn) { _, _ = io.Copy(io.Discard, c) }, ErrUnresponsive},
		"hangs up":              {func(conn) {}, ErrUnresponsive},
		"greets, then nothing":  {func(c conn) { _, _ = io.WriteString(c, greeting); _, _ = io.Copy(io.Discard, c) }, ErrUnresponsive},
		"greets, then hangs up": {func(c conn) { _, _ = io.WriteString(c, greeting) }, ErrUnresponsive},
		"speaks HTTP":           {func(c conn) { _, _ = io.WriteString(c, "HTTP/1.1 400\r\n\r\n") }, errForeign},
		"answers nonsense":      {func(c conn) { _, _ = io.WriteString(c, greeting); _, _ = readMessage(c); _, _ = io.WriteString(c, "?") }, errForeign},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			occupy(t, dir, test.behave)
			timeout := patience
			if errors.Is(test.want, ErrUnresponsive) {
				timeout = 200 * time.Millisecond
			}
			start := time.Now()
			primary, err := claimWithin(t, timeout, dir, "x")
			if primary != nil || !errors.Is(err, test.want) {
				t.Fatalf("Claim returned %v, want %v", err, test.want)
			}
			if took := time.Since(start); took > patience/2 {
				t.Errorf("Claim took %v", took)
			}
		})
	}
}

// A program that holds the address and waits must learn nothing: the primary speaks first.
func TestA13_MessageIsNotSentBeforeTheGreeting(t *testing.T) {
	dir := t.TempDir()
	heard := make(chan string, 1)
	occupy(t, dir, func(c conn) {
		b, _ := io.ReadAll(c)
		heard <- string(b)
	})
	if _, err := claimWithin(t, 100*time.Millisecond, dir, "code=secret"); !errors.Is(err, ErrUnresponsive) {
		t.Fatal(err)
	}
	if got := <-heard; got != "" {
		t.Errorf("it heard %q", got)
	}
}

func TestErrorsDoNotQuoteTheMessage(t *testing.T) {
	dir := t.TempDir()
	silent(t, dir)
	_, err := claimWithin(t, 50*time.Millisecond, dir, "code=secret")
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("error: %v", err)
	}
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}
