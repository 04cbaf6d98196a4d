package workos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t *testing.T, f http.HandlerFunc) *Client {
	t.Helper()
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	base, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	return NewClient(base, "client_1", srv.Client())
}

func TestBothErrorShapesAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		code   string
	}{
		"oauth":                  {400, `{"error":"invalid_grant","error_description":"spent"}`, "invalid_grant"},
		"workos":                 {403, `{"code":"sso_required","message":"use SSO"}`, "sso_required"},
		"both":                   {422, `{"error":"Bad Request","code":"invalid_organization_id","message":"no"}`, "invalid_organization_id"},
		"status does not matter": {500, `{"error":"invalid_grant"}`, "invalid_grant"},
	} {
		client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		})
		_, err := client.Refresh(t.Context(), "token", "")
		var refused *Error
		if !errors.As(err, &refused) || refused.Code != c.code || refused.Status != c.status {
			t.Errorf("%s: %v", name, err)
		}
		if refused != nil && refused.Transient() {
			t.Errorf("%s: %s is transient", name, c.code)
		}
	}
}

// C02, C12, C14: the grants of a public client, and nothing of its own that would have to be kept secret. Neither the
// implicit nor the password grant is among them.
func TestC02C12C14APublicClientUsesItsGrantsAndSendsNoSecretOfItsOwn(t *testing.T) {
	var got map[string]string
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = nil
		_ = json.NewDecoder(r.Body).Decode(&got)
		if r.Header.Get("Authorization") != "" || r.URL.RawQuery != "" || r.Method != http.MethodPost {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		w.WriteHeader(http.StatusBadRequest)
	})
	for want, send := range map[string]func() (*Answer, error){
		"client_id code code_verifier grant_type=authorization_code": func() (*Answer, error) {
			return client.ExchangeCode(t.Context(), "code", "verifier")
		},
		"client_id grant_type=refresh_token refresh_token": func() (*Answer, error) {
			return client.Refresh(t.Context(), "token", "")
		},
		"client_id grant_type=refresh_token organization_id refresh_token": func() (*Answer, error) {
			return client.Refresh(t.Context(), "token", "org_1")
		},
		"client_id grant_type=urn:workos:oauth:grant-type:organization-selection organization_id pending_authentication_token": func() (*Answer, error) {
			return client.SelectOrganization(t.Context(), "pending", "org_1")
		},
		"client_id device_code grant_type=urn:ietf:params:oauth:grant-type:device_code": func() (*Answer, error) {
			return client.PollDevice(t.Context(), "device")
		},
	} {
		_, _ = send()
		fields := slices.Sorted(maps.Keys(got))
		fields[slices.Index(fields, "grant_type")] += "=" + got["grant_type"]
		if sent := strings.Join(fields, " "); sent != want || got["client_id"] != "client_1" {
			t.Errorf("sent %s, want %s", sent, want)
		}
	}
	query := mustQuery(t, client.AuthorizeURL(url.Values{"response_type": {"token"}, "code_challenge_method": {"plain"}}, "challenge"))
	if query.Get("response_type") != "code" || query.Get("code_challenge_method") != "S256" || len(query["response_type"]) != 1 {
		t.Errorf("authorize with %v", query)
	}
}

func mustQuery(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// A24: none of these may be taken for an answer, hang, or fill the memory.
func TestA24AHostileServer(t *testing.T) {
	json200 := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(body))
		}
	}
	var sent atomic.Int64
	for name, handler := range map[string]http.HandlerFunc{
		"endless body": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for r.Context().Err() == nil {
				n, err := w.Write(make([]byte, 64<<10))
				if sent.Add(int64(n)); err != nil {
					return
				}
			}
		},
		"html": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<html>sign in to the Wi-Fi</html>"))
		},
		"redirect loop": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		},
		"empty":          func(http.ResponseWriter, *http.Request) {},
		"missing fields": json200(`{"user":{"id":"u"}}`),
		"wrong types":    json200(`{"user":{},"access_token":1,"refresh_token":{}}`),
		"an array":       json200(`[1,2]`),
		"null":           json200(`null`),
		"an emulator": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(EmulatorHeader, "1")
			json200(`{"user":{"id":"u"},"access_token":"a","refresh_token":"r"}`)(w, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := serve(t, handler).Refresh(t.Context(), "secret-token", "")
			if err == nil {
				t.Fatalf("taken for an answer: %+v", a)
			}
			var refused *Error
			if errors.As(err, &refused) && !refused.Transient() {
				t.Errorf("nonsense ended something: %v", err)
			}
			if strings.Contains(err.Error(), "secret-token") {
				t.Error("the error has the token")
			}
		})
	}
	if n := sent.Load(); n == 0 || n > 32<<20 { // what is read, and what the system's buffers take
		t.Errorf("%d bytes of an endless body were taken", n)
	}
}

func TestASlowServerIsGivenUp(t *testing.T) {
	client := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the client has gone
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := client.Refresh(ctx, "token", "")
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) || !unreachable.Sent {
		t.Errorf("Refresh = %v", err)
	}
}

func TestARequestThatNeverLeftIsKnownAsSuch(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	client := NewClient(&url.URL{Scheme: "http", Host: l.Addr().String()}, "client_1", nil)
	_, err = client.ExchangeCode(t.Context(), "c", "v")
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) || unreachable.Sent {
		t.Errorf("ExchangeCode = %v", err)
	}
}

func TestRetryAfterIsReadAndBounded(t *testing.T) {
	date := "Mon, 23 Nov 2026 10:00:00 GMT"
	for value, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-3": 0, "99999999": time.Hour, "soon": 0,
		"Mon, 23 Nov 2026 10:00:30 GMT": 30 * time.Second, "Mon, 23 Nov 2026 09:00:00 GMT": 0} {
		if got := retryAfter(http.Header{"Retry-After": {value}, "Date": {date}}); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func TestP06ASecretPrintsAsNothing(t *testing.T) {
	s := struct{ Token Secret }{"abc-secret"}
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if all := fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s.Token, s.Token, s.Token, s.Token) + string(raw); strings.Contains(all, "abc") || strings.Contains(all, "616263") {
		t.Errorf("printed %s", all)
	}
}

func TestTextFromOutsideIsMadeFitForAMessage(t *testing.T) {
	if got := Clean("a\nb\x00c\x1b[31m\xff"+strings.Repeat("x", 500), 20); strings.ContainsAny(got, "\n\x00\x1b") || len(got) > 24 {
		t.Errorf("Clean = %q", got)
	}
}
