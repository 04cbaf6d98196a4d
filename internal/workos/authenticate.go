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
