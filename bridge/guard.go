package bridge

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Guard stands before everything that a window's page can ask for, and lets nobody but the app's own page call the app
// (A21). It knows what a Wails 3 runtime sends, and imports no framework:
//
//	application.AssetOptions{Handler: …, Middleware: bridge.WindowGuard(func(id uint) bool {
//		_, known := app.Window.GetByID(id)
//		return known
//	}).Wrap}
//
// The window's id, which Wails adds itself, says that a request came out of a window, but not from which page in it. That
// is told by what a page cannot choose, as measured with WebKitGTK: a page of another origin either makes a "no-cors"
// request, and then it cannot add the runtime's client id; or it adds that, and then the engine names its origin.
// WebKitGTK asks for no preflight there and names no origin for a page's own requests; Chromium does both.
type Guard struct {
	// Origin is the app's own page, such as wails://localhost.
	Origin string
	// Window tells whether there is a window of that id. Zero: pages are shown in browser tabs, which have none.
	Window func(id uint) bool
	// Sites are the hosts whose pages a page may open in the person's browser, over https. Zero: none.
	Sites []string
	// Policy is the page's content security policy. Zero: none, for a development server's scripts.
	Policy string
}

// PagePolicy lets a page load what the app brought and nothing else, except pictures of people.
const PagePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; " +
	"img-src 'self' https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// WindowGuard guards the windows of a Wails app, which window knows by their ids. The address of the page's development
// server comes from the variable that Wails takes it from: Wails puts its port into the page's origin, and what it brings
// for hot reload no policy of ours would let in.
func WindowGuard(window func(id uint) bool, sites ...string) Guard {
	g := Guard{Origin: "wails://localhost", Window: window, Sites: sites, Policy: PagePolicy}
	if runtime.GOOS == "windows" {
		g.Origin = "http://wails.localhost"
	}
	if dev, err := url.Parse(os.Getenv("FRONTEND_DEVSERVER_URL")); err == nil && dev.Port() != "" {
		g.Origin, g.Policy = g.Origin+":"+dev.Port(), ""
	}
	return g
}

const (
	runtimePath   = "/wails/runtime" // where calls go
	maxCall       = 64 << 10         // bytes; the page's calls have a few hundred
	windowHeader  = "x-wails-window-id"
	clientHeader  = "x-wails-client-id"
	chunkedHeader = "x-wails-chunk-id" // how the runtime sends what is larger than half a MiB
)

// Wrap puts the guard before next.
func (g Guard) Wrap(next http.Handler) http.Handler {
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

func (g Guard) mark(h http.Header) {
	if g.Policy != "" {
		h.Set("Content-Security-Policy", g.Policy)
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // own looks at it
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// reads reports whether a request for the runtime's files, or for the content of a large event, may pass.
func (g Guard) reads(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && g.own(r) && g.knows(r)
}

// own reports whether nothing says that another page is asking.
func (g Guard) own(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		return origin == g.Origin
	}
	referer := r.Header.Get("Referer")
	return referer == "" || strings.HasPrefix(referer, g.Origin+"/")
}

func (g Guard) call(w http.ResponseWriter, r *http.Request, next http.Handler) {
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

func (g Guard) knows(r *http.Request) bool {
	if g.Window == nil {
		return true
	}
	id, err := strconv.ParseUint(r.Header.Get(windowHeader), 10, 32)
	return err == nil && g.Window(uint(id))
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
func (g Guard) allowed(body []byte) bool {
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
func (g Guard) opens(args json.RawMessage) bool {
	var named map[string]any
	if json.Unmarshal(args, &named) != nil {
		return false
	}
	address, _ := named["url"].(string)
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.User == nil && slices.Contains(g.Sites, u.Host)
}

func refuse(w http.ResponseWriter, why string) {
	http.Error(w, why, http.StatusForbidden)
}
