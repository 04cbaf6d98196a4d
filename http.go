package authkit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

// TokenSource gives access tokens to libraries that take an oauth2.TokenSource. Each call of Token is an AccessToken
// with ctx; do not wrap it in oauth2.ReuseTokenSource, which would keep a token beyond a sign-out.
func (c *Client) TokenSource(ctx context.Context) oauth2.TokenSource { return tokenSource{ctx, c} }

type tokenSource struct {
	ctx    context.Context
	client *Client
}

func (s tokenSource) Token() (*oauth2.Token, error) {
	token, err := s.client.AccessToken(s.ctx)
	if err != nil {
		return nil, err
	}
	t := &oauth2.Token{AccessToken: token, TokenType: "Bearer"}
	if l := s.client.live.Load(); l.rec != nil && l.token == token {
		t.Expiry = l.session.ExpiresAt
	}
	return t, nil
}

// HTTPClient makes a client that sends the person's access token with requests to hosts, and to no other: the bearer of
// a token is whoever receives it (RFC 6750 §5.2). A host is "api.example.com" or, with a port that is not the scheme's
// own, "api.example.com:8443". The token goes out over https only, except to a loopback address. A request that is
// answered 401 is sent once more with a renewed token, if its body can be sent twice (http.Request.GetBody).
func (c *Client) HTTPClient(hosts ...string) *http.Client {
	return &http.Client{Transport: c.Transport(nil, hosts...)}
}

// Transport is HTTPClient's transport, over base (nil: http.DefaultTransport).
func (c *Client) Transport(base http.RoundTripper, hosts ...string) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{client: c, base: base, hosts: slices.Clone(hosts)}
}

type transport struct {
	client *Client
	base   http.RoundTripper
	hosts  []string
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if !t.names(req) || req.Header.Get("Authorization") != "" {
		return t.base.RoundTrip(req)
	}
	token, err := t.client.AccessToken(req.Context())
	if err != nil {
		closeBody(req)
		return nil, fmt.Errorf("the request to %s was not sent: %w", req.URL.Host, err)
	}
	res, err := t.base.RoundTrip(bearing(req, token))
	if err != nil || res.StatusCode != http.StatusUnauthorized {
		return res, err
	}
	return t.again(req, res, token)
}

// again sends a request once more after a 401, unless its body is spent or no other token can be had: then the 401 is
// the answer.
func (t *transport) again(req *http.Request, refused *http.Response, token string) (*http.Response, error) {
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return refused, nil
	}
	renewed, err := t.client.renew(req.Context(), token)
	if err != nil || renewed == token {
		return refused, nil //nolint:nilerr // the server's 401 says more to the caller than a failed refresh
	}
	next := bearing(req, renewed)
	if req.GetBody != nil {
		if next.Body, err = req.GetBody(); err != nil {
			return refused, nil //nolint:nilerr // as above
		}
	}
	_ = refused.Body.Close()
	return t.base.RoundTrip(next)
}

// renew gives another token than the one that a server has refused. Many requests refused at once are one refresh.
func (c *Client) renew(ctx context.Context, refused string) (string, error) {
	l := c.live.Load()
	if l == nil || l.rec == nil {
		return "", ErrSignedOut
	}
	if l.token == refused {
		var err error
		if l, err = c.engine.wait(ctx, c.engine.join(demand{from: l, patient: true})); err != nil {
			return "", err
		}
	}
	if l.token == "" {
		return "", errors.New("there is no token")
	}
	return l.token, nil
}

func (t *transport) names(req *http.Request) bool {
	secure := req.URL.Scheme == "https" || (req.URL.Scheme == "http" && isLoopback(req.URL.Hostname()))
	return secure && slices.ContainsFunc(t.hosts, func(h string) bool { return strings.EqualFold(h, req.URL.Host) })
}

// bearing copies req, which a RoundTripper must not change, and adds the token to the copy.
func bearing(req *http.Request, token string) *http.Request {
	next := req.Clone(req.Context())
	next.Header.Set("Authorization", "Bearer "+token)
	return next
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
