package authkit_test

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

// FuzzHandleCallback holds C07, C09, C11 and A11 against any link while a sign-in is under way, whose state stands in the link
// for the word STATE: nobody is signed in by an invention, and only a link to the very redirect, with the state once and a code
// or an error once, ends that sign-in. All others leave it as it is.
func FuzzHandleCallback(f *testing.F) {
	for _, link := range []string{"workos-auth://callback?code=a&state=STATE", "workos-auth:/callback?code=a&state=b", "workos-auth:callback?error=x&state=STATE",
		"workos-auth://callback/more?code=a&state=STATE", "workos-auth://x@callback?code=a&state=STATE", "workos-auth://callback?code=a&state=STATE&state=b",
		"http://127.0.0.1/callback?code=a&state=STATE", "\x00://%zz"} {
		f.Add(link)
	}
	server, err := emulator.Start(emulator.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = server.Close() })
	pages := make(chan string, 1)
	c, err := authkit.New(authkit.Config{ClientID: server.ClientID(), AppID: "com.example.fuzz", APIURL: server.URL(), AllowEmulator: true,
		EncryptionSecret: testSecret, Dir: filepath.Join(f.TempDir(), "state"), RedirectURI: "workos-auth://callback",
		OpenBrowser: func(_ context.Context, page string) error { pages <- page; return nil }})
	if err != nil {
		f.Fatal(err)
	}
	state, outcome := begin(f, c, pages)
	f.Cleanup(func() {
		_ = c.Close()
		<-outcome // it still has an attempt to forget
	})
	f.Fuzz(func(t *testing.T, link string) {
		link = strings.ReplaceAll(link, "STATE", state)
		_, err := c.HandleCallback(t.Context(), link)
		var ended *authkit.SignInError
		switch {
		case err == nil:
			t.Errorf("%q signed somebody in", link)
		case !errors.As(err, &ended):
			select {
			case err := <-outcome:
				t.Fatalf("%q ended the sign-in: %v", link, err)
			default:
			}
			return
		case !isAnswer(link, state):
			t.Errorf("%q was taken for the answer: %v", link, err)
		}
		if err := mustEnd(t, outcome); !errors.As(err, &ended) {
			t.Errorf("the sign-in ended with %v", err)
		}
		state, outcome = begin(t, c, pages)
	})
}

// begin begins a sign-in, and returns when its page is open.
func begin(tb testing.TB, c *authkit.Client, pages <-chan string) (state string, outcome <-chan error) {
	tb.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := c.SignIn(context.Background())
		done <- err
	}()
	select {
	case page := <-pages:
		u, err := url.Parse(page)
		if err != nil {
			tb.Fatal(err)
		}
		return u.Query().Get("state"), done
	case err := <-done:
		tb.Fatal(err)
		return "", nil
	}
}

// place is how systems write the redirect: with no slash, one, or more.
var place = regexp.MustCompile(`(?i)^\s*workos-auth:/*callback/*\?`)

func isAnswer(link, state string) bool {
	_, after, _ := strings.Cut(link, "?")
	query, _, _ := strings.Cut(after, "#")
	q, err := url.ParseQuery(strings.TrimSpace(query))
	return err == nil && place.MatchString(link) && len(q["state"]) == 1 && q.Get("state") == state &&
		len(q["code"]) <= 1 && len(q["error"]) <= 1 && q.Get("code")+q.Get("error") != ""
}
