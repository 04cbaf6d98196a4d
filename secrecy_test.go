package authkit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

// wiretap is a client's transport that keeps each secret that the token endpoint is told or tells, and every address.
type wiretap struct {
	http.RoundTripper

	mu        sync.Mutex // guards what follows
	secrets   map[string][]string
	addresses []string
}

func (w *wiretap) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.addresses = append(w.addresses, req.URL.String())
	if req.GetBody != nil {
		if body, err := req.GetBody(); err == nil {
			sent, _ := io.ReadAll(body)
			w.keep(sent)
		}
	}
	res, err := w.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	w.keep(got)
	res.Body = io.NopCloser(bytes.NewReader(got))
	return res, err
}

// keep takes the secrets out of a body. w.mu is held.
func (w *wiretap) keep(body []byte) {
	var fields map[string]any
	if json.Unmarshal(body, &fields) != nil {
		return
	}
	for _, name := range []string{"access_token", "refresh_token", "code", "code_verifier"} {
		if secret, ok := fields[name].(string); ok && strings.Trim(secret, "abcdefghijklmnopqrstuvwxyz_") != "" { // an error code is none
			w.secrets[name] = append(w.secrets[name], secret)
		}
	}
}

// tapped puts a tap on the line of the clients that are made from now on.
func (w *world) tapped() *wiretap {
	tap := &wiretap{RoundTripper: w.config.HTTPClient.Transport, secrets: map[string][]string{}}
	w.config.HTTPClient = &http.Client{Transport: tap}
	return tap
}

// A loose tongue would have said something by the end of this life: sign-ins, well and badly, refreshes, an outage, a
// switch of account and of organization, an end at the server, and a sign-out.
func (w *world) wholeLife(c *authkit.Client) (errs []error) {
	w.Helper()
	note := func(err error) { errs = append(errs, err) }
	w.signIn(c)
	_, err := c.HandleCallback(w.Context(), w.links[0]+"&x=1")
	note(err)
	w.server.AddFaults(emulator.Fault{Route: emulator.Exchange, Status: 400})
	_, err = c.SignIn(w.Context(), authkit.AddAccount())
	note(err)
	w.signIn(c, authkit.LoginHint("carol@example.com"), authkit.AddAccount())
	_, err = c.SwitchOrganization(w.Context(), "org_foreign")
	note(err)
	for _, drop := range []emulator.Drop{emulator.DropBefore, emulator.DropDone} {
		w.server.AddFaults(emulator.Fault{Route: emulator.Refresh, Drop: drop, Times: emulator.Forever})
		time.Sleep(6 * time.Minute)
		_, err = c.AccessToken(w.Context())
		note(err)
		w.server.ClearFaults()
	}
	_, err = c.Refresh(w.Context())
	note(err)
	w.server.RevokeAllSessions()
	time.Sleep(6 * time.Minute)
	_, err = c.AccessToken(w.Context())
	note(err)
	s := w.signIn(c)
	note(c.SignOut(w.Context()))
	return append(errs, fmt.Errorf("%v %+v %#v", s, s, s)) //nolint:errorlint // a session is printed here
}

// P06, A17: nothing that a program may print has a secret in it: the debug log, errors, and public values by every verb.
func TestP06A17NoSecretIsPrinted(t *testing.T) {
	inBubble(t, emulator.Config{Rotation: emulator.RotateGrace}, func(t *testing.T, w *world, _ *network) {
		var log bytes.Buffer
		tap := w.tapped()
		w.config.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c := w.client()
		errs := w.wholeLife(c)
		_ = c.Close()
		if log.Len() == 0 || errors.Join(errs...) == nil {
			t.Fatal("nothing was printed, so the search proves nothing")
		}
		data, err := json.Marshal(errs)
		if err != nil {
			t.Fatal(err)
		}
		printed := log.String() + string(data) + fmt.Sprintf("%v %+v %#v %v %+v %#v", errs, errs, errs, w.config, w.config, w.config)
		tap.secrets["passphrase"] = []string{testSecret}
		for _, kind := range []string{"access_token", "refresh_token", "code", "code_verifier", "passphrase"} {
			if len(tap.secrets[kind]) == 0 {
				t.Errorf("no %s was seen on the wire, so the search proves nothing", kind)
			}
			for _, secret := range tap.secrets[kind] {
				if strings.Contains(printed, secret) {
					t.Errorf("a %s was printed", kind)
				}
			}
		}
	})
}

// C14: no token, and no verifier, is in an address: neither in those that the client asks for nor in those that it opens
// in the browser. A code is in the redirect alone.
func TestC14TokensNeverTravelInAnAddress(t *testing.T) {
	inBubble(t, emulator.Config{Rotation: emulator.RotateGrace}, func(t *testing.T, w *world, _ *network) {
		tap := w.tapped()
		c := w.client()
		w.wholeLife(c)
		_ = c.Close()
		if len(tap.addresses) < 8 || len(w.pages) < 4 {
			t.Fatalf("%d addresses and %d pages prove nothing", len(tap.addresses), len(w.pages))
		}
		addresses, links := strings.Join(append(tap.addresses, w.pages...), "\n"), strings.Join(w.links, "\n")
		for kind, secrets := range tap.secrets {
			for _, secret := range secrets {
				if strings.Contains(addresses, secret) || kind != "code" && strings.Contains(links, secret) {
					t.Errorf("a %s is in an address", kind)
				}
			}
		}
	})
}
