package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// A guard stands before everything that a window's page can ask for, and lets nobody but the app's own page call the
// app (A21). It knows what a Wails runtime sends, and imports no framework.
//
// The window's id, which Wails adds itself, says that a request came out of a window, but not from which page in it. That
// is told by what a page cannot choose, as measured with WebKitGTK: a page of another origin either makes a "no-cors"
// request, and then it cannot add the runtime's client id; or it adds that, and then the engine names its origin.
// WebKitGTK asks for no preflight there and names no origin for a page's own requests; Chromium does both.
type guard struct {
	// origin is the app's own page, such as wails://localhost.
	origin string
	// window tells whether there is a window of that id. Nil where pages are shown in browser tabs, which have none.
	window func(id uint) bool
	// sites are the hosts whose pages a page may open in the person's browser, over https.
	sites []string
	// csp is the page's content security policy; empty: none, for a development server's scripts.
	csp string
}

// pagePolicy lets a page load what the app brought and nothing else, except pictures of people.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; " +
	"img-src 'self' https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// newWindowGuard guards the windows of a Wails app. devServer is the address of the page's development server, if any:
// Wails puts its port into the page's origin, and what it brings for hot reload no policy of ours would let in.
func newWindowGuard(devServer string) guard {
	g := guard{origin: "wails://localhost", csp: pagePolicy}
	if runtime.GOOS == "windows" {
		g.origin = "http://wails.localhost"
	}
	if dev, err := url.Parse(devServer); err == nil && dev.Port() != "" {
		g.origin, g.csp = g.origin+":"+dev.Port(), ""
	}
	return g
}

const (
	runtimePath   = "/wails/runtime"
	maxCall       = 64 << 10 // bytes; the page's calls have a few hundred
	windowHeader  = "x-wails-window-id"
	clientHeader  = "x-wails-client-id"
	chunkedHeader = "x-wails-chunk-id" // how the runtime sends what is larger than half a MiB
)

func (g guard) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mark(w.Header())
		path := r.URL.Path
		switch {
		case path == runtimePath:
			g.call(w, r, next)
		case strings.HasPrefix(path, "/wails/") && !g.reads(r):
			refuse(w, "only this app's own page may ask for that")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (g guard) mark(h http.Header) {
	if g.csp != "" {
		h.Set("Content-Security-Policy", g.csp)
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // own looks at it
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// reads reports whether a request for the runtime's files, or for the content of a large event, may pass.
func (g guard) reads(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && g.own(r) && g.knows(r)
}

// own reports whether nothing says that another page is asking.
func (g guard) own(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		return origin == g.origin
	}
	referer := r.Header.Get("Referer")
	return referer == "" || strings.HasPrefix(referer, g.origin+"/")
}

func (g guard) call(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if r.Method != http.MethodPost || r.Header.Get(clientHeader) == "" || !g.own(r) || !g.knows(r) {
		refuse(w, "only this app's own page may call it")
		return
	}
	if r.Header.Get(chunkedHeader) != "" {
		refuse(w, "the call is too large")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCall))
	if err != nil {
		refuse(w, "the call is too large or broken")
		return
	}
	if !g.allowed(body) {
		refuse(w, "the page may not ask for that")
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	next.ServeHTTP(w, r)
}

func (g guard) knows(r *http.Request) bool {
	if g.window == nil {
		return true
	}
	id, err := strconv.ParseUint(r.Header.Get(windowHeader), 10, 32)
	return err == nil && g.window(uint(id))
}

// The runtime's objects that a page has a use for: bound methods, and two conveniences. Windows, dialogs, events to
// other windows and the rest of the runtime stay out of reach, whatever runs in the page.
const (
	objectCall       = 0
	objectClipboard  = 1
	objectBrowser    = 9
	objectCancelCall = 10

	methodSetText = 0
)

// allowed takes the body apart the way the runtime will. An absent body is not allowed: the runtime would then read the
// call from the query.
func (g guard) allowed(body []byte) bool {
	var call struct {
		Object *int            `json:"object"`
		Method *int            `json:"method"`
		Args   json.RawMessage `json:"args"`
	}
	if json.Unmarshal(body, &call) != nil || call.Object == nil || call.Method == nil {
		return false
	}
	switch *call.Object {
	case objectCall, objectCancelCall:
		return true
	case objectClipboard:
		return *call.Method == methodSetText
	case objectBrowser:
		return g.opens(call.Args)
	}
	return false
}

// opens reports whether a page may be opened in the person's browser. The key is looked up as the runtime does, letter
// by letter: encoding/json alone would take "URL" for "url".
func (g guard) opens(args json.RawMessage) bool {
	var named map[string]any
	if json.Unmarshal(args, &named) != nil {
		return false
	}
	address, _ := named["url"].(string)
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.User == nil && slices.Contains(g.sites, u.Host)
}

func refuse(w http.ResponseWriter, why string) {
	http.Error(w, why, http.StatusForbidden)
}
