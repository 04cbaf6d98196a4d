// Package workos is the wire: the requests a public AuthKit client sends, the answers it reads, and the checks on
// what it is told. It keeps no state but the signing keys.
package workos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// DefaultBaseURL is WorkOS's own API.
const DefaultBaseURL = "https://api.workos.com"

// maxBody bounds an answer (A24). A session with generous custom claims is a few kB.
const maxBody = 1 << 20

// requestTimeout bounds one request from dial to the last byte, so that a server that trickles a byte a second
// cannot hold a refresh for ever (A24).
const requestTimeout = 20 * time.Second

// EmulatorHeader is set by authkit's own emulator on every answer (A23).
const EmulatorHeader = "X-AuthKit-Emulator"

// Client speaks to one environment: one API host and one client id.
type Client struct {
	BaseURL       *url.URL
	ClientID      string
	HTTP          *http.Client
	AllowEmulator bool
}

// NewClient copies hc (nil: http.DefaultClient) and switches redirects off: a token request that follows one hands
// its secrets to whoever answered (C30).
func NewClient(base *url.URL, clientID string, hc *http.Client) *Client {
	if hc == nil {
		hc = http.DefaultClient
	}
	own := *hc
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{BaseURL: base, ClientID: clientID, HTTP: &own}
}

// answer is an HTTP answer with its body read and bounded.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (c *Client) post(ctx context.Context, path string, fields map[string]string) (*answer, error) {
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	return c.do(ctx, http.MethodPost, path, body)
}

func (c *Client) do(ctx context.Context, method, path string, body []byte) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, method, c.endpoint(path, nil), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return nil, c.unreachable(err, sent.Load())
	}
	defer func() { _ = res.Body.Close() }()
	return c.read(res)
}

func (c *Client) read(res *http.Response) (*answer, error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return nil, c.unreachable(err, true)
	}
	if len(body) > maxBody {
		return nil, c.bad(res.StatusCode, "it is larger than 1 MiB")
	}
	if res.Header.Get(EmulatorHeader) != "" && !c.AllowEmulator {
		return nil, c.bad(res.StatusCode, "it comes from an emulator, which this program was not told to accept")
	}
	return &answer{status: res.StatusCode, header: res.Header, body: body}, nil
}

func (c *Client) unreachable(err error, sent bool) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err // the method and URL around it add nothing for the reader
	}
	return &UnreachableError{Host: c.BaseURL.Host, Err: err, Sent: sent}
}

func (c *Client) bad(status int, what string) error {
	return &BadAnswerError{Host: c.BaseURL.Host, Status: status, What: what}
}

func (c *Client) endpoint(path string, query url.Values) string {
	u := c.BaseURL.JoinPath(path)
	u.RawQuery = query.Encode()
	return u.String()
}

// decode reads a 200 into v, or turns anything else into an error.
func (c *Client) decode(a *answer, v any) error {
	if a.status >= 300 && a.status < 400 {
		return c.bad(a.status, "it redirects elsewhere; a network's sign-in page or a proxy may stand between")
	}
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	if kind != "" && kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return c.refusalWithoutCode(a, "it is "+kind+", not JSON")
	}
	if a.status != http.StatusOK {
		return c.refusal(a)
	}
	if err := json.Unmarshal(a.body, v); err != nil {
		return c.bad(a.status, "it is not readable JSON")
	}
	return nil
}

// refusal reads both error shapes: error/error_description of OAuth and code/message of WorkOS.
func (c *Client) refusal(a *answer) error {
	var e struct {
		Error            string         `json:"error"`
		ErrorDescription string         `json:"error_description"`
		Code             string         `json:"code"`
		Message          string         `json:"message"`
		Pending          string         `json:"pending_authentication_token"`
		Organizations    []Organization `json:"organizations"`
	}
	if err := json.Unmarshal(a.body, &e); err != nil {
		return c.refusalWithoutCode(a, "it is not readable JSON")
	}
	// Some answers carry both shapes, with a sentence in "error" and the code in "code".
	code, text := e.Code, e.Message
	if code == "" {
		code = e.Error
	}
	if text == "" {
		text = e.ErrorDescription
	}
	if code == "" {
		return c.refusalWithoutCode(a, "it names no error code")
	}
	return &Error{Code: Clean(code, 80), Description: Clean(text, 300), Status: a.status, RetryAfter: retryAfter(a.header),
		Pending: Secret(e.Pending), Organizations: e.Organizations}
}

func (c *Client) refusalWithoutCode(a *answer, what string) error {
	if a.status == http.StatusTooManyRequests {
		return &Error{Code: "rate_limit_exceeded", Status: a.status, RetryAfter: retryAfter(a.header)}
	}
	return &BadAnswerError{Host: c.BaseURL.Host, Status: a.status, What: what, RetryAfter: retryAfter(a.header)}
}

// retryAfter reads seconds or an HTTP date, and bounds them: a hostile value must not park a client for a year.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.Atoi(v); err == nil {
		return min(max(time.Duration(min(s, 3600))*time.Second, 0), time.Hour)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(at.Sub(now), 0), time.Hour)
}

// Clean makes outside text fit for a message: one line, printable, bounded.
func Clean(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return strings.TrimSpace(s)
}
