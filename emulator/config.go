package emulator

import (
	"log/slog"
	"time"
)

// DefaultClientID is the client that a Config without ClientID has.
const DefaultClientID = "client_01EMULATOR"

// DefaultPassword is the password of every user seeded without one. The sign-in page shows it.
const DefaultPassword = "emulator-demo" //nolint:gosec // printed on the sign-in page

// Config says what the emulator is and how it behaves. The zero value works: a free port on
// 127.0.0.1, the demo users, one client, and the strictest behavior.
//
// Everything except Addr, AllowNetwork, URL, Secret, Users, Organizations, Roles, Connections,
// Invitations and Faults may be changed while the server runs, by [Server.Change].
type Config struct {
	Addr         string `yaml:"addr"`          // host:port to listen on; zero: 127.0.0.1:0, a port chosen by the system
	AllowNetwork bool   `yaml:"allow_network"` // lets Addr name an interface that other machines reach
	URL          string `yaml:"url"`           // the base URL that clients use; zero: made from the address listened on

	ClientID     string   `yaml:"client_id"`     // zero: DefaultClientID
	APIKeys      []string `yaml:"-"`             // secrets of confidential clients; zero: none, so every client is public and must use PKCE
	RedirectURIs []string `yaml:"redirect_uris"` // zero: workos-auth://callback and loopback /callback. Any port of a registered loopback URI is good
	LogoutURIs   []string `yaml:"logout_uris"`   // where return_to may lead; zero: RedirectURIs, and any path on a loopback address

	Users         []User         `yaml:"-"` // zero: DemoUsers and DemoOrganizations
	Organizations []Organization `yaml:"-"` // who belongs where
	Roles         []Role         `yaml:"-"` // what a role may do; a member's role that is not listed has no permissions
	Connections   []Connection   `yaml:"-"` // single sign-on
	Invitations   []Invitation   `yaml:"-"` // redeemed by invitation_token

	AutoSignIn                   string `yaml:"auto_sign_in"`                    // an email: authorize shows no page, and signs in login_hint, else this user
	NoSignUp                     bool   `yaml:"no_sign_up"`                      // the pages offer no sign-up
	RequireVerifiedEmail         bool   `yaml:"require_verified_email"`          // unverified people confirm a code (shown in the page) before they are in
	SelectOrganizationAtExchange bool   `yaml:"select_organization_at_exchange"` // a member of several organizations chooses in the app (organization_selection_required) instead of in the page

	AccessTokenLifetime time.Duration  `yaml:"access_token_lifetime"` // zero: 5 minutes
	CodeLifetime        time.Duration  `yaml:"code_lifetime"`         // zero: 10 minutes (RFC 6749 §4.1.2)
	Rotation            Rotation       `yaml:"rotation"`              // zero: RotateStrict
	RotationGrace       time.Duration  `yaml:"rotation_grace"`        // with RotateGrace, how long a spent refresh token gets the same answer again; zero: 30 s
	ReuseRevokes        bool           `yaml:"reuse_revokes"`         // a spent refresh token ends its session (RFC 9700 §4.14.2); without it, it is only refused
	SessionMaxAge       time.Duration  `yaml:"session_max_age"`       // zero: no end
	SessionInactivity   time.Duration  `yaml:"session_inactivity"`    // zero: no end; otherwise the longest time between two refreshes
	DeviceDisabled      bool           `yaml:"device_disabled"`       // the device grant answers 403 access_denied
	DeviceLifetime      time.Duration  `yaml:"device_lifetime"`       // zero: 5 minutes
	DeviceInterval      time.Duration  `yaml:"device_interval"`       // zero: 5 s; sent in whole seconds, rounded up
	Issuer              string         `yaml:"issuer"`                // {url} and {client_id} stand for themselves; zero: "{url}/user_management/{client_id}"
	Audience            string         `yaml:"audience"`              // the aud claim; zero: none
	JWTTemplate         map[string]any `yaml:"jwt_template"`          // more claims; {{user.email}} and the like are filled in

	ClockSkew time.Duration `yaml:"clock_skew"` // how far the server's clock runs ahead; tokens and the Date header show it
	DateSkew  time.Duration `yaml:"date_skew"`  // how far the Date header alone runs ahead of the server's clock
	NoDate    bool          `yaml:"no_date"`    // answers have no Date header

	Faults []Fault `yaml:"faults"` // what goes wrong, and when
	Seed   uint64  `yaml:"seed"`   // of the randomness in Faults, so that a run can be repeated

	// Secret lets refresh tokens outlive the process: with the same Secret, client and address, a
	// session from an earlier run goes on, though revocations are forgotten. Zero: random for each run.
	Secret string `yaml:"secret"`

	Now    func() time.Time `yaml:"-"` // the clock; zero: time.Now
	Logger *slog.Logger     `yaml:"-"` // one record for each request, without secrets; zero: none
}

// Rotation says what a refresh does to the refresh token that was sent.
type Rotation string

// The ways to rotate.
const (
	RotateStrict Rotation = "strict" // each token works once
	RotateGrace  Rotation = "grace"  // each token works once, and repeats its answer for RotationGrace
	RotateNever  Rotation = "never"  // the same token comes back
)

func withDefaults(c Config) Config {
	fill(&c.Addr, "127.0.0.1:0")
	fill(&c.ClientID, DefaultClientID)
	fill(&c.Rotation, RotateStrict)
	fill(&c.RotationGrace, 30*time.Second)
	fill(&c.AccessTokenLifetime, 5*time.Minute)
	fill(&c.CodeLifetime, 10*time.Minute)
	fill(&c.DeviceLifetime, 5*time.Minute)
	fill(&c.DeviceInterval, 5*time.Second)
	fill(&c.Issuer, "{url}/user_management/{client_id}")
	if len(c.RedirectURIs) == 0 {
		c.RedirectURIs = []string{"workos-auth://callback", "http://127.0.0.1/callback", "http://[::1]/callback"}
	}
	if len(c.Users) == 0 && len(c.Organizations) == 0 {
		c.Users, c.Organizations, c.Roles = DemoUsers(), DemoOrganizations(), DemoRoles()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
