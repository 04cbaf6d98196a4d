package workos

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

const authenticatePath = "user_management/authenticate"

// Answer is what the token endpoint gives for a code, a refresh token, a device code or a pending token.
type Answer struct {
	User                 json.RawMessage
	OrganizationID       string
	AccessToken          Secret
	RefreshToken         Secret
	AuthenticationMethod string
	Impersonator         json.RawMessage // null or absent: empty
	Date                 time.Time       // the server's clock at the answer, to the second; zero when it did not say
}

// ExchangeCode redeems an authorization code with the verifier of its attempt (RFC 7636 §4.5). A public client
// sends no secret.
func (c *Client) ExchangeCode(ctx context.Context, code, verifier Secret) (*Answer, error) {
	return c.authenticate(ctx, map[string]string{
		"grant_type": "authorization_code", "code": code.Reveal(), "code_verifier": verifier.Reveal(),
	})
}

// Refresh redeems a refresh token, for another organization when organizationID is not empty.
func (c *Client) Refresh(ctx context.Context, token Secret, organizationID string) (*Answer, error) {
	fields := map[string]string{"grant_type": "refresh_token", "refresh_token": token.Reveal()}
	if organizationID != "" {
		fields["organization_id"] = organizationID
	}
	return c.authenticate(ctx, fields)
}

// SelectOrganization finishes a sign-in that stopped with organization_selection_required.
func (c *Client) SelectOrganization(ctx context.Context, pending Secret, organizationID string) (*Answer, error) {
	return c.authenticate(ctx, map[string]string{
		"grant_type":                   "urn:workos:oauth:grant-type:organization-selection",
		"pending_authentication_token": pending.Reveal(), "organization_id": organizationID,
	})
}

// PollDevice asks once whether the person has approved the device (RFC 8628 §3.4).
func (c *Client) PollDevice(ctx context.Context, deviceCode Secret) (*Answer, error) {
	return c.authenticate(ctx, map[string]string{
		"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": deviceCode.Reveal(),
	})
}

func (c *Client) authenticate(ctx context.Context, fields map[string]string) (*Answer, error) {
	fields["client_id"] = c.ClientID
	a, err := c.post(ctx, authenticatePath, fields)
	if err != nil {
		return nil, err
	}
	var body struct {
		User                 json.RawMessage `json:"user"`
		OrganizationID       string          `json:"organization_id"`
		AccessToken          string          `json:"access_token"`
		RefreshToken         string          `json:"refresh_token"`
		AuthenticationMethod string          `json:"authentication_method"`
		Impersonator         json.RawMessage `json:"impersonator"`
	}
	if err := c.decode(a, &body); err != nil {
		return nil, err
	}
	if len(body.User) == 0 || body.AccessToken == "" || body.RefreshToken == "" {
		return nil, c.bad(a.status, "the user, the access token or the refresh token is missing")
	}
	if string(body.Impersonator) == "null" {
		body.Impersonator = nil
	}
	date, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		date = time.Time{}
	}
	return &Answer{User: body.User, OrganizationID: body.OrganizationID, AccessToken: Secret(body.AccessToken),
		RefreshToken: Secret(body.RefreshToken), AuthenticationMethod: body.AuthenticationMethod,
		Impersonator: body.Impersonator, Date: date}, nil
}

// DeviceAuthorization is the answer of RFC 8628 §3.2.
type DeviceAuthorization struct {
	DeviceCode              Secret
	UserCode                string
	VerificationURI         string
	VerificationURIComplete string
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
		DeviceCode              string `json:"device_code"`
		UserCode                string `json:"user_code"`
		VerificationURI         string `json:"verification_uri"`
		VerificationURIComplete string `json:"verification_uri_complete"`
		ExpiresIn               int64  `json:"expires_in"`
		Interval                int64  `json:"interval"`
	}
	if err := c.decode(a, &body); err != nil {
		return nil, err
	}
	if body.DeviceCode == "" || body.UserCode == "" || body.VerificationURI == "" {
		return nil, c.bad(a.status, "the device code, the user code or the address to visit is missing")
	}
	return &DeviceAuthorization{DeviceCode: Secret(body.DeviceCode), UserCode: Clean(body.UserCode, 40),
		VerificationURI: body.VerificationURI, VerificationURIComplete: body.VerificationURIComplete,
		ExpiresIn: seconds(body.ExpiresIn, 300), Interval: seconds(body.Interval, 5)}, nil
}

// seconds bounds a number of seconds from outside; zero and nonsense become the default.
func seconds(n, byDefault int64) time.Duration {
	if n <= 0 {
		n = byDefault
	}
	return time.Duration(min(n, 3600)) * time.Second
}
