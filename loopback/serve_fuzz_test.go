package loopback

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// deaf is a receiver without a port, which answers at once.
func deaf() *Receiver {
	config := Config{Match: expecting("right")}
	config.fillIn()
	r := &Receiver{
		config:  config,
		host:    "127.0.0.1:8080",
		origin:  "http://127.0.0.1:8080",
		door:    &door{},
		arrived: make(chan *Redirect, 1),
		done:    make(chan struct{}),
	}
	r.close.Do(func() { close(r.done) })
	return r
}

// Whatever is sent to the port, only a request that satisfies C19 is delivered,
// and everything gets an answer.
func FuzzA05_OnlyTheAwaitedRedirectIsDelivered(f *testing.F) {
	const host = "Host: 127.0.0.1:8080\r\n"
	for _, seed := range []string{
		"GET /callback?code=c&state=right HTTP/1.1\r\n" + host + "\r\n",
		"GET /callback?code=c&state=right&state=right HTTP/1.1\r\n" + host + "\r\n",
		"GET /callback?error=access_denied&state=wrong HTTP/1.1\r\n" + host + "\r\n",
		"GET http://127.0.0.1:8080/callback?state=right HTTP/1.0\r\n\r\n",
		"GET /callb%61ck?state=right HTTP/1.1\r\nHost: evil\r\n\r\n",
		"POST /callback?state=right HTTP/1.1\r\n" + host + "Content-Length: 1\r\n\r\nx",
		"OPTIONS * HTTP/1.1\r\n" + host + "Origin: null\r\n\r\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			return // net/http answers these itself
		}
		r, answer := deaf(), httptest.NewRecorder()
		r.serve(answer, request)
		for name := range answer.Header() {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("answer carries %s", name)
			}
		}
		redirect := r.awaited()
		if redirect == nil {
			if answer.Code < 400 || answer.Body.Len() == 0 {
				t.Errorf("a stray got %d and %d bytes", answer.Code, answer.Body.Len())
			}
			return
		}
		u, err := url.Parse(redirect.URL)
		if err != nil || request.Method != http.MethodGet || request.Host != r.host ||
			!strings.HasPrefix(redirect.URL, r.RedirectURI()+"?") || u.Query().Get("state") != "right" {
			t.Errorf("delivered %q from %q", redirect.URL, raw)
		}
		if answer.Code != 200 || strings.Contains(answer.Body.String(), request.URL.RawQuery) {
			t.Errorf("answer %d repeats the parameters or fails", answer.Code)
		}
	})
}

// Nothing that a reason may contain gets out of its paragraph.
func FuzzC20_ReasonsCannotChangeThePage(f *testing.F) {
	for _, seed := range []string{"plain", "<script>alert(1)</script>", `"><img src=x onerror=a()>`, "</p></main>", "{{.JS}}", "\x00\u202e&lt;"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, app, reason string) {
		answer := httptest.NewRecorder()
		show(answer, 200, view{Kind: "failure", Title: "t", AppName: app, Reason: plain(reason)})
		plainPage := httptest.NewRecorder()
		show(plainPage, 200, view{Kind: "failure", Title: "t", AppName: "a", Reason: "r"})
		for _, mark := range []string{"<", ">", `"`} {
			got, want := strings.Count(answer.Body.String(), mark), strings.Count(plainPage.Body.String(), mark)
			if plain(reason) == "" {
				want -= strings.Count(`<p class="reason" dir="auto"></p>`, mark)
			}
			if got != want {
				t.Fatalf("%d of %q in the page, want %d, for %q and %q", got, mark, want, app, reason)
			}
		}
	})
}
