package authkit

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/authkit-desktop/authkit/internal/workos"
)

// record is a session as it is sealed. It is the only type that holds a refresh token, and it is never printed.
type record struct {
	Version  int    `json:"v"`
	Seq      int64  `json:"seq"`       // how many refreshes after the sign-in, from a number that rises with every sign-in: tells newer from older
	ClientID string `json:"client_id"` // the environment that the session belongs to (A07)
	APIURL   string `json:"api_url"`

	User                 json.RawMessage `json:"user"` // as the server sent it, so that a later version can read more of it
	OrganizationID       string          `json:"organization_id,omitempty"`
	AuthenticationMethod string          `json:"authentication_method,omitempty"`
	Impersonator         json.RawMessage `json:"impersonator,omitempty"`

	AccessToken  string        `json:"access_token"`
	RefreshToken string        `json:"refresh_token"`
	ArrivedAt    time.Time     `json:"arrived_at"` // this machine's wall clock
	Lifetime     time.Duration `json:"lifetime"`   // of the access token, from ArrivedAt
	Verified     bool          `json:"verified"`   // its signature has been checked
}

const recordVersion = 1

var (
	errForeignRecord = errors.New("the sealed session belongs to another client id or API")
	errOtherVersion  = errors.New("the sealed session was written by another version of this program")
)

func (r *record) encode() ([]byte, error) { return json.Marshal(r) }

// decodeRecord reads what encode wrote. The bytes come out of the vault, so they are this app's own; what can be
// wrong is that another version or another environment wrote them.
func (c *Client) decodeRecord(data []byte) (*record, error) {
	r := &record{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, errOtherVersion
	}
	if err := c.usable(r); err != nil {
		return nil, err
	}
	return r, nil
}

// usable says why a record is not for this client; nil when it is.
func (c *Client) usable(r *record) error {
	switch {
	case r.Version != recordVersion || r.RefreshToken == "" || len(r.User) == 0:
		return errOtherVersion
	case r.ClientID != c.cfg.ClientID || r.APIURL != c.cfg.APIURL:
		return errForeignRecord
	}
	return nil
}

// newRecord makes the record of an answer that has been verified, or could not be for want of keys. previous is the one
// that it renews, nil for a sign-in: what a session began with is told at its sign-in, and need not be at a refresh.
func (c *Client) newRecord(a *workos.Answer, claims *workos.Claims, verified bool, arrived time.Time, previous *record) *record {
	if previous == nil {
		previous = &record{Seq: arrived.UnixNano()}
	}
	if len(a.Impersonator) == 0 {
		a.Impersonator = previous.Impersonator
	}
	return &record{
		Version: recordVersion, Seq: previous.Seq + 1, ClientID: c.cfg.ClientID, APIURL: c.cfg.APIURL,
		User: a.User, OrganizationID: or(a.OrganizationID, claims.OrganizationID), AuthenticationMethod: or(a.AuthenticationMethod, previous.AuthenticationMethod),
		Impersonator: a.Impersonator, AccessToken: a.AccessToken.Reveal(), RefreshToken: a.RefreshToken.Reveal(),
		ArrivedAt: arrived.Round(0), Lifetime: remaining(claims, a.Date), Verified: verified,
	}
}

// remaining is how long a token lives from its arrival. Its full lifetime needs no clock of ours; when the server says
// what time it is, a token that was issued a while ago (a replay inside the grace period gives the same pair again)
// is known to be older.
func remaining(claims *workos.Claims, date time.Time) time.Duration {
	life := claims.Lifetime()
	if left := claims.ExpiresAt.Sub(date); !date.IsZero() && left > 0 && left < life {
		return left
	}
	return life
}
