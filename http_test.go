package authkit_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

// api is a server that an app calls with the person's token.
type api struct {
	*httptest.Server
	host string

	mu    sync.Mutex // guards what follows
	seen  []string   // the bearers, one for each request
	takes func(bearer string) int
}

func newAPI(t *testing.T, takes func(bearer string) int) *api {
	a := &api{takes: takes}
	a.Server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.Close)
	a.host = strings.TrimPrefix(a.URL, "http://")
	return a
}

func (a *api) serve(rw http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = append(a.seen, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	rw.WriteHeader(a.takes(a.seen[len(a.seen)-1]))
}

// call makes a request by hc, and gives the status.
func (a *api) call(t *testing.T, hc *http.Client, body io.Reader) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := hc.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func (a *api) httpClient(c *authkit.Client) *http.Client {
	return &http.Client{Transport: c.Transport(a.Client().Transport, a.host)}
}

func unlessItIs(refused string) func(string) int {
	return func(bearer string) int {
		if bearer == refused {
			return http.StatusUnauthorized
		}
		return http.StatusOK
	}
}

func TestARequestRefusedWith401IsSentOnceMoreWithANewToken(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	w.signIn(c)
	old := w.token(c)
	a := newAPI(t, unlessItIs(old))
	if status := a.call(t, a.httpClient(c), strings.NewReader("a body that can be sent twice")); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if len(a.seen) != 2 || a.seen[0] != old || a.seen[1] != w.token(c) || w.server.Count(emulator.Refresh) != 1 {
		t.Errorf("%d requests, %d refreshes", len(a.seen), w.server.Count(emulator.Refresh))
	}
}

// A server that refuses every token is asked twice and no more, and its 401 is what the app gets.
func TestA401OfTheNewTokenIsTheAnswer(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	w.signIn(c)
	a := newAPI(t, func(string) int { return http.StatusUnauthorized })
	if status := a.call(t, a.httpClient(c), nil); status != http.StatusUnauthorized || len(a.seen) != 2 {
		t.Errorf("status %d after %d requests", status, len(a.seen))
	}
}

func TestABodyThatCannotBeSentTwiceIsSentOnce(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	w.signIn(c)
	a := newAPI(t, unlessItIs(w.token(c)))
	if status := a.call(t, a.httpClient(c), io.MultiReader(strings.NewReader("a stream"))); status != http.StatusUnauthorized || len(a.seen) != 1 {
		t.Errorf("status %d after %d requests", status, len(a.seen))
	}
	if n := w.server.Count(emulator.Refresh); n != 0 {
		t.Errorf("%d refreshes for a request that cannot be sent again", n)
	}
}

// Many requests refused at once are one refresh.
func TestManyRequestsRefusedAtOnceAreOneRefresh(t *testing.T) {
	w := newWorld(t, emulator.Config{Rotation: emulator.RotateStrict})
	c := w.client()
	w.signIn(c)
	a := newAPI(t, unlessItIs(w.token(c)))
	hc := a.httpClient(c)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if status := a.call(t, hc, nil); status != http.StatusOK {
				t.Errorf("status %d", status)
			}
		})
	}
	group.Wait()
	if n := w.server.Count(emulator.Refresh); n != 1 {
		t.Errorf("%d refreshes, want 1", n)
	}
}

// RFC 6750 §5.2, §5.3: whoever receives a token can use it.
func TestTheTokenGoesToTheHostsThatWereNamedAlone(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	w.signIn(c)
	a := newAPI(t, func(string) int { return http.StatusOK })
	stranger := &http.Client{Transport: c.Transport(a.Client().Transport, "api.example.com")}
	a.call(t, stranger, nil)
	named := httptest.NewServer(http.RedirectHandler(a.URL, http.StatusTemporaryRedirect))
	defer named.Close()
	hc := &http.Client{Transport: c.Transport(named.Client().Transport, strings.TrimPrefix(named.URL, "http://"))}
	res, err := hc.Get(named.URL) //nolint:noctx // ends with the test's servers
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if len(a.seen) != 2 || a.seen[0] != "" || a.seen[1] != "" {
		t.Errorf("the token went to a host that was not named, or nothing did: %d requests", len(a.seen))
	}
}

// roundTrip is a network that notes the bearer.
type roundTrip struct{ bearer string }

func (r *roundTrip) RoundTrip(req *http.Request) (*http.Response, error) {
	r.bearer = req.Header.Get("Authorization")
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

func TestTheTokenGoesOutByTLSOnly(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	w.signIn(c)
	want := "Bearer " + w.token(c)
	for address, sent := range map[string]string{
		"https://api.example.com/notes": want, "https://API.example.com/notes": want, "https://api.example.com:8443/": "",
		"http://api.example.com/notes": "", "https://api.example.com.evil.example/": "", "https://evil.example/api.example.com": "",
	} {
		net := &roundTrip{}
		res, err := (&http.Client{Transport: c.Transport(net, "api.example.com")}).Get(address) //nolint:noctx // no network
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if net.bearer != sent {
			t.Errorf("%s: a bearer of %d characters", address, len(net.bearer))
		}
	}
}

func TestARequestThatNeedsATokenAndCannotHaveOneIsNotSent(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	a := newAPI(t, func(string) int { return http.StatusOK })
	if _, err := a.httpClient(w.client()).Get(a.URL); !errors.Is(err, authkit.ErrSignedOut) { //nolint:noctx,bodyclose // refused
		t.Errorf("Get = %v", err)
	}
	if len(a.seen) != 0 {
		t.Error("it was sent")
	}
}

// oauth2.TokenSource, for libraries that take one: renewed when it has run out, and over with the sign-out.
func TestATokenSourceFollowsTheSession(t *testing.T) {
	w, k := atClock(t, emulator.Config{})
	c := w.client()
	s := w.signIn(c)
	source := c.TokenSource(t.Context())
	first, err := source.Token()
	if err != nil || first.AccessToken != w.token(c) || first.Type() != "Bearer" || !first.Expiry.Equal(s.ExpiresAt) || first.RefreshToken != "" {
		t.Fatalf("Token = %v, %v", first.Expiry, err)
	}
	k.advance(6 * time.Minute)
	second, err := source.Token()
	if err != nil || second.AccessToken == first.AccessToken || !second.Expiry.After(first.Expiry) {
		t.Fatalf("after its end: %v", err)
	}
	if err := c.SignOut(t.Context(), authkit.LocalOnly()); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Token(); !errors.Is(err, authkit.ErrSignedOut) {
		t.Errorf("after the sign-out: %v", err)
	}
}
