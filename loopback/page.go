package loopback

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"unicode"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// The style and the script are in the page and allowed by their hashes, so that
// nothing that might slip into the page from outside can run (C20).
var pagePolicy = strings.Join([]string{
	"default-src 'none'",
	"style-src " + sourceHash(pageCSS),
	"script-src " + sourceHash(pageJS),
	"img-src data:",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
}, "; ")

func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// protect sets what every answer carries: the address held a code, so the page
// is not stored, framed, or named to others as a referrer.
func protect(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", pagePolicy)
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
}

// view is what the page shows.
type view struct {
	Kind     string // "success", "failure" or "neutral"
	Title    string
	AppName  string
	Reason   string // why it failed, from outside
	Advice   string
	CSS      template.CSS
	JS       template.JS
	AutoHide bool // try to close the tab
}

func (r *Receiver) answer(w http.ResponseWriter, req *http.Request, outcome error) {
	if r.config.Page != nil {
		w.Header().Del("Content-Security-Policy")
		r.config.Page(w, req, outcome)
		return
	}
	show(w, http.StatusOK, outcomeView(r.config.AppName, outcome))
}

func outcomeView(app string, outcome error) view {
	switch {
	case outcome == nil:
		return view{Kind: "success", Title: "You are signed in", AppName: app, Advice: "You can close this tab and return to", AutoHide: true}
	case errors.Is(outcome, ErrNoAnswer):
		return view{Kind: "neutral", Title: "Sign-in is not finished", AppName: app, Advice: "To see how it ends, return to"}
	default:
		return view{Kind: "failure", Title: "Sign-in failed", AppName: app, Reason: plain(outcome.Error()), Advice: "To try again, return to"}
	}
}

// turnAway answers a stray request. Someone may be looking at it: a tab restored
// from yesterday, or the back button.
func (r *Receiver) turnAway(w http.ResponseWriter, req *http.Request, no *refusal) {
	r.config.Logger.Debug("stray request on the loopback port", "method", req.Method, "status", no.status, "reason", no.reason)
	if no.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodGet)
	}
	show(w, no.status, view{
		Kind:    "neutral",
		Title:   "Nothing to do here",
		AppName: r.config.AppName,
		Reason:  no.reason,
		Advice:  "Nothing was changed. To sign in, return to",
	})
}

func show(w http.ResponseWriter, status int, v view) {
	v.CSS, v.JS = template.CSS(pageCSS), template.JS(pageJS) //nolint:gosec // G203: our own files, compiled in
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = pageTemplate.Execute(w, v) // fails only when the browser has gone
}

// maxReason is room for a few sentences, in characters.
const maxReason = 400

// plain makes a text from outside fit for a page: one line, of a bounded
// length, without control characters or marks that reorder what is read.
// Escaping is the template's work.
func plain(text string) string {
	text = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case !unicode.IsPrint(c):
			return -1
		}
		return c
	}, strings.ToValidUTF8(text, "\uFFFD"))
	letters := []rune(strings.Join(strings.Fields(text), " "))
	if len(letters) > maxReason {
		letters = append(letters[:maxReason], '…')
	}
	return string(letters)
}
