package tab

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// beyond is what the door protects: it answers 200.
var beyond = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const testHost = "127.0.0.1:8484"

func get(target string, cookies ...*http.Cookie) *http.Request {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	return r
}

func TestDoorOpensOnceForTheLinkAndThenForItsCookie(t *testing.T) {
	d := NewDoor(testHost)
	app := d.Wrap(beyond)
	first := answer(app, get(d.Link()))
	cookies := first.Result().Cookies()
	if first.Code != http.StatusOK || len(cookies) != 1 {
		t.Fatalf("the link got %d and %d cookies", first.Code, len(cookies))
	}
	if c := cookies[0]; !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Domain != "" {
		t.Errorf("the cookie is looser than it should be: %v", c)
	}
	if strings.Contains(first.Body.String(), d.key) || strings.Contains(first.Body.String(), d.token) {
		t.Error("the page that opens the app has a secret in it")
	}
	if w := answer(app, get("http://"+testHost+"/account", cookies...)); w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("with the cookie: %d %q", w.Code, w.Body)
	}
	if w := answer(app, get(d.Link())); w.Code != http.StatusForbidden {
		t.Errorf("the link worked twice: %d", w.Code)
	}
	if w := answer(app, get(d.Link(), cookies...)); w.Code != http.StatusOK {
		t.Errorf("the link again in the same browser: %d", w.Code)
	}
}

func TestDoorIsClosedToEverybodyElse(t *testing.T) {
	d := NewDoor(testHost)
	app := d.Wrap(beyond)
	post := httptest.NewRequest(http.MethodPost, d.Link(), nil)
	for name, r := range map[string]*http.Request{
		"nothing":         get("http://" + testHost + "/"),
		"a wrong token":   get("http://" + testHost + "/?token=" + d.key),
		"an empty token":  get("http://" + testHost + "/?token="),
		"a wrong cookie":  get("http://"+testHost+"/", &http.Cookie{Name: cookieName, Value: d.token}),
		"an empty cookie": get("http://"+testHost+"/", &http.Cookie{Name: cookieName}),
		"another path":    get("http://" + testHost + "/wails/runtime?token=" + d.token),
		"a post":          post,
	} {
		w := answer(app, r)
		if w.Code != http.StatusForbidden || len(w.Result().Cookies()) != 0 {
			t.Errorf("%s: got %d, want a refusal", name, w.Code)
		}
		if !strings.Contains(w.Body.String(), "not open to this browser") {
			t.Errorf("%s: the refusal does not explain itself", name)
		}
	}
	if d.opened.Load() {
		t.Error("a refused request has used the link up")
	}
}

func TestA06_DoorAnswersToItsOwnHostOnly(t *testing.T) {
	d := NewDoor(testHost)
	app := d.Wrap(beyond)
	key := &http.Cookie{Name: cookieName, Value: d.key}
	for _, host := range []string{"evil.example:8484", "localhost:8484", "127.0.0.1", "127.0.0.1:8485", "[::1]:8484", ""} {
		for _, target := range []string{"/", "/?token=" + d.token} {
			r := get("http://"+testHost+target, key)
			r.Host = host
			if w := answer(app, r); w.Code != http.StatusMisdirectedRequest {
				t.Errorf("host %q, %s: got %d", host, target, w.Code)
			}
		}
	}
}
