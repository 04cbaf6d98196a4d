package authkit

import (
	"net/url"
	"testing"
)

// C11, C22: what counts as the redirect of an attempt, part by part.
func TestC11C22ARedirectIsComparedExactly(t *testing.T) {
	for _, c := range []struct {
		registered, got string
		want            bool
	}{
		{"com.example.app://callback", "com.example.app://callback?code=c", true},
		{"com.example.app://callback", "com.example.app:/callback?code=c", true},
		{"com.example.app://callback", "com.example.app:callback?code=c", true},
		{"com.example.app://callback", "com.example.app://callback/?code=c", true},
		{"com.example.app:/callback", "com.example.app://callback?code=c", true},
		{"com.example.app://callback", "COM.Example.App://Callback?code=c", true}, // browsers may fold the case of both
		{"com.example.app://a/callback", "com.example.app:/a/callback", true},
		{"com.example.app://callback", "com.example.app://callback2", false},
		{"com.example.app://callback", "com.example.app://callback/x", false},
		{"com.example.app://callback", "com.example.app://x/callback", false},
		{"com.example.app://a/callback", "com.example.app://a/Callback", false},
		{"com.example.app://callback", "com.example.app2://callback", false},
		{"com.example.app://callback", "com.example.app://callback:80", false},
		{"com.example.app://callback", "com.example.app://me@callback", false},
		{"com.example.app://callback?tenant=1", "com.example.app://callback?tenant=1&code=c", true},
		{"com.example.app://callback?tenant=1", "com.example.app://callback?tenant=2&code=c", false},
		{"com.example.app://callback?tenant=1", "com.example.app://callback?tenant=1&tenant=2", false},
		{"com.example.app://callback?tenant=1", "com.example.app://callback?code=c", false},
		{"http://127.0.0.1:4321/callback", "http://127.0.0.1:4321/callback?code=c", true},
		{"http://127.0.0.1:4321/callback", "http://127.0.0.1:4322/callback?code=c", false},
		{"http://127.0.0.1:4321/callback", "http://localhost:4321/callback?code=c", false},
		{"http://127.0.0.1:4321/callback", "http://127.0.0.1:4321/callback/", false},
		{"http://127.0.0.1:4321/callback", "http://127.0.0.1:4321/call%62ack", false},
		{"http://127.0.0.1:4321/callback", "https://127.0.0.1:4321/callback", false},
	} {
		r, err := parseRedirect(c.registered)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(c.got)
		if err != nil {
			t.Fatal(err)
		}
		if r.matches(u) != c.want {
			t.Errorf("%s at %s: %v, want %v", c.got, c.registered, !c.want, c.want)
		}
	}
}

// C15, C21: what cannot be a redirect of an app is refused before anything is begun.
func TestC15C21RedirectsThatBelongToOthersAreRefused(t *testing.T) {
	for _, raw := range []string{"", "callback", "1app://callback", "a b://callback", "file:///callback", "https://example.com/callback",
		"javascript:alert(1)", "data:text/html,x", "mailto:a@example.com", "ms-settings:x", "wails://callback",
		"http://localhost/callback", "http://example.com/callback", "http://127.0.0.1.example.com/callback", "http://0.0.0.0/callback",
		"http://192.168.1.1/callback", "http://127.0.0.1:0/callback", "http://127.0.0.1:65536/callback", "http://127.0.0.1/callback?x=1",
		"http://me@127.0.0.1/callback", "com.example.app://callback#x", "com.example.app://me@callback"} {
		if _, err := parseRedirect(raw); err == nil {
			t.Errorf("%q was taken for a redirect", raw)
		}
	}
}
