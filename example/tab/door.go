// Package tab shows the app on a machine without a display: in a tab of one browser, behind a door, told of changes by a
// stream. An app that people install leaves it out.
package tab

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"html/template"
	"net/http"
	"sync/atomic"
)

// Door stands before an app that is served to a browser tab. Who has the link that was printed gets a cookie, once;
// everybody else on this machine, and every page on the web, gets a plain refusal.
//
// What it cannot do: cookies know no ports, so another server on 127.0.0.1 that the person visits with the same browser
// is sent this cookie too. Who shares the machine with others opens the link in a private window.
type Door struct {
	host   string // host:port, the only one that is answered (A06)
	token  string // opens once
	key    string // the cookie's value
	opened atomic.Bool
}

// NewDoor makes a door before host:port.
func NewDoor(host string) *Door {
	return &Door{host: host, token: rand.Text(), key: rand.Text()}
}

// Link is what the person opens.
func (d *Door) Link() string { return fmt.Sprintf("http://%s/?token=%s", d.host, d.token) }

const cookieName = "authkit-example"

// Wrap puts the door before next.
func (d *Door) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.URL.Query().Get("token")
		switch {
		case r.Host != d.host:
			d.turnAway(w, http.StatusMisdirectedRequest)
		case d.hasKey(r):
			next.ServeHTTP(w, r)
		case r.Method == http.MethodGet && r.URL.Path == "/" && same(token, d.token) && d.opened.CompareAndSwap(false, true):
			d.letIn(w)
		default:
			d.turnAway(w, http.StatusForbidden)
		}
	})
}

func (d *Door) hasKey(r *http.Request) bool {
	for _, cookie := range r.CookiesNamed(cookieName) {
		if same(cookie.Value, d.key) {
			return true
		}
	}
	return false
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// letIn answers with a page that goes on by itself. A redirect would be followed without the cookie where the link was
// clicked on another site's page, because SameSite=Strict looks at where the chain began.
func (d *Door) letIn(w http.ResponseWriter) {
	//nolint:gosec // G124: not Secure, because this is http, on the machine itself
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: d.key, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	w.Header().Set("Refresh", "0; url=/")
	plain(w, http.StatusOK, "Opening the app", "If it does not open by itself, follow this link:", template.URL("/"))
}

func (d *Door) turnAway(w http.ResponseWriter, status int) {
	plain(w, status, "This app is not open to this browser",
		"Open the link that the app has printed where it was started. It works once; start the app again for another one.", "")
}

var plainPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>{{.Title}}</title><body style="font-family: system-ui; max-width: 34rem; margin: 4rem auto; padding: 0 1rem">
<h1>{{.Title}}</h1><p>{{.Text}}</p>{{with .Link}}<p><a href="{{.}}">Go on</a></p>{{end}}
`))

func plain(w http.ResponseWriter, status int, title, text string, link template.URL) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_ = plainPage.Execute(w, struct {
		Title, Text string
		Link        template.URL
	}{title, text, link})
}
