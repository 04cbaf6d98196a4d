package authkit_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

// C01: the page goes to the person's browser, as it is, and nowhere else: the program asks for no page itself.
func TestC01TheSignInPageIsOpenedInThePersonsBrowserAlone(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	c := w.client()
	w.signIn(c)
	if len(w.pages) != 1 || !strings.HasPrefix(w.pages[0], w.server.URL()+"/user_management/authorize?") {
		t.Errorf("the browser was shown %d pages", len(w.pages))
	}
	if n := w.server.Count(emulator.Authorize); n != 1 {
		t.Errorf("the page was asked for %d times, want once by the browser", n)
	}
}

// C08: an answer works once for all processes together, and the server is not troubled with a second try.
func TestC08AnAnswerWorksOnceForAllProcesses(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	link, outcome, cancel := w.waiting(w.client())
	defer cancel()
	if _, err := w.client().HandleCallback(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client().HandleCallback(t.Context(), link); !errors.Is(err, authkit.ErrNoAttempt) {
		t.Errorf("the same link in a third process: %v", err)
	}
	if err := mustEnd(t, outcome); err != nil {
		t.Errorf("the process that waited: %v", err)
	}
	if n := w.server.Count(emulator.Exchange); n != 1 {
		t.Errorf("%d exchanges, want 1", n)
	}
}

// C10, C11: the redirect belongs to the attempt. One that the app would also take, but that this attempt did not ask for,
// brings nothing in.
func TestC10C11ACallbackOnAnotherRedirectThanTheAttemptsIsRefused(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	scheme := w.client()
	link, outcome, cancel := w.waiting(scheme)
	defer cancel()
	_, answer, _ := strings.Cut(link, "?")
	other := w.client(func(cfg *authkit.Config) { cfg.RedirectURI = "http://127.0.0.1:9/callback" })
	for _, c := range []*authkit.Client{scheme, other} {
		if _, err := c.HandleCallback(t.Context(), "http://127.0.0.1:9/callback?"+answer); !errors.Is(err, authkit.ErrNoAttempt) {
			t.Errorf("an answer at another redirect: %v", err)
		}
	}
	// What this process is configured for does not matter: the attempt says where its answer comes.
	if _, err := other.HandleCallback(t.Context(), link); err != nil {
		t.Errorf("the attempt's own redirect: %v", err)
	}
	if err := mustEnd(t, outcome); err != nil {
		t.Error(err)
	}
}

// A02: a code that somebody brings into an attempt of ours, with the right state, was not made with its verifier.
func TestA02ACodeOfAnotherAttemptSignsNobodyIn(t *testing.T) {
	w := newWorld(t, emulator.Config{})
	mallory, victim := w.client(func(cfg *authkit.Config) { cfg.Dir += "-mallory" }), w.client()
	theirs, _, endTheirs := w.waiting(mallory)
	defer endTheirs()
	ours, outcome, endOurs := w.waiting(victim)
	defer endOurs()
	stolen, injected := mustParse(t, theirs), mustParse(t, ours)
	query := injected.Query()
	query.Set("code", stolen.Query().Get("code"))
	injected.RawQuery = query.Encode()
	var refused *authkit.SignInError
	if _, err := victim.HandleCallback(t.Context(), injected.String()); !errors.As(err, &refused) || refused.Code != "invalid_grant" {
		t.Errorf("HandleCallback = %v", err)
	}
	if err := mustEnd(t, outcome); !errors.As(err, &refused) {
		t.Errorf("SignIn = %v", err)
	}
	if _, err := victim.Session(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
		t.Errorf("Session = %v", err)
	}
}

func mustParse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
