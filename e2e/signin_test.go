//go:build linux

package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// The whole way of a person, in the order in which they go it. Each step needs the one before, so it is one test. C01, C24.
func TestAPersonSignsInAndStaysSignedIn(t *testing.T) {
	p := newPerson(t)
	stop := p.d.Record()

	p.step("open the app")
	p.app.Open()
	p.window.Reads("Sign in to continue")
	p.window.Picture("1-signed-out", Heading, "Kept for you") // painted after what stands above it

	p.step("press Sign in")
	p.window.Click(Button, "Sign in")
	p.fillForm("2-browser")

	p.step("the link comes back to the running app")
	first := p.app.Running()
	p.browser.ClickAway("Open " + appName)
	p.window.Reads("Welcome, Alice")
	p.app.ComesToFront()
	p.window.Picture("3-welcome", Heading, "Welcome, Alice")
	stop()
	p.handedOverBySecondProcess(first)

	p.step("kill -9, network gone, open again")
	p.app.Kill()
	p.net.Unplug()
	p.app.Open()
	p.window.Reads("Welcome, Alice")
	p.window.Click(Link, "Account")
	p.window.Reads(p.net.Sessions()[0].ID)
	p.window.Picture("4-account-without-network", Static, "expired; the next use renews it")

	p.step("a second start")
	p.app.RaiseBrowser()
	p.app.OpenAgain()
	p.app.ComesToFront()

	p.step("sign out")
	p.net.Plug()
	session := p.net.Sessions()[0]
	p.window.Click(Button, "Sign out")
	p.window.Reads("Sign in to see your account")
	p.d.Wait("the browser ends the hosted session", func() bool {
		return p.net.Visited("/user_management/sessions/logout", "session_id="+session.ID)
	})
	p.browser.Reads("You are signed out")
	p.app.OpenAgain()
	p.app.ComesToFront()
	p.window.Picture("5-signed-out", Heading, "Account")

	p.step("sign in, and the app is not running when the link comes")
	p.window.Click(Button, "Sign in")
	p.fillForm("6-browser-again")
	p.app.Kill()
	p.browser.ClickAway("Open " + appName)
	p.window.Reads("Welcome, Alice")
	p.window.Picture("7-welcome-after-cold-start", Heading, "Welcome, Alice")
	p.step("end")
}

// The app's name for people, and that for desktops and screen readers.
const (
	appName = "AuthKit Desktop"
	appID   = "com.github.authkit-desktop.example"
)

// person is who sits before the desktop.
type person struct {
	t       *testing.T
	d       *Desktop
	net     *Network
	app     *App
	window  View
	menus   View
	browser View

	begun time.Time
	doing string
}

func newPerson(t *testing.T) *person {
	p := &person{t: t, begun: time.Now(), doing: "log in to the desktop"}
	p.net = NewNetwork(t)
	p.d = NewDesktop(t)
	p.d.Env = append(p.d.Env, "WORKOS_API_URL="+p.net.URL(), "WORKOS_CLIENT_ID="+p.net.ClientID())
	p.d.UseChromium()
	p.app = NewApp(p.d)
	screen := NewScreen(p.d)
	p.window, p.menus, p.browser = screen.Pages(), screen.Program(appID), screen.Program("Chromium")
	return p
}

// step closes one step with its time, and opens the next.
func (p *person) step(next string) {
	p.t.Logf("%6d ms  %s", time.Since(p.begun).Milliseconds(), p.doing)
	p.begun, p.doing = time.Now(), next
}

func (p *person) fillForm(picture string) {
	p.t.Helper()
	p.step("fill in the form")
	p.browser.Fill(Entry, "Email", "alice@example.com")
	p.browser.Fill(Password, "Password", emulator.DefaultPassword)
	p.browser.Picture(picture, Button, "Sign in")
	p.browser.Click(Button, "Sign in")
}

// handedOverBySecondProcess checks what the system did with the link: it started the app once more with the link behind the
// marker; that process is gone, and the first is the one that still runs.
func (p *person) handedOverBySecondProcess(first []Process) {
	p.t.Helper()
	started := p.app.Started()
	last := started[len(started)-1]
	if len(first) != 1 || last.PID == first[0].PID {
		p.t.Fatalf("the system started no second process for the link: %v", started)
	}
	if len(last.Args) != 2 || last.Args[0] != "--open-url" || !strings.HasPrefix(last.Args[1], "workos-auth://callback?") {
		p.t.Errorf("the second process got %q, want the marker and the link", last.Args)
	}
	p.d.Wait("the second process has left", func() bool {
		return slices.EqualFunc(p.app.Running(), first, func(a, b Process) bool { return a.PID == b.PID })
	})
}
