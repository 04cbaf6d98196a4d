package emulator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/authkit-desktop/authkit/emulator"
)

func startBench(b *testing.B, c emulator.Config) (*emulator.Server, *http.Client) {
	b.Helper()
	c.RedirectURIs = []string{appURI}
	srv, err := emulator.Start(c)
	if err != nil {
		b.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	b.Cleanup(func() {
		transport.CloseIdleConnections()
		srv.Close()
	})
	return srv, &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func postBench(b *testing.B, client *http.Client, address string, body fields) fields {
	b.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		b.Fatal(err)
	}
	resp, err := client.Post(address, "application/json", bytes.NewReader(raw))
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	answer := fields{}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		b.Fatal(resp.Status, answer, err)
	}
	return answer
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		srv, err := emulator.Start(emulator.Config{})
		if err != nil {
			b.Fatal(err)
		}
		srv.Close()
	}
}

// BenchmarkAuthorizeAndExchange is a whole sign-in over HTTP, without pages.
func BenchmarkAuthorizeAndExchange(b *testing.B) {
	for _, connections := range []int{1, 16} {
		b.Run(fmt.Sprintf("%dconnections", connections), func(b *testing.B) {
			srv, client := startBench(b, emulator.Config{AutoSignIn: "alice@example.com"})
			a := app{srv: srv}
			flow := func() fields {
				verifier := newVerifier()
				resp, err := client.Get(a.authorizeURL(verifier))
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				u, err := resp.Location()
				if err != nil {
					b.Fatal(err)
				}
				return postBench(b, client, srv.URL()+"/user_management/authenticate", fields{
					"grant_type": "authorization_code", "client_id": srv.ClientID(), "code": u.Query().Get("code"), "code_verifier": verifier,
				})
			}
			flow()
			b.ResetTimer()
			if connections == 1 {
				for range b.N {
					flow()
				}
			} else {
				b.SetParallelism(connections / 2)
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						flow()
					}
				})
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "flows/s")
		})
	}
}

func BenchmarkRefresh(b *testing.B) {
	srv, client := startBench(b, emulator.Config{AutoSignIn: "alice@example.com", Rotation: emulator.RotateNever})
	verifier := newVerifier()
	a := app{srv: srv}
	resp, err := client.Get(a.authorizeURL(verifier))
	if err != nil {
		b.Fatal(err)
	}
	resp.Body.Close()
	u, err := resp.Location()
	if err != nil {
		b.Fatal(err)
	}
	answer := postBench(b, client, srv.URL()+"/user_management/authenticate", fields{
		"grant_type": "authorization_code", "client_id": srv.ClientID(), "code": u.Query().Get("code"), "code_verifier": verifier,
	})
	for b.Loop() {
		postBench(b, client, srv.URL()+"/user_management/authenticate", fields{
			"grant_type": "refresh_token", "client_id": srv.ClientID(), "refresh_token": answer["refresh_token"],
		})
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "refreshes/s")
}

func BenchmarkSign(b *testing.B) {
	srv, err := emulator.New(emulator.Config{URL: "http://127.0.0.1:4100"})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := srv.Sign(map[string]any{"sub": "user_1"}); err != nil {
			b.Fatal(err)
		}
	}
}
