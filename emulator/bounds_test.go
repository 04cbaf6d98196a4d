package emulator

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
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
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
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

func TestDurationsAreBrief(t *testing.T) {
	for d, want := range map[time.Duration]string{
		5 * time.Minute: "5m", 90 * time.Second: "1m30s", 10 * time.Second: "10s", time.Hour: "1h", 70 * time.Minute: "1h10m", 20 * time.Minute: "20m", time.Hour + time.Second: "1h0m1s",
	} {
		if got := brief(d); got != want {
			t.Errorf("%v is %q instead of %q", d, got, want)
		}
	}
}

// usage is a sign-in with all that goes with it, in one browser, by way of the handler.
func usage(t *testing.T, s *Server, p *Person) {
	t.Helper()
	const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // of RFC 7636, appendix B
	redirect, err := p.SignIn(t.Context(), s.URL()+"/user_management/authorize?"+url.Values{
		"response_type": {"code"}, "client_id": {s.ClientID()}, "redirect_uri": {"workos-auth://callback"}, "provider": {"authkit"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"}, "state": {strings.Repeat("s", 500)},
	}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(redirect)
	if err != nil {
		t.Fatal(err)
	}
	for path, body := range map[string]string{
		"/user_management/authenticate":     fmt.Sprintf(`{"grant_type":"authorization_code","client_id":%q,"code":%q,"code_verifier":%q}`, s.ClientID(), u.Query().Get("code"), verifier),
		"/user_management/authorize/device": fmt.Sprintf(`{"client_id":%q}`, s.ClientID()),
	} {
		out := httptest.NewRecorder()
		s.ServeHTTP(out, httptest.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+path, strings.NewReader(body)))
		if out.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", path, out.Code, out.Body)
		}
	}
}

func heap() int {
	runtime.GC()
	runtime.GC() // the first may leave finalizers to run
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func TestUseLeavesNoMemoryBehind(t *testing.T) {
	s, err := New(Config{URL: "http://127.0.0.1:4100"})
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []*int{&s.sessions.limit, &s.codes.limit, &s.devices.limit, &s.pending.limit, &s.browsers.limit} {
		*limit = 20 // full soon
	}
	one := s.Person("alice@example.com")
	use := func() {
		for range 120 {
			usage(t, s, one)
			usage(t, s, s.Person("carol@example.com"))
		}
	}
	use()
	before := heap()
	use()
	if grown := heap() - before; grown > 100<<10 {
		t.Errorf("240 sign-ins leave %d kB behind", grown>>10)
	}
	if len(s.userCodes) > 20 {
		t.Errorf("%d user codes are kept for 20 devices", len(s.userCodes))
	}
	for _, b := range s.browsers.newest(20) {
		if len(b.sessions) > maxOfBrowser {
			t.Errorf("one browser keeps %d sessions", len(b.sessions))
		}
	}
}
