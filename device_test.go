package authkit_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

// line is a connection to a server in this process, without sockets, so that time can stand still while it is waited
// for. It can be cut, and it notes when each poll was sent.
type line struct {
	server *emulator.Server
	cut    func(*http.Request) error // nil: the line is sound
	polls  []time.Time
}

func (l *line) RoundTrip(r *http.Request) (res *http.Response, err error) {
	if l.cut != nil {
		if err := l.cut(r); err != nil {
			return nil, err
		}
	}
	defer func() {
		if recover() != nil {
			res, err = nil, errors.New("connection reset by peer")
		}
	}()
	before, at := l.server.Count(emulator.DevicePoll), time.Now()
	w := httptest.NewRecorder()
	l.server.ServeHTTP(w, r)
	if l.server.Count(emulator.DevicePoll) > before {
		l.polls = append(l.polls, at)
	}
	return w.Result(), nil
}

// pauses are the times between polls, the first one from begun.
func (l *line) pauses(begun time.Time) []time.Duration {
	var list []time.Duration
	for _, at := range l.polls {
		list = append(list, at.Sub(begun).Round(time.Millisecond))
		begun = at
	}
	return list
}

// aDevice runs f in a bubble whose time passes only when everybody waits. The server is the real emulator.
func aDevice(t *testing.T, cfg emulator.Config, f func(t *testing.T, w *world, l *line, c *authkit.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg.URL = "http://127.0.0.1:4100"
		server, err := emulator.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		l := &line{server: server}
		w := &world{T: t, server: server, config: authkit.Config{ClientID: server.ClientID(), AppID: "com.example.test",
			APIURL: server.URL(), AllowEmulator: true, EncryptionSecret: testSecret, Dir: t.TempDir() + "/state",
			HTTPClient: &http.Client{Transport: l}}}
		c := w.client()
		f(t, w, l, c)
		_ = c.Close()
	})
}

// after is a person who does something with the code after a while.
func (w *world) after(d time.Duration, what func(userCode, email string) error) func(authkit.DeviceCode) error {
	return func(code authkit.DeviceCode) error {
		time.AfterFunc(d, func() {
			if err := what(code.UserCode, "alice@example.com"); err != nil {
				w.Error(err)
			}
		})
		return nil
	}
}

func nobody(authkit.DeviceCode) error { return nil }

func code(t *testing.T, err error) string {
	t.Helper()
	var refused *authkit.SignInError
	if !errors.As(err, &refused) {
		t.Fatalf("the error is %v", err)
	}
	return refused.Code
}

// C31, C34: the person sees the code and the address, the device code stays inside, and polls keep their distance.
func TestC31C34ADeviceWaitsForItsPerson(t *testing.T) {
	aDevice(t, emulator.Config{}, func(t *testing.T, w *world, l *line, _ *authkit.Client) {
		var log bytes.Buffer
		c := w.client(func(cfg *authkit.Config) {
			cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		begun := time.Now()
		var shown authkit.DeviceCode
		let := w.after(22*time.Second, w.server.ApproveDevice)
		s, err := c.DeviceSignIn(t.Context(), func(code authkit.DeviceCode) error {
			shown = code
			return let(code)
		})
		if err != nil || s.User.Email != "alice@example.com" {
			t.Fatalf("signed in as %v: %v", s, err)
		}
		if len(shown.UserCode) != 9 || shown.VerificationURI != w.server.URL()+"/device" ||
			shown.VerificationURIComplete != shown.VerificationURI+"?user_code="+shown.UserCode || !shown.ExpiresAt.Equal(begun.Add(5*time.Minute)) {
			t.Errorf("shown: %+v", shown)
		}
		for _, pause := range l.pauses(begun) {
			if pause < 5*time.Second || pause > 6*time.Second {
				t.Errorf("polled after %s", l.pauses(begun))
				break
			}
		}
		if next, err := w.client().Session(t.Context()); err != nil || next.ID != s.ID {
			t.Errorf("the next process finds %v, %v", next, err)
		}
		if log.Len() > 0 {
			t.Errorf("logged: %s", &log)
		}
	})
}

func TestC32SlowDownIsHeededForGood(t *testing.T) {
	slow := emulator.Fault{Route: emulator.DevicePoll, After: 1, Status: 400, Body: new(`{"error":"slow_down"}`)}
	aDevice(t, emulator.Config{Faults: []emulator.Fault{slow}}, func(t *testing.T, w *world, l *line, c *authkit.Client) {
		begun := time.Now()
		if _, err := c.DeviceSignIn(t.Context(), w.after(60*time.Second, w.server.ApproveDevice)); err != nil {
			t.Fatal(err)
		}
		pauses := l.pauses(begun)
		if len(pauses) < 5 || slices.Max(pauses[:2]) >= 10*time.Second || slices.Min(pauses[2:]) < 10*time.Second {
			t.Errorf("polled after %s", pauses)
		}
	})
}

func TestC33ARefusalOfAnyKindStopsTheDevice(t *testing.T) {
	aDevice(t, emulator.Config{}, func(t *testing.T, w *world, l *line, c *authkit.Client) {
		deny := func(userCode, _ string) error { return w.server.DenyDevice(userCode) }
		_, err := c.DeviceSignIn(t.Context(), w.after(time.Second, deny))
		if got := code(t, err); got != "access_denied" || len(l.polls) != 1 {
			t.Errorf("%s after %d polls", got, len(l.polls))
		}
		l.polls = nil
		w.server.AddFaults(emulator.Fault{Route: emulator.DevicePoll, Status: 400, Body: new(`{"error":"out_of_cheese"}`)})
		_, err = c.DeviceSignIn(t.Context(), nobody)
		if got := code(t, err); got != "out_of_cheese" || len(l.polls) != 1 {
			t.Errorf("%s after %d polls", got, len(l.polls))
		}
	})
}

// C33: no poll after expires_in, whether or not the server says that it is over.
func TestC33TheDeviceStopsWhenItsCodeExpires(t *testing.T) {
	for name, cfg := range map[string]emulator.Config{
		"the server says so": {DeviceLifetime: 40 * time.Second, ClockSkew: 0},
		"the server never says so": {DeviceLifetime: time.Hour, Faults: []emulator.Fault{
			{Route: emulator.DeviceAuthorize, Patch: map[string]any{"expires_in": 40}}}},
	} {
		aDevice(t, cfg, func(t *testing.T, _ *world, l *line, c *authkit.Client) {
			begun := time.Now()
			_, err := c.DeviceSignIn(t.Context(), nobody)
			if got := code(t, err); got != "expired_token" {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(begun); took < 39*time.Second || took > 41*time.Second || l.polls[len(l.polls)-1].After(begun.Add(40*time.Second)) {
				t.Errorf("%s: ended after %s, polls after %s", name, took, l.pauses(begun))
			}
		})
	}
}

// C33: "On encountering a connection timeout, clients MUST unilaterally reduce their polling frequency before retrying."
func TestC33ALostConnectionIsPolledLessOften(t *testing.T) {
	aDevice(t, emulator.Config{DeviceLifetime: 10 * time.Minute}, func(t *testing.T, w *world, l *line, c *authkit.Client) {
		var tried []time.Time
		back := time.Now().Add(2 * time.Minute)
		l.cut = func(r *http.Request) error {
			if !strings.HasSuffix(r.URL.Path, "/authenticate") || time.Now().After(back) {
				return nil
			}
			tried = append(tried, time.Now())
			return errors.New("network is unreachable")
		}
		var heard []error
		s, err := c.DeviceSignIn(t.Context(), w.after(30*time.Second, w.server.ApproveDevice),
			authkit.OnProgress(func(p authkit.Progress) { heard = append(heard, p.Err) }))
		if err != nil || s.User.Email != "alice@example.com" {
			t.Fatal(err)
		}
		for i := 2; i < len(tried); i++ {
			if was, is := tried[i-1].Sub(tried[i-2]), tried[i].Sub(tried[i-1]); is < was*3/2 && is < time.Minute {
				t.Errorf("tried again after %s and then %s", was, is)
			}
		}
		if len(heard) != len(tried)+1 || heard[0] != nil || heard[1] == nil {
			t.Errorf("told %v", heard)
		}
	})
}

func TestADeviceThatNeverReachesTheServerSaysSo(t *testing.T) {
	aDevice(t, emulator.Config{}, func(t *testing.T, _ *world, l *line, c *authkit.Client) {
		l.cut = func(r *http.Request) error {
			if strings.HasSuffix(r.URL.Path, "/authenticate") {
				return errors.New("network is unreachable")
			}
			return nil
		}
		if _, err := c.DeviceSignIn(t.Context(), nobody); !errors.Is(err, authkit.ErrUnreachable) {
			t.Errorf("cut off later: %v", err)
		}
		l.cut = func(*http.Request) error { return errors.New("network is unreachable") }
		begun := time.Now()
		if _, err := c.DeviceSignIn(t.Context(), nobody); !errors.Is(err, authkit.ErrUnreachable) || time.Since(begun) > time.Second {
			t.Errorf("cut off from the start: %v", err)
		}
	})
}

func TestADeviceWaitsAsLongAsTheServerAsksItTo(t *testing.T) {
	busy := emulator.Fault{Route: emulator.DevicePoll, Status: 429, Header: map[string]string{"Retry-After": "90"}, Body: new(`{"code":"rate_limit_exceeded"}`)}
	aDevice(t, emulator.Config{Faults: []emulator.Fault{busy}}, func(t *testing.T, w *world, l *line, c *authkit.Client) {
		begun := time.Now()
		if _, err := c.DeviceSignIn(t.Context(), w.after(time.Second, w.server.ApproveDevice)); err != nil {
			t.Fatal(err)
		}
		if pauses := l.pauses(begun); len(pauses) != 2 || pauses[1] < 90*time.Second {
			t.Errorf("polled after %s", pauses)
		}
	})
}

// A virtual machine whose clocks are wrong (WSL) polls too early, is slowed down, polls too early again, for ever. Here the
// timers run too fast; the wall clock is right in one machine and runs with the timers in the others.
func TestA16ADeviceOnAFastClockIsNotSlowedDownForEver(t *testing.T) {
	for name, c := range map[string]struct {
		percent     float64 // of the timers' time that has really passed
		wallIsRight bool
		most        int // times that it may be slowed down
	}{
		"the wall clock is right":   {80, true, 0},
		"the wall clock is as fast": {80, false, 2},
		"both are a little fast":    {91, false, 0},
	} {
		begun := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of every bubble
		truth := func() time.Time { return begun.Add(time.Duration(float64(time.Since(begun)) * c.percent / 100)) }
		aDevice(t, emulator.Config{Now: truth}, func(t *testing.T, w *world, l *line, _ *authkit.Client) {
			client := w.client(func(cfg *authkit.Config) {
				if c.wallIsRight {
					cfg.Now = truth
				}
			})
			if _, err := client.DeviceSignIn(t.Context(), w.after(100*time.Second, w.server.ApproveDevice)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			slowed := 0
			for _, r := range w.server.Requests(emulator.DevicePoll) {
				if r.Error == "slow_down" {
					slowed++
				}
			}
			if slowed > c.most {
				t.Errorf("%s: slowed down %d times in polls after %s", name, slowed, l.pauses(begun))
			}
		})
	}
}

func TestADeviceThatIsGivenUpLeavesNothingBehind(t *testing.T) {
	aDevice(t, emulator.Config{}, func(t *testing.T, w *world, l *line, c *authkit.Client) {
		for _, stage := range []time.Duration{0, time.Second, 7 * time.Second} {
			ctx, cancel := context.WithCancel(t.Context())
			_, err := c.DeviceSignIn(ctx, func(authkit.DeviceCode) error {
				time.AfterFunc(stage, cancel)
				return nil
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled after %s: %v", stage, err)
			}
		}
		polls := len(l.polls)
		time.Sleep(time.Minute) //nolint:forbidigo // a bubble's minute: would anything still poll?
		if _, err := os.Stat(w.config.Dir); err == nil || len(l.polls) != polls {
			t.Errorf("%v, %d polls after the end", err, len(l.polls)-polls)
		}
		refused := errors.New("no terminal")
		if _, err := c.DeviceSignIn(t.Context(), func(authkit.DeviceCode) error { return refused }); err != refused { //nolint:errorlint // as it is
			t.Errorf("the error of show became %v", err)
		}
	})
}

func TestADeviceAddsAnAccount(t *testing.T) {
	aDevice(t, emulator.Config{}, func(t *testing.T, w *world, _ *line, c *authkit.Client) {
		for _, email := range []string{"alice@example.com", "bob@example.com"} {
			approve := func(userCode, _ string) error { return w.server.ApproveDevice(userCode, email) }
			if _, err := c.DeviceSignIn(t.Context(), w.after(0, approve), authkit.AddAccount()); err != nil {
				t.Fatal(err)
			}
		}
		if list, err := c.Accounts(t.Context()); err != nil || len(list) != 2 || list[0].User.Email != "bob@example.com" {
			t.Errorf("%v, %v", list, err)
		}
	})
}

func TestADeviceRefusesWhatItCannotCarry(t *testing.T) {
	aDevice(t, emulator.Config{}, func(t *testing.T, w *world, _ *line, c *authkit.Client) {
		_, err := c.DeviceSignIn(t.Context(), nobody, authkit.SignUp(), authkit.LoginHint("alice@example.com"))
		if err == nil || !strings.Contains(err.Error(), "login_hint, screen_hint") || w.server.Count(emulator.DeviceAuthorize) > 0 {
			t.Errorf("%v", err)
		}
	})
}

func TestAnEnvironmentWithoutTheDeviceFlowSaysSo(t *testing.T) {
	aDevice(t, emulator.Config{DeviceDisabled: true}, func(t *testing.T, _ *world, _ *line, c *authkit.Client) {
		if _, err := c.DeviceSignIn(t.Context(), nobody); !errors.Is(err, authkit.ErrNoDeviceFlow) {
			t.Errorf("%v", err)
		}
	})
}

// On a server nobody sees a browser: the person types a code somewhere else.
func ExampleClient_DeviceSignIn() {
	server, err := emulator.Start(emulator.Config{DeviceInterval: time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	folder := filepath.Join(os.TempDir(), "notes-"+rand.Text())
	defer os.RemoveAll(folder)
	client, err := authkit.New(authkit.Config{ClientID: server.ClientID(), AppID: "com.example.notes", APIURL: server.URL(),
		AllowEmulator: true, EncryptionSecret: testSecret, Dir: folder})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	session, err := client.DeviceSignIn(context.Background(), func(code authkit.DeviceCode) error {
		fmt.Println("Open the address below and type", len(code.UserCode), "characters.")
		return server.ApproveDevice(code.UserCode, "alice@example.com") // in the real world a person does
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("Signed in as", session.User.Email)
	// Output:
	// Open the address below and type 9 characters.
	// Signed in as alice@example.com
}
