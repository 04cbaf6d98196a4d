package authkit_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

const testSecret = "Zk3rVw8xq1LmT5oYc9bN7dHs2JfGa6Ue"

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		os.Exit(playChild(role))
	}
	goleak.VerifyTestMain(m)
}

// world is a server, a person with a browser, and the folder of an app on one machine.
type world struct {
	*testing.T
	server *emulator.Server
	config authkit.Config
	dial   func(ctx context.Context, network, address string) (net.Conn, error) // nil: the machine's network

	mu      sync.Mutex // guards what follows
	pages   []string   // what the browser was shown
	links   []string   // what came back through the scheme
	deliver func(link string)
}

func newWorld(t *testing.T, cfg emulator.Config) *world {
	t.Helper()
	if cfg.AutoSignIn == "" {
		cfg.AutoSignIn = "alice@example.com"
	}
	server, err := emulator.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	w := &world{T: t, server: server}
	w.config = authkit.Config{ClientID: server.ClientID(), AppID: "com.example.test", APIURL: server.URL(), AllowEmulator: true,
		EncryptionSecret: testSecret, Dir: filepath.Join(t.TempDir(), "state"), OpenBrowser: w.browse}
	return w
}

// client is one process of the app.
func (w *world) client(change ...func(*authkit.Config)) *authkit.Client {
	w.Helper()
	cfg := w.config
	for _, f := range change {
		f(&cfg)
	}
	c, err := authkit.New(cfg)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = c.Close() })
	return c
}

// browse is the person's browser: it goes where the server sends it, and hands links with a private-use scheme over.
func (w *world) browse(ctx context.Context, page string) error {
	w.mu.Lock()
	w.pages = append(w.pages, page)
	deliver := w.deliver
	w.mu.Unlock()
	link, err := w.visit(ctx, page)
	if err != nil || link == "" {
		return nil // the page is the person's affair, not the caller's
	}
	w.mu.Lock()
	w.links = append(w.links, link)
	w.mu.Unlock()
	if deliver != nil {
		deliver(link)
	}
	return nil
}

// visit follows redirects, and gives the first that is not http; loopback redirects are visited on a goroutine of
// their own, as a browser would.
func (w *world) visit(ctx context.Context, page string) (link string, err error) {
	hc := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: w.dial, DialTLSContext: w.dial},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for range 5 {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
		if err != nil {
			return "", err
		}
		res, err := hc.Do(req)
		if err != nil {
			return "", err
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		next := res.Header.Get("Location")
		if next == "" {
			return "", nil
		}
		if !strings.HasPrefix(next, "http") {
			return next, nil
		}
		if u, err := url.Parse(next); err == nil && u.Path == "/callback" {
			go func() { _, _ = w.visit(context.WithoutCancel(ctx), next) }()
			return "", nil
		}
		page = next
	}
	return "", nil
}

func (w *world) lastPage() *url.URL {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pages) == 0 {
		w.Fatal("no page was opened")
	}
	u, err := url.Parse(w.pages[len(w.pages)-1])
	if err != nil {
		w.Fatal(err)
	}
	return u
}

// handing makes c the process that the system gives links to.
func (w *world) handing(c *authkit.Client) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliver = func(link string) {
		go func() { _, _ = c.HandleCallback(context.Background(), link) }()
	}
}

// holding keeps links from being delivered, and gives the next one.
func (w *world) holding() (next func() string) {
	links := make(chan string, 10)
	w.mu.Lock()
	w.deliver = func(link string) { links <- link }
	w.mu.Unlock()
	return func() string {
		w.Helper()
		select {
		case l := <-links:
			return l
		case <-time.After(10 * time.Second):
			w.Fatal("no link came back")
			return ""
		}
	}
}

func (w *world) signIn(c *authkit.Client, options ...authkit.SignInOption) *authkit.Session {
	w.Helper()
	w.handing(c)
	s, err := c.SignIn(w.Context(), options...)
	if err != nil {
		w.Fatalf("sign-in: %v", err)
	}
	return s
}

func (w *world) token(c *authkit.Client) string {
	w.Helper()
	token, err := c.AccessToken(w.Context())
	if err != nil {
		w.Fatalf("access token: %v", err)
	}
	return token
}

// sealedAgain waits until a new process would find the session on the disk.
func (w *world) sealedAgain(s *authkit.Session) {
	w.Helper()
	eventually(w.T, "the session is on disk again", func() bool {
		other := w.client()
		defer func() { _ = other.Close() }()
		got, err := other.Session(w.Context())
		return err == nil && got.ID == s.ID
	})
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !f(); {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// size is how much of a long test is run.
func size(whole, short int) int {
	if testing.Short() {
		return short
	}
	return whole
}
