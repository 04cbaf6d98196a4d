package bridge

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// beyond is what the guard protects: it answers 200 with the body that reached it.
var beyond = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })

func testGuard() http.Handler {
	g := WindowGuard(func(id uint) bool { return id == 1 }, "workos.com")
	g.Origin = "wails://localhost" // also where the tests run on Windows
	return g.Wrap(beyond)
}

const goodCall = `{"object":0,"method":0,"args":{"call-id":"x","methodName":"bridge.Service.State","args":[]}}`

// call is what the runtime in the app's own page sends; change makes it something else.
func call(body string, change func(*http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/wails/runtime", strings.NewReader(body))
	r.Header.Set("Origin", "wails://localhost")
	r.Header.Set("X-Wails-Client-Id", "abc")
	r.Header.Set("X-Wails-Window-Id", "1")
	if change != nil {
		change(r)
	}
	return r
}

func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestA21_OwnPageCallsTheApp(t *testing.T) {
	w := answer(testGuard(), call(goodCall, nil))
	if w.Code != http.StatusOK || w.Body.String() != goodCall {
		t.Fatalf("the page's own call got %d %q", w.Code, w.Body)
	}
}

// WebKitGTK names no origin when a page calls its own.
func TestA21_OwnPageCallsTheAppInWebKit(t *testing.T) {
	for _, referer := range []string{"", "wails://localhost/", "wails://localhost/#/account"} {
		w := answer(testGuard(), call(goodCall, func(r *http.Request) {
			r.Header.Del("Origin")
			r.Header.Set("Referer", referer)
		}))
		if w.Code != http.StatusOK {
			t.Errorf("with referer %q the page's own call got %d", referer, w.Code)
		}
	}
}

func TestA21_NobodyElseCallsTheApp(t *testing.T) {
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, change := range map[string]func(*http.Request){
		"a page of another origin":   header("Origin", "https://evil.example"),
		"a sandboxed frame":          header("Origin", "null"),
		"an origin that looks alike": header("Origin", "wails://localhost.evil.example"),
		"no origin, from another page": func(r *http.Request) {
			r.Header.Del("Origin")
			r.Header.Set("Referer", "http://127.0.0.1:9977/")
		},
		"no origin, from a page that looks alike": func(r *http.Request) {
			r.Header.Del("Origin")
			r.Header.Set("Referer", "wails://localhost.evil.example/")
		},
		"no-cors, which cannot name itself": func(r *http.Request) { r.Header.Del("X-Wails-Client-Id") },
		"no window":                         func(r *http.Request) { r.Header.Del("X-Wails-Window-Id") },
		"an unknown window":                 header("X-Wails-Window-Id", "2"),
		"a window that is no number":        header("X-Wails-Window-Id", "1 or 2"),
		"the query instead of the body":     func(r *http.Request) { r.Method = http.MethodGet },
		"pieces":                            header("X-Wails-Chunk-Id", "1"),
	} {
		if w := answer(testGuard(), call(goodCall, change)); w.Code != http.StatusForbidden {
			t.Errorf("%s: got %d, want a refusal", name, w.Code)
		}
	}
}

func TestA21_PageReachesBoundMethodsAndLittleElse(t *testing.T) {
	for body, want := range map[string]int{
		`{"object":10,"method":0,"args":{"call-id":"x"}}`:                                    200, // cancel a call
		`{"object":1,"method":0,"args":{"text":"copied"}}`:                                   200,
		`{"object":1,"method":1}`:                                                            403, // read the clipboard
		`{"object":9,"method":0,"args":{"url":"https://workos.com/docs"}}`:                   200,
		`{"object":9,"method":0,"args":{"url":"https://evil.example/workos.com"}}`:           403,
		`{"object":9,"method":0,"args":{"url":"https://workos.com@evil.example/"}}`:          403,
		`{"object":9,"method":0,"args":{"url":"http://workos.com/"}}`:                        403,
		`{"object":9,"method":0,"args":{"url":"ssh://workos.com/"}}`:                         403,
		`{"object":9,"method":0,"args":{"URL":"https://workos.com/","url":"file:///x"}}`:     403,
		`{"object":9,"method":0,"args":["https://workos.com/"]}`:                             403,
		`{"object":6,"method":1,"args":{"url":"https://evil.example"}}`:                      403, // a window's methods
		`{"object":3,"method":0,"args":{"name":"authkit:state","data":{"status":"forged"}}}`: 403, // events to other windows
		`{"object":0,"object":6,"method":0}`:                                                 403, // the last one counts
		`{"method":0}`:                                                                       403,
		`{}`:                                                                                 403,
		``:                                                                                   403,
		`[1,2`:                                                                               403,
		`{"object":0,"method":0,"args":"` + strings.Repeat("x", maxCall) + `"}`:              403,
	} {
		if w := answer(testGuard(), call(body, nil)); w.Code != want {
			t.Errorf("%.90s: got %d, want %d", body, w.Code, want)
		}
	}
}

func TestA21_RuntimeFilesAreForTheOwnPage(t *testing.T) {
	get := func(change func(*http.Request)) int {
		r := httptest.NewRequest(http.MethodGet, "/wails/runtime.js", nil)
		r.Header.Set("X-Wails-Window-Id", "1")
		change(r)
		return answer(testGuard(), r).Code
	}
	if got := get(func(*http.Request) {}); got != http.StatusOK {
		t.Errorf("the page's own script got %d", got)
	}
	if got := get(func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }); got != http.StatusForbidden {
		t.Errorf("a foreign page got %d", got)
	}
	if got := get(func(r *http.Request) { r.Method = http.MethodPost }); got != http.StatusForbidden {
		t.Errorf("a post got %d", got)
	}
}

func TestA21_PageLoadsNothingForeign(t *testing.T) {
	w := answer(testGuard(), httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Security-Policy") != PagePolicy {
		t.Fatalf("the page came with %d and policy %q", w.Code, w.Header().Get("Content-Security-Policy"))
	}
	for _, part := range []string{"default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "form-action 'none'"} {
		if !strings.Contains(PagePolicy, part) {
			t.Errorf("the policy lacks %q", part)
		}
	}
}

func TestDevelopmentServerIsPartOfTheOrigin(t *testing.T) {
	t.Setenv("FRONTEND_DEVSERVER_URL", "http://127.0.0.1:5173")
	g := WindowGuard(nil)
	if !strings.HasSuffix(g.Origin, "localhost:5173") || g.Policy != "" {
		t.Errorf("origin %q, policy %q", g.Origin, g.Policy)
	}
}

func FuzzGuard(f *testing.F) {
	f.Add(goodCall)
	f.Add(`{"object":9,"method":0,"args":{"url":"https://workos.com/docs"}}`)
	g := Guard{Sites: []string{"workos.com"}}
	f.Fuzz(func(t *testing.T, body string) {
		if g.allowed([]byte(body)) && !strings.Contains(strings.ToLower(body), "object") {
			t.Fatalf("%q names no object and was let through", body)
		}
	})
}
