package browser

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestOnlyWebPagesAreOpened(t *testing.T) {
	for _, address := range []string{
		"https://api.workos.com/user_management/authorize?client_id=c&redirect_uri=notes%3A%2F%2Fcb&state=a_b-c",
		"https://example.com:8443/#fragment",
		"http://127.0.0.1:4100/page?a=1&b=2",
		"http://[::1]:4100/",
		"http://localhost:4100/",
	} {
		if err := check(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestA11_AnythingElseIsRefused(t *testing.T) {
	for _, address := range []string{
		"", "-flag", "--help", "/etc/passwd", "file:///etc/passwd", "example.com", "//example.com/",
		"javascript:alert(1)", "notes://callback", "https:", "https://", "https:/path", "https:opaque",
		"http://example.com/", "http://127.0.0.1.example.com/", "http://localhost.example.com/", "http://0.0.0.0/", "http://10.0.0.1/",
		"https://person:password@example.com/", "https://example.com@evil.example/",
		"https://example.com/ --flag", "https://example.com/\n", "https://example.com/\x00", "https://example.com/`id`",
		`https://example.com/"quoted"`, `https://example.com/\`, "https://example.com/|id", "https://example.com/ü", "https://example.com/%zz",
		" https://example.com/",
	} {
		err := Open(t.Context(), address)
		if err == nil || errors.Is(err, ErrNoBrowser) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestACancelledContextOpensNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Open(ctx, "https://example.com/"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func FuzzA11_WhatPassesIsAPlainWebAddress(f *testing.F) {
	for _, seed := range []string{"https://example.com/?a=b&c=%20#d", "http://127.0.0.1:1/", "http://[::1%25lo]/", "https://a@b/", "-x", "https://$(id)/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if check(address) != nil {
			return
		}
		if !strings.HasPrefix(strings.ToLower(address), "http") || strings.ContainsAny(address, " \t\r\n\x00\"`\\<>|^{}") {
			t.Errorf("%q passed", address)
		}
	})
}
