package interop

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/authkit-desktop/authkit/emulator"
)

// window is a real browser at our emulator's pages.
type window struct {
	*driver
	s        *server
	callback string
}

func openWindow(t *testing.T, s *server, callback string) *window {
	t.Helper()
	if err := os.MkdirAll("out", 0o750); err != nil {
		t.Fatal(err)
	}
	return &window{drive(t, "clients/browser.mjs", chromium(t), "out"), s, callback}
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium; scripts/setup interop installs it")
	return ""
}

// authorize opens the page that an app opens.
func (w *window) authorize(pairs ...string) {
	w.t.Helper()
	challenge := oauth2.S256ChallengeFromVerifier(oauth2.GenerateVerifier())
	w.do("page.open", w.s.URL()+w.s.query(challenge, append([]string{"redirect_uri", w.callback}, pairs...)...))
}

// audit looks at a page in light, dark and narrow, with axe and with the Tab key. Its pictures are in out/.
func (w *window) audit(name, heading string) {
	w.t.Helper()
	var found struct {
		Heading  string
		Problems []string
	}
	w.get(&found, "page.audit", name)
	if found.Heading != heading {
		w.t.Errorf("%s: the page is %q instead of %q", name, found.Heading, heading)
	}
	for _, problem := range found.Problems {
		w.t.Errorf("%s: %s", name, problem)
	}
}

// signIn takes the page's way, with the keyboard alone.
func (w *window) signIn(email string) {
	w.t.Helper()
	w.do("page.type", email)
	w.do("page.tab")
	w.do("page.type", emulator.DefaultPassword)
	w.do("page.submit")
}

// at checks where the browser has come to.
func (w *window) at(part string) {
	w.t.Helper()
	var address string
	if w.get(&address, "page.url"); !strings.Contains(address, part) {
		w.t.Fatalf("the browser is at %s instead of %s", address, part)
	}
}

// listen is where the app waits for its redirects.
func listen(t *testing.T) (callback string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	app := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<!doctype html><title>The app</title>")
	})}
	go func() { _ = app.Serve(l) }()
	t.Cleanup(func() { _ = app.Close() })
	return "http://" + l.Addr().String() + "/callback"
}

func TestEveryPageIsAccessibleInARealBrowser(t *testing.T) {
	config := people()
	config.RedirectURIs = append(config.RedirectURIs, "http://127.0.0.1/callback")
	config.Users = append(config.Users, emulator.User{Email: "carol@example.com", FirstName: "Carol", LastName: "Cooper"})
	s := start(t, config)
	w := openWindow(t, s, listen(t))

	auditSignIn(w)
	auditSignUp(w)
	auditChoices(w)
	auditDevice(t, w)
	w.authorize("prompt", "login")
	w.do("page.click", "link", "Cancel")
	w.at("/callback?error=access_denied")
	w.authorize("redirect_uri", "https://attacker.example/")
	w.audit("error", "This link does not work")
	w.do("page.open", s.URL()+"/user_management/sessions/logout?session_id=session_00")
	w.audit("signed-out", "Signed out")
	signedIn(t, s) // so that there is a session to show
	w.do("page.open", s.URL()+"/")
	w.audit("status", "AuthKit emulator")
}

func auditSignIn(w *window) {
	w.authorize()
	w.audit("sign-in", "Sign in")
	w.authorize()
	w.signIn("nobody@example.com")
	w.at("/authkit/sign-in")
	w.audit("sign-in-refused", "Sign in")
}

func auditSignUp(w *window) {
	w.do("page.click", "link", "Create an account")
	w.audit("sign-up", "Create an account")
	w.do("page.fill", "Email", "alice@example.com")
	w.do("page.fill", "Password", "a long password")
	w.do("page.click", "button", "Create account")
	w.audit("sign-up-refused", "Create an account")
}

// auditChoices is about the pages where a person chooses who to be, and for whom.
func auditChoices(w *window) {
	w.authorize()
	w.signIn("alice@example.com")
	w.at("/authkit/organization")
	w.audit("organization", "Choose an organization")
	w.do("page.click", "button", "Globex")
	w.at("/callback?code=")
	w.authorize()
	w.audit("continue", "Welcome back")

	w.s.Change(func(c *emulator.Config) { c.RequireVerifiedEmail = true })
	defer w.s.Change(func(c *emulator.Config) { c.RequireVerifiedEmail = false })
	w.authorize("provider", "GoogleOAuth")
	w.audit("accounts", "Continue with Google")
	w.do("page.click", "button", "Carol Cooper")
	w.at("/authkit/verify")
	w.audit("verify", "Check your email")
}

// auditDevice lets one device in and keeps another out.
func auditDevice(t *testing.T, w *window) {
	w.do("page.forget")
	w.do("page.open", w.s.URL()+"/device")
	w.audit("device", "Connect a device")
	w.do("page.fill", "Code", "XXXX-XXXX")
	w.do("page.submit")
	w.at("user_code=")
	w.audit("device-refused", "Connect a device")
	for _, decision := range []struct{ button, page, heading string }{
		{"No, keep it out", "device-denied", "Denied"},
		{"Yes, let it in", "device-connected", "Device connected"},
	} {
		_, device := w.s.post(t, "/user_management/authorize/device", object{"client_id": w.s.ClientID()})
		w.do("page.open", device.text("verification_uri_complete"))
		if decision.page == "device-denied" { // the first has to say who they are
			w.audit("device-sign-in", "Sign in")
			w.do("page.open", device.text("verification_uri_complete"))
			w.signIn("alice@example.com")
			w.at("/device")
			w.audit("approve", "Connect a device")
		}
		w.do("page.click", "button", decision.button)
		w.audit(decision.page, decision.heading)
	}
}
