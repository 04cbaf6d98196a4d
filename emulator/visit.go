package emulator

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// cookieName is that of the hosted session. Its value is a key into the server's memory.
const cookieName = "authkit_emulator"

// browser is a browser in which somebody is signed in to the hosted pages.
type browser struct {
	key      string
	userID   string
	method   string // how they proved who they are, as in authentication_method
	since    time.Time
	sessions []string // those started from here; ending one of them signs the browser out
}

// visit is one request of a person's browser to a hosted page: what the app wants, and who is there.
type visit struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	want    *authorizeRequest // nil on the way to approving a device
	code    string            // the device's user code, else empty
	browser *browser          // nil: nobody is signed in
}

// visit checks what a page was opened for. When it returns false, the answer has been given.
func (s *Server) visit(w http.ResponseWriter, r *http.Request) (*visit, bool) {
	v := &visit{s: s, w: w, r: r, browser: s.browserOf(r)}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		v.refuseHere(oauthRefusal("invalid_request", unsendable["invalid_request"]))
		return nil, false
	}
	if v.code = q.Get("user_code"); v.code != "" && r.URL.Path != "/user_management/authorize" {
		return v, true
	}
	want, refused := s.parseAuthorize(q)
	v.want = want
	switch {
	case refused != nil && want == nil:
		v.refuseHere(refused)
		return nil, false
	case refused != nil:
		noteError(w, refused.code)
		v.refuse(refused)
		return nil, false
	}
	return v, true
}

func (s *Server) browserOf(r *http.Request) *browser {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.browsers.get(s.now(), cookie.Value)
	if !ok || s.users[b.userID] == nil {
		return nil
	}
	return b
}

// person is who is signed in to the hosted pages here, or nil.
func (v *visit) person() *account {
	if v.browser == nil {
		return nil
	}
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	return v.s.users[v.browser.userID]
}

// signIn remembers the person in this browser, under a new key each time so that one planted before
// is worth nothing, and goes on.
func (v *visit) signIn(a *account, method string) {
	now := v.s.now()
	b := &browser{key: rand.Text(), userID: a.ID, method: method, since: now}
	v.s.mu.Lock()
	if v.browser != nil {
		v.s.browsers.remove(v.browser.key)
	}
	v.s.browsers.put(now, b.key, b, now.Add(24*time.Hour))
	v.s.mu.Unlock()
	// Lax, not Strict: the app opens authorize from outside, and the person is to be recognized.
	http.SetCookie(v.w, &http.Cookie{ //nolint:gosec // not Secure: there is no TLS on loopback, and the cookie is worth nothing elsewhere
		Name: cookieName, Value: b.key, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	v.browser = b
	v.proceed(a, b)
}

// proceed leads an authenticated person to the next page that wants something of them, or back to the app.
func (v *visit) proceed(a *account, b *browser) {
	switch c := v.s.config(); {
	case c.RequireVerifiedEmail && !a.EmailVerified && c.AutoSignIn == "":
		v.goTo("verify")
	case v.code != "":
		v.goTo("/device")
	default:
		v.enterOrganization(a, b)
	}
}

// enterOrganization settles for which organization the session is: the requested one, the only one,
// or the chosen one.
func (v *visit) enterOrganization(a *account, b *browser) {
	invited, problem := v.acceptInvitation(a)
	if problem != "" {
		v.again(http.StatusForbidden, problem)
		return
	}
	v.s.mu.Lock()
	mine := v.s.organizationsOfLocked(a)
	v.s.mu.Unlock()
	wanted := v.wantedOrganization()
	fill(&wanted, invited)
	for _, org := range mine {
		if org.ID == wanted || wanted == "" && len(mine) == 1 {
			v.backToApp(a, b, org.ID)
			return
		}
	}
	c := v.s.config()
	switch {
	case wanted != "":
		v.again(http.StatusForbidden, a.Email+" is not a member of the organization that the app asks for.")
	case len(mine) == 0 || c.SelectOrganizationAtExchange:
		v.backToApp(a, b, "")
	case c.AutoSignIn != "":
		v.backToApp(a, b, mine[0].ID)
	default:
		v.goTo("organization")
	}
}

// wantedOrganization is the one the app asked for, else the one the person chose.
func (v *visit) wantedOrganization() string {
	if v.want.organizationID != "" {
		return v.want.organizationID
	}
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	if c, ok := v.s.connections[v.want.connectionID]; ok {
		return c.Organization
	}
	return v.r.PostFormValue("organization_id")
}

// backToApp ends the visit with a code. Only now is an invitation spent: the pages before carry it.
func (v *visit) backToApp(a *account, b *browser, org string) {
	v.s.mu.Lock()
	delete(v.s.invitations, v.want.invitation)
	v.s.mu.Unlock()
	key := v.s.newCode(&code{
		userID: a.ID, organizationID: org, method: b.method, since: b.since, browser: b.key,
		// Copies: parts of the query would keep all of it.
		redirectURI: strings.Clone(v.want.redirectURI), challenge: strings.Clone(v.want.challenge),
	})
	v.leave(withQuery(v.want.redirectURI, map[string]string{"code": key, "state": v.want.state}))
}

// unattended says that nobody is there to read a page.
func (v *visit) unattended() bool {
	return v.want != nil && (v.want.prompt == "none" || v.s.config().AutoSignIn != "")
}

// goTo opens another page for the same purpose.
func (v *visit) goTo(page string) {
	if v.unattended() {
		v.refuse(oauthRefusal("interaction_required", "The sign-in needs the page "+page+", and nobody is there to see it."))
		return
	}
	v.w.Header().Set("Location", v.to(page))
	v.w.WriteHeader(http.StatusSeeOther)
}

func (v *visit) to(page string) string {
	if page[0] != '/' {
		page = "/authkit/" + page
	}
	if v.want == nil {
		return page + "?" + url.Values{"user_code": {v.code}}.Encode()
	}
	return page + "?" + v.want.raw
}
