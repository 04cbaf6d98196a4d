package emulator_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// vendorSeed has every key of the vendor's emulator.
const vendorSeed = `
apiKeys:
  sk_test_abc: {environment: test}
users:
  - email: alice@example.com
    first_name: Alice
    last_name: Archer
    password: a long password
    email_verified: true
    external_id: x-1
    metadata: {plan: gold}
    impersonator: {email: staff@example.com, reason: support}
organizations:
  - name: Acme
    external_id: acme-1
    metadata: {tier: one}
    domains:
      - {domain: acme.example, state: verified}
    memberships:
      - {user_id: alice@example.com, role: admin, status: active}
connections:
  - name: Acme Okta
    connection_type: OktaSAML
    organization: Acme
    state: active
    domains: [acme.example]
    profiles:
      - {email: alice@example.com, idp_id: "1", groups: [a]}
pipeConnections:
  - {user_id: u, provider: github, scopes: [repo]}
invitations:
  - {email: new@example.com, organization_id: Acme, inviter_user_id: u, role_slug: admin}
roles:
  - {slug: admin, name: Admin, description: All, type: EnvironmentRole, is_default_role: true, priority: 1, permissions: [notes:write]}
permissions:
  - {slug: notes:write, name: Write, description: Writing}
webhookEndpoints:
  - {endpoint_url: http://localhost/hook, events: [user.created], enabled: true}
`

func TestTheVendorsSeedFileWorks(t *testing.T) {
	c, notes, err := emulator.ParseConfig("seed.yaml", []byte(vendorSeed))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"pipeConnections", "webhookEndpoints", "profiles"} {
		if !strings.Contains(strings.Join(notes, "\n"), want) {
			t.Errorf("the notes do not name %s: %q", want, notes)
		}
	}
	c.RedirectURIs = []string{appURI}
	a := start(t, c)
	answer := a.signIn("alice@example.com")
	claims := answer.claims(t)
	user, _ := answer["user"].(map[string]any)
	if user["external_id"] != "x-1" || claims["role"] != "admin" || claims["permissions"].([]any)[0] != "notes:write" || answer["impersonator"] == nil {
		t.Errorf("the seed gives %v, %v", answer, claims)
	}
}

func TestOurOwnKeys(t *testing.T) {
	c, notes, err := emulator.ParseConfig("x.yaml", []byte(`
emulator:
  addr: 127.0.0.1:4100
  redirect_uris: [com.example.app://callback]
  access_token_lifetime: 90s
  rotation: grace
  rotation_grace: 10s
  clock_skew: -5m
  jwt_template: {mail: "{{user.email}}"}
  faults:
    - {route: refresh, after: 2, times: -1, status: 503, header: {Retry-After: "1"}}
    - {route: jwks, latency: 200ms, drop: done}
users:
  - {id: user_1, email: a@example.com, on_refresh: sso_required, feature_flags: [beta], claims: {seat: 3}}
organizations:
  - {name: Acme, require_sso: true, entitlements: [audit], memberships: [{user_id: user_1, roles: [x, y]}]}
`))
	if err != nil || len(notes) != 0 {
		t.Fatal(err, notes)
	}
	if c.Addr != "127.0.0.1:4100" || c.AccessTokenLifetime != 90*time.Second || c.Rotation != emulator.RotateGrace || c.ClockSkew != -5*time.Minute {
		t.Errorf("the settings are %+v", c)
	}
	if f := c.Faults; len(f) != 2 || f[0].Times != emulator.Forever || f[0].Header["Retry-After"] != "1" || f[1].Drop != emulator.DropDone || f[1].Latency != 200*time.Millisecond {
		t.Errorf("the faults are %+v", f)
	}
	if u := c.Users[0]; u.OnRefresh != emulator.SSORequired || u.Claims["seat"] != 3 {
		t.Errorf("the user is %+v", u)
	}
	if o := c.Organizations[0]; !o.RequireSSO || len(o.Members[0].Roles) != 2 {
		t.Errorf("the organization is %+v", o)
	}
}

func TestMistakesInTheFileAreNamedWithLineAndKey(t *testing.T) {
	for text, want := range map[string]string{
		"emulator:\n  client_idd: x":                               `line 2: the key "client_idd" is not known`,
		"users:\n  - email: a@b.c\n    frst_name: A":               `line 3: the key "frst_name" is not known`,
		"emulator:\n  access_token_lifetime: soon":                 "line 2: access_token_lifetime: `soon` stands where a duration",
		"emulator:\n  rotation: sometimes":                         `line 2: rotation: "sometimes" is not one of`,
		"emulator:\n  faults:\n    - route: everywhere":            `line 3: route: "everywhere" is not one of`,
		"emulator:\n  faults:\n    - {status: 503, route: refrsh}": `line 3: route: "refrsh" is not one of`,
		"emulator:\n  redirect_uris:\n    - a.b://c\n    - {x: y}": "line 4: redirect_uris: a group of keys stands where a text",
		"users: []\n---\norganizations: []":                        "line 2: a second document begins",
		"users: 3":                                                 "line 1: users: `3` stands where a list",
		"users:\n\t- email: a":                                     "line 2",
		"users: [":                                                 "line 2",
		"- a":                                                      "line 1",
		"users: []\nusers: []":                                     "line 2",
		`{"users": [{"mail": 1}]}`:                                 `line 1: the key "mail" is not known`,

		"users:\n  - email: a@b.c\n  - email: nobody":                         `line 3: email: "nobody" is not an email`,
		"users:\n  - first_name: A":                                           `line 2: email: "" is not an email`,
		"emulator:\n  redirect_uris:\n    - a.b://c\n    - /callback":         `line 4: redirect_uris: redirect URI "/callback" is not an absolute`,
		"emulator:\n  logout_uris: ['javascript:x']":                          `line 2: logout_uris: redirect URI "javascript:x" would run a script`,
		"users:\n  - email: a@b.c\n  - email: A@B.c":                          `line 3: email: there is a user "A@B.c" above already`,
		"organizations:\n  - name: A\n    memberships: [{status: gone}]":      `line 3: status: "gone" is not one of ["active" "inactive" "pending"]`,
		"emulator:\n  url: my server":                                         `line 2: url: the server's own address "my server" is none`,
		"emulator:\n  faults: [{times: -2}]":                                  "line 2: faults: a fault's numbers cannot be negative",
		"emulator: {addr: 4100}":                                              `line 1: addr: "4100" is not host:port`,
		"emulator:\n  code_lifetime: -1s":                                     "line 2: code_lifetime: -1s is before the beginning",
		"emulator:\n  faults:\n    - {route: jwks}\n    - {status: 42}":       "line 4: faults: a fault's status 42",
		"emulator:\n  auto_sign_in: nobody@example.com":                       `line 2: auto_sign_in: there is no user "nobody@example.com"`,
		"organizations:\n  - {domains: []}":                                   "line 2: name: an organization needs one",
		"connections:\n  - name: Okta\n    organization: Acme":                `line 3: organization: there is no organization "Acme"`,
		"invitations:\n  - {email: a@b.c,\n     organization_id: org_1}":      `line 3: organization_id: there is no organization "org_1"`,
		"a: &x {email: no}\nusers: [*x]":                                      `line 1: the key "a" is not known`,
		"roles: []\nusers:\n  - &x {email: a@b.c}\n  - {<<: *x, email: none}": `line 4: email: "none" is not an email`,
	} {
		_, _, err := emulator.ParseConfig("seed.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "seed.yaml: ") {
			t.Errorf("%q gives %v", text, err)
		}
	}
}

func TestAllMistakesInTheFileAreNamedInTheirOrder(t *testing.T) {
	_, _, err := emulator.ParseConfig("x", []byte("users:\n  - email: one\n  - email: two\nemulator:\n  addr: three"))
	if err == nil || strings.Count(err.Error(), "\n") != 2 || strings.Index(err.Error(), "line 2") > strings.Index(err.Error(), "line 5") {
		t.Errorf("three mistakes give %v", err)
	}
}

func TestAMembershipOfNobodyIsNoted(t *testing.T) {
	_, notes, err := emulator.ParseConfig("x", []byte("users: [{email: a@b.c}]\norganizations:\n  - name: Acme\n    memberships:\n      - {user_id: A@B.C}\n      - {user_id: user_1}"))
	if err != nil || len(notes) != 1 || !strings.HasPrefix(notes[0], "x:6: ") || !strings.Contains(notes[0], `"user_1"`) {
		t.Errorf("the notes are %q, %v", notes, err)
	}
}

func TestAFileIsReadFromDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seed.yaml")
	if err := os.WriteFile(path, []byte(vendorSeed), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, _, err := emulator.LoadConfig(path); err != nil || len(c.Users) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, _, err := emulator.LoadConfig(path + ".missing"); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a missing file: %v", err)
	}
	if c, _, err := emulator.ParseConfig("empty", nil); err != nil || len(c.Users) != 0 {
		t.Errorf("an empty file: %+v, %v", c, err)
	}
}
