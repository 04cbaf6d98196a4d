package authkit_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
	"github.com/authkit-desktop/authkit/vault"
)

// clock is a wall clock that a test moves.
type clock struct {
	mu  sync.Mutex
	add time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.add)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add += d
}

// atClock makes server and clients live by one clock.
func atClock(t *testing.T, cfg emulator.Config) (*world, *clock) {
	k := &clock{}
	cfg.Now = k.now
	w := newWorld(t, cfg)
	w.config.Now = k.now
	return w, k
}

// How somebody signed in, and that it is staff in their name, is told at the sign-in and need not be told again.
func TestWhatTheSignInToldSurvivesARefresh(t *testing.T) {
	w := newWorld(t, emulator.Config{Users: []emulator.User{{Email: "alice@example.com", EmailVerified: true,
		Impersonator: &emulator.Impersonator{Email: "staff@example.com", Reason: "a ticket"}}}})
	c := w.client()
	s := w.signIn(c)
	w.server.AddFaults(emulator.Fault{Route: emulator.Refresh, Patch: map[string]any{"impersonator": nil, "authentication_method": nil}})
	got, err := c.Refresh(t.Context())
	if err != nil || got.Impersonator == nil || *got.Impersonator != *s.Impersonator ||
		got.AuthenticationMethod == "" || got.AuthenticationMethod != s.AuthenticationMethod {
		t.Errorf("signed in as %+v, refreshed as %+v, %v", s, got, err)
	}
}

func TestNearItsEndATokenIsHandedOutAndRenewedBehind(t *testing.T) {
	w, k := atClock(t, emulator.Config{})
	c := w.client()
	w.signIn(c)
	old := w.token(c)
	k.advance(4*time.Minute + 30*time.Second)
	if w.token(c) != old {
		t.Error("the caller had to wait for a new token while the old one was valid")
	}
	eventually(t, "a new token", func() bool { return w.token(c) != old })
}

func TestC25TheRotatedTokenIsOnDiskBeforeTheNewTokenIsOut(t *testing.T) {
	w, k := atClock(t, emulator.Config{})
	c := w.client()
	w.signIn(c)
	for range 5 {
		k.advance(6 * time.Minute)
		token := w.token(c)
		if other := w.client(); w.token(other) != token {
			t.Fatal("another process does not have the session that was handed out")
		}
	}
}

func TestC27TransientErrorsSignNobodyOut(t *testing.T) {
	html := "<html>"
	for name, fault := range map[string]emulator.Fault{
		"500":       {Status: 500},
		"503":       {Status: 503},
		"429":       {Status: 429},
		"408":       {Status: 408},
		"dropped":   {Drop: emulator.DropBefore},
		"lost":      {Drop: emulator.DropDone},
		"html":      {Status: 200, Body: &html, Header: map[string]string{"Content-Type": "text/html"}},
		"truncated": {Truncate: 40},
		"redirect":  {Status: 302, Header: map[string]string{"Location": "/elsewhere"}},
		"no tokens": {Patch: map[string]any{"access_token": nil}},
		"no user":   {Patch: map[string]any{"user": nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, k := atClock(t, emulator.Config{Rotation: emulator.RotateGrace})
			c := w.client()
			w.signIn(c)
			k.advance(6 * time.Minute)
			fault.Route, fault.Times = emulator.Refresh, emulator.Forever
			w.server.AddFaults(fault)
			if _, err := c.AccessToken(t.Context()); !errors.Is(err, authkit.ErrOffline) {
				t.Fatalf("AccessToken = %v, want ErrOffline", err)
			}
			s, err := c.Session(t.Context())
			if err != nil || s.User.Email != "alice@example.com" || !s.Stale || s.Err == nil {
				t.Fatalf("Session = %+v, %v", s, err)
			}
			w.server.ClearFaults()
			if _, err := c.Refresh(t.Context()); err != nil {
				t.Fatalf("after the trouble: %v", err)
			}
			w.token(c)
		})
	}
}

func TestC26AnEndedSessionIsASignOutWithItsReason(t *testing.T) {
	w, k := atClock(t, emulator.Config{})
	c := w.client()
	s := w.signIn(c)
	events := make(chan authkit.Event, 20)
	defer c.Subscribe(func(e authkit.Event) { events <- e })()
	w.server.RevokeSession(s.ID)
	k.advance(6 * time.Minute)
	_, err := c.AccessToken(t.Context())
	var ended *authkit.SessionEndedError
	if !errors.Is(err, authkit.ErrSignedOut) || !errors.As(err, &ended) || ended.Code != "invalid_grant" {
		t.Fatalf("AccessToken = %v", err)
	}
	if _, err := w.client().Session(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
		t.Errorf("another process: %v", err)
	}
	for e := range events {
		if e.Kind == authkit.SignedOut {
			break
		}
	}
}

func TestC29SignOutIsLocalAtOnceAndThenInTheBrowser(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	s := w.signIn(c)
	if err := c.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if page := w.lastPage(); !strings.HasSuffix(page.Path, "/sessions/logout") || page.Query().Get("session_id") != s.ID {
		t.Errorf("the browser was sent to %s", page.Path)
	}
	if _, err := c.AccessToken(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
		t.Errorf("AccessToken = %v", err)
	}
	if _, err := w.client().Session(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
		t.Errorf("after a restart: %v", err)
	}
	left, _ := filepath.Glob(filepath.Join(w.config.Dir, "session-*.sealed*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// C26, A09, A10: while a refresh is under way, another process replaces the session. Whatever the answer to the refresh is,
// it is about a session that is over: the newer one stays, and this process adopts it.
func TestC26A09A10ARefreshThatComesTooLateLeavesTheNewerSessionAlone(t *testing.T) {
	for name, refused := range map[string]bool{"a new pair": false, "invalid_grant": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, emulator.Config{Rotation: emulator.RotateStrict}, func(t *testing.T, w *world, _ *network) {
				loser, winner := w.client(), w.client()
				defer func() { _, _ = loser.Close(), winner.Close() }()
				old := w.signIn(loser)
				if refused {
					w.server.RevokeSession(old.ID)
				}
				time.Sleep(6 * time.Minute)
				w.server.AddFaults(emulator.Fault{Route: emulator.Refresh, Latency: 10 * time.Second})
				token := make(chan string, 1)
				go func() {
					got, err := loser.AccessToken(t.Context())
					if err != nil {
						t.Errorf("the loser's token: %v", err)
					}
					token <- got
				}()
				time.Sleep(time.Second)
				newer := w.signIn(winner, authkit.LoginHint("carol@example.com"))
				if got := <-token; got != w.token(winner) {
					t.Error("the loser was given another token than the winner's")
				}
				next := w.client()
				defer func() { _ = next.Close() }()
				for _, c := range []*authkit.Client{loser, winner, next} {
					if s, err := c.Session(t.Context()); err != nil || s.ID != newer.ID {
						t.Errorf("Session = %+v, %v; want the newer one", s, err)
					}
				}
			})
		})
	}
}

// C29: neither the browser nor a request under way is waited for.
func TestC29SignOutWaitsForNobody(t *testing.T) {
	inBubble(t, emulator.Config{}, func(t *testing.T, w *world, _ *network) {
		var c *authkit.Client
		w.config.OpenBrowser = func(ctx context.Context, page string) error {
			if !strings.Contains(page, "/logout?") {
				return w.browse(ctx, page)
			}
			next := w.client()
			defer func() { _ = next.Close() }()
			for _, c := range []*authkit.Client{c, next} {
				if _, err := c.Session(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
					t.Errorf("the browser was opened before the sign-out: %v", err)
				}
			}
			return nil
		}
		c = w.client()
		defer func() { _ = c.Close() }()
		w.signIn(c)
		time.Sleep(6 * time.Minute)
		w.server.AddFaults(emulator.Fault{Route: emulator.Refresh, Latency: 10 * time.Second})
		token := make(chan error, 1)
		go func() {
			_, err := c.AccessToken(t.Context())
			token <- err
		}()
		time.Sleep(time.Second)
		began := time.Now()
		if err := c.SignOut(t.Context()); err != nil || time.Since(began) > 0 {
			t.Errorf("SignOut = %v after %v", err, time.Since(began))
		}
		if err := <-token; !errors.Is(err, authkit.ErrSignedOut) {
			t.Errorf("the refresh under way brought the session back: %v", err)
		}
		if _, err := c.Session(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
			t.Errorf("Session = %v", err)
		}
	})
}

func TestSignOutWithoutTheNetwork(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	w.signIn(c)
	_ = w.server.Close()
	if err := c.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Session(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
		t.Errorf("Session = %v", err)
	}
}

func TestOtherProcessesNoticeWithinASecondOfUse(t *testing.T) {
	w, k := atClock(t, emulator.Config{AutoSignIn: "bob@example.com"})
	one, two := w.client(), w.client()
	kinds := make(chan authkit.Kind, 10)
	defer two.Subscribe(func(e authkit.Event) { kinds <- e.Kind })()
	mustBe := func(want authkit.Kind) {
		t.Helper()
		if got := <-kinds; got != want {
			t.Errorf("event %s, want %s", got, want)
		}
	}
	mustBe(authkit.Present)
	s := w.signIn(one)
	k.advance(time.Second)
	if got, err := two.Session(t.Context()); err != nil || got.ID != s.ID {
		t.Errorf("after the sign-in: %v, %v", got, err)
	}
	mustBe(authkit.SignedIn)
	orgs := w.server.Organizations()
	next := orgs[0].ID
	if next == s.OrganizationID {
		next = orgs[1].ID
	}
	if _, err := one.SwitchOrganization(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	k.advance(time.Second)
	if got, err := two.Session(t.Context()); err != nil || got.OrganizationID != next {
		t.Errorf("after the switch: %v, %v", got, err)
	}
	mustBe(authkit.Switched)
	if err := one.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.advance(time.Second)
	if _, err := two.AccessToken(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
		t.Errorf("after the sign-out: %v", err)
	}
	mustBe(authkit.SignedOut)
}

func TestBrokenSessionFiles(t *testing.T) {
	for name, spoil := range map[string]func([]byte) []byte{
		"truncated": func(b []byte) []byte { return b[:len(b)/2] },
		"empty":     func([]byte) []byte { return nil },
		"junk":      func([]byte) []byte { return []byte("{\"plain\":\"text\"}") },
		"one bit":   func(b []byte) []byte { b[len(b)-3] ^= 4; return b },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, emulator.Config{})
			first := w.client()
			w.signIn(first)
			_ = first.Close()
			files, _ := filepath.Glob(filepath.Join(w.config.Dir, "session-default*"))
			if len(files) == 0 {
				t.Fatal("no session file")
			}
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil || strings.HasSuffix(file, ".lock") {
					continue
				}
				if err := os.WriteFile(file, spoil(data), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var log bytes.Buffer
			c := w.client(func(cfg *authkit.Config) { cfg.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			if _, err := c.Session(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
				t.Fatalf("Session = %v", err)
			}
			if aside, _ := filepath.Glob(filepath.Join(w.config.Dir, "*corrupt*")); len(aside) == 0 {
				t.Error("the bad file was not kept")
			}
			if log.Len() == 0 {
				t.Error("nothing was said")
			}
			w.signIn(c)
		})
	}
}

func TestASecretThatWasChangedIsNamed(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	first := w.client()
	w.signIn(first)
	_ = first.Close()
	var log bytes.Buffer
	c := w.client(func(cfg *authkit.Config) {
		cfg.EncryptionSecret = strings.ToLower(testSecret) + "x"
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	if _, err := c.Session(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
		t.Fatalf("Session = %v", err)
	}
	if !strings.Contains(log.String(), "passphrase was changed") {
		t.Errorf("the log does not name the cause: %s", log.String())
	}
}

// C12, C15, C21, C30: what would ship a secret, or send tokens where anybody can read them, is no configuration.
func TestC12C15C21C30EverythingWrongWithAConfigIsSaidAtOnce(t *testing.T) {
	_, err := authkit.New(authkit.Config{ClientID: "sk_live_1", RedirectURI: "https://example.com/cb", APIURL: "http://api.example.com", EncryptionSecret: "short",
		LoopbackPorts: []int{8765, 65536}})
	var wrong *authkit.ConfigError
	if !errors.As(err, &wrong) {
		t.Fatalf("New = %v", err)
	}
	var fields []string
	for _, p := range wrong.Problems {
		fields = append(fields, p.Field)
		if p.What == "" || p.Fix == "" {
			t.Errorf("%+v does not help", p)
		}
	}
	if got := strings.Join(fields, " "); got != "ClientID AppID RedirectURI LoopbackPorts APIURL EncryptionSecret" {
		t.Errorf("problems with %s", got)
	}
	for _, id := range []string{"con", "aux.notes", "com.example.", ".notes", "a/b", strings.Repeat("x", 101)} {
		if _, err := authkit.New(authkit.Config{ClientID: "client_1", AppID: id}); err == nil {
			t.Errorf("the app id %q was taken", id)
		}
	}
	if strings.Contains(err.Error(), "short\"") || strings.Contains(err.Error(), "sk_live_1") {
		t.Error("the error prints a secret")
	}
}

func TestA23AnEmulatorIsAcceptedOnlyWhenAskedFor(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	w.config.AllowEmulator = false
	for _, address := range []string{w.server.URL(), strings.Replace(w.server.URL(), "127.0.0.1", "localhost", 1)} {
		w.config.APIURL = address
		if _, err := authkit.New(w.config); err == nil {
			t.Errorf("a release build takes the emulator at %s", address)
		}
	}
}

// A23: nor is one that has a certificate and stands where WorkOS should: its answers carry its mark.
func TestA23AnEmulatorInThePlaceOfTheServerIsKnownByItsMark(t *testing.T) {
	inBubble(t, emulator.Config{}, func(t *testing.T, w *world, _ *network) {
		w.config.HTTPClient.Transport = w.config.HTTPClient.Transport.(inDisguise).RoundTripper
		c := w.client()
		defer func() { _ = c.Close() }()
		w.handing(c)
		if _, err := c.SignIn(t.Context()); err == nil || !strings.Contains(err.Error(), "emulator") {
			t.Errorf("SignIn = %v", err)
		}
		if _, err := c.Session(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
			t.Errorf("Session = %v", err)
		}
	})
}

func TestTheEnvironmentAndTheElectronExamplesEnvFile(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"WORKOS_CLIENT_ID", "WORKOS_REDIRECT_URI", "WORKOS_API_URL", "WORKOS_ENCRYPTION_SECRET", "MAIN_VITE_WORKOS_CLIENT_ID", "MAIN_VITE_WORKOS_ENCRYPTION_SECRET"} {
		t.Setenv(name, "")
	}
	env := "MAIN_VITE_WORKOS_CLIENT_ID=client_file\nMAIN_VITE_WORKOS_ENCRYPTION_SECRET=" + testSecret + "\n"
	if err := os.WriteFile(".env", []byte(env), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := authkit.LoadConfig(authkit.Config{})
	if err != nil || cfg.ClientID != "client_file" || cfg.EncryptionSecret != testSecret {
		t.Errorf("from the file: %v, %v", cfg, err)
	}
	t.Setenv("WORKOS_CLIENT_ID", "client_env")
	t.Setenv("WORKOS_REDIRECT_URI", "com.example.x://cb")
	if cfg, _ := authkit.LoadConfig(authkit.Config{}); cfg.ClientID != "client_env" || cfg.RedirectURI != "com.example.x://cb" {
		t.Errorf("the environment does not win over the file: %v", cfg)
	}
	if cfg, _ := authkit.LoadConfig(authkit.Config{ClientID: "client_struct"}); cfg.ClientID != "client_struct" {
		t.Errorf("the struct does not win: %v", cfg)
	}
	for name, write := range map[string]func() error{
		"a folder":  func() error { return os.Mkdir(".env", 0o700) },
		"too large": func() error { return os.WriteFile(".env", make([]byte, 1<<20), 0o600) },
		"nonsense":  func() error { return os.WriteFile(".env", []byte("secret \x00 text"), 0o600) },
	} {
		if err := errors.Join(os.Remove(".env"), write()); err != nil {
			t.Fatal(err)
		}
		if _, err := authkit.LoadConfig(authkit.Config{}); err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), ".env") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMethodsEndWithTheirContextAndAfterClose(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.AccessToken(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	_ = c.Close()
	if _, err := c.AccessToken(t.Context()); !errors.Is(err, authkit.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// silentKeychain does not answer until it is told to.
type silentKeychain struct{ asked, answer chan struct{} }

func (k *silentKeychain) Get(string, string) (string, error) {
	close(k.asked)
	<-k.answer
	return "", vault.ErrNoKey
}

func (k *silentKeychain) Set(string, string, string) error { return nil }

// One caller waits for the keychain, which hangs; the next has less time, and is not kept by the first.
func TestACallEndsWithItsContextWhileAnotherWaits(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	w.signIn(w.client()) // there is a file to open
	k := &silentKeychain{make(chan struct{}), make(chan struct{})}
	c := w.client(func(cfg *authkit.Config) { cfg.EncryptionSecret, cfg.Keychain = "", k })
	first := make(chan struct{})
	go func() {
		defer close(first)
		_, _ = c.Session(t.Context())
	}()
	<-k.asked
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := c.AccessToken(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("AccessToken = %v", err)
	}
	close(k.answer)
	<-first
}

func BenchmarkAccessTokenFresh(b *testing.B) {
	server, err := emulator.Start(emulator.Config{AutoSignIn: "alice@example.com"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Close() })
	var c *authkit.Client
	c, err = authkit.New(authkit.Config{ClientID: server.ClientID(), AppID: "com.example.bench", APIURL: server.URL(), AllowEmulator: true,
		EncryptionSecret: testSecret, Dir: filepath.Join(b.TempDir(), "state"), OpenBrowser: func(ctx context.Context, page string) error {
			link, err := new(world).visit(ctx, page)
			go func() { _, _ = c.HandleCallback(context.WithoutCancel(ctx), link) }()
			return err
		}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	if _, err := c.SignIn(b.Context()); err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.AccessToken(ctx); err != nil {
				b.Error(err)
			}
		}
	})
}
