package tab

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"
)

// tab connects to a stream and gives its lines; the first is there when the server has taken it in.
func tab(t *testing.T, s *Stream) (lines *bufio.Scanner, leave func()) {
	t.Helper()
	srv := httptest.NewServer(s)
	res, err := http.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	lines = bufio.NewScanner(res.Body)
	if !lines.Scan() || lines.Text() != "retry: 500" {
		t.Fatalf("the stream began with %q", lines.Text())
	}
	lines.Scan()
	return lines, func() {
		_ = res.Body.Close()
		srv.CloseClientConnections()
		srv.Close()
		http.DefaultClient.CloseIdleConnections()
	}
}

func TestStreamTellsATabWhatHappens(t *testing.T) {
	defer goleak.VerifyNone(t)
	s := NewStream(t.Context())
	if s.Emit("authkit:state", 1) {
		t.Error("there is no tab, and emit has found one")
	}
	lines, leave := tab(t, s)
	defer leave()
	if !s.Emit("authkit:state", map[string]string{"text": "two\nlines"}) {
		t.Error("there is a tab, and emit has found none")
	}
	for _, want := range []string{"event: authkit:state", `data: {"text":"two\nlines"}`} {
		if !lines.Scan() || lines.Text() != want {
			t.Errorf("got %q, want %q", lines.Text(), want)
		}
	}
}

func TestStreamEndsWithTheApp(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, end := context.WithCancel(t.Context())
	lines, leave := tab(t, NewStream(ctx))
	defer leave()
	end()
	if lines.Scan() {
		t.Errorf("after the end came %q", lines.Text())
	}
}

// A tab that does not read must not hold the app up, nor make it keep everything that it has not read.
func TestStreamSendsASlowTabAway(t *testing.T) {
	s := NewStream(t.Context())
	slow := s.join()
	for range backlog {
		s.Emit("x", 1)
	}
	if s.Emit("x", 1) {
		t.Error("the slow tab is still there")
	}
	read := 0
	for range slow {
		read++
	}
	if read != backlog {
		t.Errorf("the slow tab got %d events, want the %d that had room", read, backlog)
	}
	s.leave(slow) // twice does no harm
}
