package authkittest_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/authkittest"
	"github.com/authkit-desktop/authkit/emulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSignInByASchemeOfTheApp(t *testing.T) {
	srv := authkittest.NewServer(t, authkittest.Config{RedirectURIs: []string{"com.example.test://callback"}})
	session := srv.SignIn(srv.Client())
	if session.User.Email != "alice@example.com" || session.Role != "admin" {
		t.Errorf("signed in as %s, %q", session.User.Email, session.Role)
	}
}

func TestAnotherPersonAtTheBrowser(t *testing.T) {
	srv := authkittest.New(t)
	client := srv.Client()
	srv.SignInAs("bob@example.com")
	if session := srv.SignIn(client); session.User.Email != "bob@example.com" {
		t.Errorf("signed in as %s", session.User.Email)
	}
}

func TestThePersonCancels(t *testing.T) {
	srv := authkittest.New(t)
	client := srv.Client()
	srv.Browse(srv.Person("alice@example.com").Cancel)
	_, err := client.SignIn(t.Context())
	var refused *authkit.SignInError
	if !errors.As(err, &refused) || refused.Code != "access_denied" {
		t.Errorf("a canceled sign-in gives %v", err)
	}
	srv.WantCalls(emulator.Exchange, 0)
}

func TestSigningOutReachesTheHostedSession(t *testing.T) {
	srv := authkittest.New(t)
	client := srv.Client()
	srv.SignIn(client)
	if err := client.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Session(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
		t.Errorf("after signing out: %v", err)
	}
	opened := srv.Opened()
	if last := opened[len(opened)-1]; !strings.Contains(last, "/user_management/sessions/logout") {
		t.Errorf("the browser was last sent to %s", last)
	}
}

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	mu    sync.Mutex
	fails []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails = append(r.fails, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func TestAPersonWhoCannotGoOnEndsTheSignIn(t *testing.T) {
	r := &recorder{TB: t}
	srv := authkittest.New(r)
	client := srv.Client()
	p := srv.Person("alice@example.com")
	p.Password = "wrong"
	srv.Browse(p.SignIn)
	var ended sync.WaitGroup
	ended.Go(func() { srv.SignIn(client) })
	ended.Wait()
	if len(r.fails) != 1 || !strings.Contains(r.fails[0], "The email or the password is not right.") {
		t.Errorf("a wrong password makes the test say %q", r.fails)
	}
}

func TestWantCallsNoticesTheDifference(t *testing.T) {
	r := &recorder{TB: t}
	srv := authkittest.New(r)
	srv.SignIn(srv.Client())
	srv.WantCalls(emulator.Refresh, 0)
	if len(r.fails) != 0 {
		t.Errorf("no refresh was made, and it says %q", r.fails)
	}
	srv.WantCalls(emulator.Exchange, 2)
	if len(r.fails) == 0 {
		t.Error("one exchange passed for two")
	}
}
