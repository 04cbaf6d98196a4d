package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
	"golang.org/x/oauth2"
)

// startServer is the one server of both sides. It signs in without a page.
func startServer(cfg emulator.Config) (*emulator.Server, error) {
	cfg.AutoSignIn = emulator.DemoUsers()[0].Email
	return emulator.Start(cfg)
}

// environment leads a process of either side to the server.
func environment(server *emulator.Server) []string {
	return []string{"WORKOS_CLIENT_ID=" + server.ClientID(), "WORKOS_API_URL=" + server.URL(), "WORKOS_ENCRYPTION_SECRET=" + secret}
}

// signIn makes a client of ours that somebody is signed in to.
func (b *bench) signIn(ctx context.Context, server *emulator.Server) (c *authkit.Client, dir string, err error) {
	if dir, err = b.folder(); err != nil {
		return nil, "", err
	}
	dir = filepath.Join(dir, "state")
	c, err = authkit.New(authkit.Config{ClientID: server.ClientID(), AppID: appID, APIURL: server.URL(), AllowEmulator: true,
		RedirectURI: "http://127.0.0.1/callback", EncryptionSecret: secret, Dir: dir, OpenBrowser: visit})
	if err != nil {
		return nil, "", err
	}
	if _, err := c.SignIn(ctx); err != nil {
		_ = c.Close()
		return nil, "", err
	}
	return c, dir, nil
}

// visit is a browser that goes where it is sent.
func visit(ctx context.Context, page string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return err
	}
	go func() {
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
		}
	}()
	return nil
}

// caller speaks to an emulator, ours or the vendor's, as plainly as can be.
type caller struct {
	base, clientID string
	hc             *http.Client
}

func newCaller(base, clientID string) *caller {
	return &caller{base: base, clientID: clientID, hc: &http.Client{
		Timeout:       30 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// peerSession is a session as the peer keeps it.
type peerSession struct {
	AccessToken  string          `json:"accessToken"`
	RefreshToken string          `json:"refreshToken"`
	User         json.RawMessage `json:"user"`
}

// flow is a whole sign-in: authorize, and the exchange of the code.
func (c *caller) flow(ctx context.Context) (*peerSession, error) {
	verifier := oauth2.GenerateVerifier()
	query := url.Values{"response_type": {"code"}, "client_id": {c.clientID}, "redirect_uri": {"http://127.0.0.1:4567/callback"},
		"provider": {"authkit"}, "state": {rand.Text()}, "code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"}}
	res, err := c.send(ctx, http.MethodGet, "/user_management/authorize?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	to, err := res.Location()
	if err != nil {
		return nil, fmt.Errorf("authorize answered %s: %w", res.Status, err)
	}
	if refused := to.Query().Get("error"); refused != "" {
		return nil, fmt.Errorf("authorize refused: %s", refused)
	}
	return c.authenticate(ctx, map[string]string{"grant_type": "authorization_code", "code": to.Query().Get("code"), "code_verifier": verifier})
}

func (c *caller) refresh(ctx context.Context, token string) (*peerSession, error) {
	return c.authenticate(ctx, map[string]string{"grant_type": "refresh_token", "refresh_token": token})
}

func (c *caller) authenticate(ctx context.Context, fields map[string]string) (*peerSession, error) {
	fields["client_id"] = c.clientID
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	res, err := c.send(ctx, http.MethodPost, "/user_management/authenticate", body)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("authenticate answered %s", res.Status)
	}
	var answer struct {
		AccessToken  string          `json:"access_token"`
		RefreshToken string          `json:"refresh_token"`
		User         json.RawMessage `json:"user"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, res.Body) // so that the connection is used again
	return &peerSession{AccessToken: answer.AccessToken, RefreshToken: answer.RefreshToken, User: answer.User}, err
}

func (c *caller) send(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return c.hc.Do(req)
}

// nothing is a request to a server that only answers.
func (c *caller) nothing(ctx context.Context) error {
	res, err := c.send(ctx, http.MethodPost, "/", []byte("{}"))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err
}
