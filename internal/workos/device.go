package workos

import (
	"context"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// DeviceAuthorization is the answer of RFC 8628 §3.2.
type DeviceAuthorization struct {
	DeviceCode              Secret
	UserCode                string
	VerificationURI         string
	VerificationURIComplete string // empty: the server gave none
	ExpiresIn               time.Duration
	Interval                time.Duration
}

// AuthorizeDevice starts a device flow (RFC 8628 §3.1).
func (c *Client) AuthorizeDevice(ctx context.Context) (*DeviceAuthorization, error) {
	a, err := c.post(ctx, "user_management/authorize/device", map[string]string{"client_id": c.ClientID})
	if err != nil {
		return nil, err
	}
	var body struct {
		DeviceCode              string  `json:"device_code"`
		UserCode                string  `json:"user_code"`
		VerificationURI         string  `json:"verification_uri"`
		VerificationURIComplete string  `json:"verification_uri_complete"`
		ExpiresIn               float64 `json:"expires_in"`
		Interval                float64 `json:"interval"`
	}
	if err := c.decode(a, &body); err != nil {
		return nil, err
	}
	code := Clean(body.UserCode, 40)
	switch {
	case body.DeviceCode == "" || code == "" || body.VerificationURI == "":
		return nil, c.bad(a.status, "the device code, the user code or the address to visit is missing")
	case code != body.UserCode || strings.ContainsFunc(code, func(r rune) bool { return !unicode.IsPrint(r) }):
		return nil, c.bad(a.status, "nobody could type its user code")
	case !c.visitable(body.VerificationURI):
		return nil, c.bad(a.status, "the address to visit is not a web address that a person should open")
	case !c.visitable(body.VerificationURIComplete):
		body.VerificationURIComplete = "" // optional; the short one and the code do the same
	}
	return &DeviceAuthorization{DeviceCode: Secret(body.DeviceCode), UserCode: code,
		VerificationURI: body.VerificationURI, VerificationURIComplete: body.VerificationURIComplete,
		// "If no value is provided, clients MUST use 5 as the default" (RFC 8628 §3.2).
		ExpiresIn: seconds(body.ExpiresIn, 300), Interval: seconds(body.Interval, 5)}, nil
}

// PollDevice asks once whether the person has approved the device (RFC 8628 §3.4).
func (c *Client) PollDevice(ctx context.Context, deviceCode Secret) (*Answer, error) {
	return c.authenticate(ctx, map[string]string{
		"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": deviceCode.Reveal(),
	})
}

// visitable reports whether an address from outside may be shown to a person, opened, and written to a terminal: https,
// or http on this machine for an emulator, in the characters of RFC 3986 alone.
func (c *Client) visitable(address string) bool {
	const others = "-._~:/?#[]@!$&'()*+,;=%"
	strange := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune(others, r)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || len(address) > 2048 || strings.ContainsFunc(address, strange) {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && c.AllowEmulator && ip != nil && ip.IsLoopback()
}

// seconds bounds a number of seconds from outside; zero and nonsense become the default.
func seconds(n, byDefault float64) time.Duration {
	if n <= 0 {
		n = byDefault
	}
	return time.Duration(min(n, 3600) * float64(time.Second))
}
