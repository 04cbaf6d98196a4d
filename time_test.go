package authkit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

// A day of use: no token is handed out that the server would refuse, each is renewed once, and nobody waits.
func TestADayOfUse(t *testing.T) {
	inBubble(t, emulator.Config{Rotation: emulator.RotateStrict}, func(t *testing.T, w *world, _ *network) {
		c := w.client()
		defer func() { _ = c.Close() }()
		w.signIn(c)
		tokens := map[string]time.Time{}
		for range 24 * 60 * 4 { // every 15 s
			asked := time.Now()
			token := w.token(c)
			if time.Since(asked) > 0 {
				t.Error("a caller had to wait")
			}
			if tokens[token].IsZero() {
				tokens[token] = asked
			}
			if age := time.Since(tokens[token]); age > 5*time.Minute {
				t.Fatalf("a token was still handed out %v after it came", age)
			}
			time.Sleep(15 * time.Second)
		}
		if n := w.server.Count(emulator.Refresh); n != len(tokens)-1 || n < 24*12 || n > 24*16 {
			t.Errorf("%d refreshes for %d tokens", n, len(tokens))
		}
	})
}

// A night's sleep, or an app that nobody uses: nothing is asked of the server, and the first call renews.
func TestAnIdleAppAsksNothing(t *testing.T) {
	inBubble(t, emulator.Config{}, func(t *testing.T, w *world, n *network) {
		c := w.client()
		defer func() { _ = c.Close() }()
		w.signIn(c)
		old, tries := w.token(c), n.tries()
		time.Sleep(10 * time.Hour)
		if n.tries() != tries {
			t.Errorf("%d requests of an idle app", n.tries()-tries)
		}
		if w.token(c) == old {
			t.Error("an old token was handed out")
		}
	})
}

// The sealed file is looked at no more than once a second, and not at all while nobody asks.
func TestTheFileIsLookedAtOnceASecondAndOnlyInUse(t *testing.T) {
	inBubble(t, emulator.Config{}, func(t *testing.T, w *world, _ *network) {
		c, other := w.client(), w.client()
		defer func() { _ = c.Close(); _ = other.Close() }()
		w.signIn(c)
		token := w.token(c)
		var kinds []authkit.Kind
		defer c.Subscribe(func(e authkit.Event) { kinds = append(kinds, e.Kind) })()
		time.Sleep(time.Second)
		w.token(c) // looks
		if err := other.SignOut(t.Context(), authkit.LocalOnly()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(999 * time.Millisecond)
		if w.token(c) != token {
			t.Error("another token")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(kinds) != 1 {
			t.Errorf("an idle client has looked: %v", kinds)
		}
		if _, err := c.AccessToken(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
			t.Errorf("AccessToken = %v", err)
		}
	})
}

// What a refresh asks for: WorkOS is told of the organization each time, since nothing says that it remembers it.
func TestARefreshNamesTheOrganization(t *testing.T) {
	inBubble(t, emulator.Config{}, func(t *testing.T, w *world, n *network) {
		c := w.client()
		defer func() { _ = c.Close() }()
		s := w.signIn(c)
		var asked struct {
			Grant        string `json:"grant_type"`
			Organization string `json:"organization_id"`
			Secret       string `json:"client_secret"`
		}
		n.change(func(n *network) {
			n.proxy = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
				body, err := io.ReadAll(r.Body)
				if err = errors.Join(err, json.Unmarshal(body, &asked)); err != nil {
					t.Error(err)
				}
				r.Body = io.NopCloser(bytes.NewReader(body))
				next.ServeHTTP(rw, r)
			}
		})
		time.Sleep(6 * time.Minute)
		w.token(c)
		if asked.Grant != "refresh_token" || s.OrganizationID == "" || asked.Organization != s.OrganizationID || asked.Secret != "" {
			t.Errorf("asked %+v, the organization is %s", asked, s.OrganizationID)
		}
	})
}

// C27: offline for a day with a window that listens: tries get rare, and the first that succeeds ends it by itself.
func TestC27ALongOutageIsAskedAfterSeldomAndEndsByItself(t *testing.T) {
	inBubble(t, emulator.Config{}, func(t *testing.T, w *world, n *network) {
		c := w.client()
		defer func() { _ = c.Close() }()
		w.signIn(c)
		var offline []time.Time
		var online time.Time
		stop := c.Subscribe(func(e authkit.Event) {
			if e.Kind == authkit.Troubled {
				offline = append(offline, time.Now())
			}
			if e.Kind == authkit.Refreshed {
				online = time.Now()
			}
		})
		defer stop()
		time.Sleep(6 * time.Minute)
		n.change(func(n *network) { n.cut = errRefused })
		tries := n.tries()
		if _, err := c.AccessToken(t.Context()); !errors.Is(err, authkit.ErrOffline) {
			t.Fatalf("AccessToken = %v", err)
		}
		time.Sleep(24 * time.Hour)
		if k := n.tries() - tries; k < 24*60 || k > 24*60*4+10 {
			t.Errorf("%d tries in a day, want one or two a minute", k)
		}
		n.change(nil)
		back := time.Now()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(offline) != 1 || !online.After(back) || online.Sub(back) > 46*time.Second {
			t.Errorf("told of %d outages; online after %v", len(offline), online.Sub(back))
		}
	})
}

// Patient callers do not ask the server again before the time that it has named.
func TestC27RetryAfterIsKept(t *testing.T) {
	inBubble(t, emulator.Config{}, func(t *testing.T, w *world, n *network) {
		c := w.client()
		defer func() { _ = c.Close() }()
		w.signIn(c)
		time.Sleep(6 * time.Minute)
		w.server.AddFaults(emulator.Fault{Route: emulator.Refresh, Status: 429, Header: map[string]string{"Retry-After": "90"}})
		tries := n.tries()
		for range 89 {
			if _, err := c.AccessToken(t.Context()); !errors.Is(err, authkit.ErrOffline) {
				t.Fatalf("AccessToken = %v", err)
			}
			time.Sleep(time.Second)
		}
		if k := n.tries() - tries; k != 1 {
			t.Errorf("%d tries within 90 s, want 1", k)
		}
		time.Sleep(2 * time.Second)
		w.token(c)
	})
}

func TestASignInIsGivenUpAfterTenMinutes(t *testing.T) {
	inBubble(t, emulator.Config{}, func(t *testing.T, w *world, _ *network) {
		c := w.client()
		defer func() { _ = c.Close() }()
		began := time.Now() // no link is delivered
		_, err := c.SignIn(t.Context())
		if !errors.Is(err, authkit.ErrSignInTimeout) || time.Since(began) != 10*time.Minute {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// A15, A24: a server that sends tokens of unknown keys does not make the client ask for keys again and again.
func TestA15KeysAreAskedForOnceInACooldown(t *testing.T) {
	inBubble(t, emulator.Config{Rotation: emulator.RotateNever}, func(t *testing.T, w *world, _ *network) {
		c := w.client()
		defer func() { _ = c.Close() }()
		w.signIn(c)
		unknown := "eyJhbGciOiJSUzI1NiIsImtpZCI6Im5vYm9keSJ9." + strings.Join(strings.Split(w.token(c), ".")[1:], ".")
		w.server.AddFaults(emulator.Fault{Route: emulator.Refresh, Times: emulator.Forever, Patch: map[string]any{"access_token": unknown}})
		keys := w.server.Count(emulator.JWKS)
		var refused int
		for range 600 {
			if _, err := c.Refresh(t.Context()); errors.Is(err, authkit.ErrOffline) {
				refused++
			}
			time.Sleep(time.Second)
		}
		if refused == 0 { // in between, the keys cannot be had, and a token straight from the server is taken
			t.Error("a token whose key the server does not name was never refused")
		}
		if k := w.server.Count(emulator.JWKS) - keys; k < 2 || k > 11 {
			t.Errorf("the keys were asked for %d times in ten minutes", k)
		}
	})
}

func withoutKeys(n *network) {
	n.proxy = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.Contains(r.URL.Path, "jwks") {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(rw, r)
	}
}

// An outage of the keys blocks nobody; the signature is checked as soon as they can be had.
func TestATokenTakenWithoutKeysIsVerifiedLater(t *testing.T) {
	for name, good := range map[string]bool{"good": true, "forged": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, emulator.Config{Rotation: emulator.RotateGrace}, func(t *testing.T, w *world, n *network) {
				n.change(withoutKeys)
				c := w.client()
				defer func() { _ = c.Close() }()
				s := w.signIn(c)
				if !good {
					w.server.AddFaults(emulator.Fault{Route: emulator.Refresh, Patch: map[string]any{"access_token": forged(w.token(c))}})
				}
				if _, err := c.Refresh(t.Context()); err != nil {
					t.Fatal(err)
				}
				taken := w.token(c)
				n.change(nil)
				time.Sleep(3 * time.Minute)
				token := w.token(c)
				if good != (token == taken) {
					t.Errorf("the token that could not be verified is still used: %v", token == taken)
				}
				if got, err := c.Session(t.Context()); err != nil || got.ID != s.ID {
					t.Errorf("Session = %v, %v", got, err)
				}
				next := w.client()
				defer func() { _ = next.Close() }()
				if w.token(next) != token {
					t.Error("the next process has another token")
				}
			})
		})
	}
}

// withoutLock makes processes refresh as they like: the lock between them cannot be taken.
func (w *world) withoutLock() {
	w.Helper()
	if err := os.Mkdir(filepath.Join(w.config.Dir, "refresh-default.lock"), 0o700); err != nil {
		w.Fatal(err)
	}
}

// C26, A09: the token that was sent had been spent by another process meanwhile. Its session is taken over, not ended.
func TestC26A09ALoserTakesOverWhatTheWinnerHas(t *testing.T) {
	inBubble(t, emulator.Config{Rotation: emulator.RotateStrict}, func(t *testing.T, w *world, n *network) {
		c, other := w.client(), w.client()
		defer func() { _ = c.Close(); _ = other.Close() }()
		w.signIn(c)
		w.token(other)
		w.withoutLock()
		sent := make(chan struct{})
		n.change(func(n *network) {
			n.proxy = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
				<-sent
				next.ServeHTTP(rw, r)
			}
		})
		lost := make(chan error)
		go func() {
			_, err := c.Refresh(t.Context())
			lost <- err
		}()
		synctest.Wait()
		n.change(nil)
		time.Sleep(time.Second)
		if _, err := other.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		close(sent)
		if err := <-lost; err != nil {
			t.Errorf("Refresh = %v", err)
		}
		if w.token(c) != w.token(other) {
			t.Error("the two have two tokens")
		}
	})
}

// A10: an answer that comes late, as to a process that was stopped, is behind what others have had since.
func TestA10ALateAnswerDoesNotReplaceANewerSession(t *testing.T) {
	inBubble(t, emulator.Config{Rotation: emulator.RotateGrace}, func(t *testing.T, w *world, n *network) {
		c, other := w.client(), w.client()
		defer func() { _ = c.Close(); _ = other.Close() }()
		w.signIn(c)
		w.token(other)
		w.withoutLock()
		late := make(chan struct{})
		n.change(func(n *network) {
			n.proxy = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
				next.ServeHTTP(rw, r)
				<-late
			}
		})
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = c.Refresh(t.Context())
		}()
		synctest.Wait()
		n.change(nil)
		for range 2 { // the same answer again, within the grace, and the one after it
			time.Sleep(time.Second)
			if _, err := other.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		close(late)
		<-done
		if w.token(c) != w.token(other) {
			t.Error("the two have two sessions")
		}
		time.Sleep(time.Minute) // the grace is over
		if _, err := w.client().Refresh(t.Context()); err != nil {
			t.Errorf("the session is lost: %v", err)
		}
	})
}

// The late check of a signature is about one token: by then, another process may have a newer one.
func TestTheLateCheckOfASignatureKeepsWhatOthersHaveSaved(t *testing.T) {
	inBubble(t, emulator.Config{Rotation: emulator.RotateStrict}, func(t *testing.T, w *world, n *network) {
		n.change(withoutKeys)
		c, other := w.client(), w.client()
		defer func() { _ = c.Close(); _ = other.Close() }()
		w.signIn(c)
		time.Sleep(10 * time.Second)
		n.change(nil)
		if _, err := other.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute) // c, which nobody uses, checks its token
		if w.token(c) != w.token(other) {
			t.Error("the two have two tokens")
		}
	})
}
