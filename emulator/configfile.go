package emulator

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// configFile is the seed file of the vendor's emulator, with one key more for what that one does not
// have. Keys in camel case are the vendor's spelling.
type configFile struct {
	Emulator      Config               `yaml:"emulator"`
	Users         []User               `yaml:"users"`
	Organizations []fileOrganization   `yaml:"organizations"`
	Connections   []fileConnection     `yaml:"connections"`
	Invitations   []fileInvitation     `yaml:"invitations"`
	Roles         []fileRole           `yaml:"roles"`
	Permissions   []filePermission     `yaml:"permissions"`
	APIKeys       map[string]yaml.Node `yaml:"apiKeys"`

	PipeConnections  yaml.Node `yaml:"pipeConnections"`
	WebhookEndpoints yaml.Node `yaml:"webhookEndpoints"`
}

type fileOrganization struct {
	ID           string            `yaml:"id"`
	Name         string            `yaml:"name"`
	ExternalID   string            `yaml:"external_id"`
	Metadata     map[string]string `yaml:"metadata"`
	Domains      []fileDomain      `yaml:"domains"`
	Memberships  []fileMembership  `yaml:"memberships"`
	Entitlements []string          `yaml:"entitlements"`
	FeatureFlags []string          `yaml:"feature_flags"`
	RequireSSO   bool              `yaml:"require_sso"`
	RequireMFA   bool              `yaml:"require_mfa"`
}

type fileDomain struct {
	Domain string `yaml:"domain"`
	State  string `yaml:"state"`
}

type fileMembership struct {
	UserID yaml.Node `yaml:"user_id"` // or the email
	Role   string    `yaml:"role"`
	Roles  []string  `yaml:"roles"`
	Status string    `yaml:"status"`
}

type fileConnection struct {
	ID           string    `yaml:"id"`
	Name         string    `yaml:"name"`
	Type         string    `yaml:"connection_type"`
	Organization string    `yaml:"organization"`
	State        string    `yaml:"state"`
	Domains      []string  `yaml:"domains"`
	Profiles     yaml.Node `yaml:"profiles"`
}

type fileInvitation struct {
	Token          string    `yaml:"token"`
	Email          string    `yaml:"email"`
	OrganizationID string    `yaml:"organization_id"` // or the name
	InviterUserID  string    `yaml:"inviter_user_id"`
	RoleSlug       string    `yaml:"role_slug"`
	ExpiresAt      time.Time `yaml:"expires_at"`
}

type fileRole struct {
	Slug           string   `yaml:"slug"`
	Name           string   `yaml:"name"`
	Description    string   `yaml:"description"`
	Type           string   `yaml:"type"`
	OrganizationID string   `yaml:"organization_id"`
	IsDefaultRole  bool     `yaml:"is_default_role"`
	Priority       int      `yaml:"priority"`
	Permissions    []string `yaml:"permissions"`
}

type filePermission struct {
	Slug        string `yaml:"slug"`
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
}

// LoadConfig reads a configuration file in YAML or JSON. The notes name what the file asks for and
// this emulator does not do. The error names every unknown key and wrong value with its line.
func LoadConfig(path string) (c Config, notes []string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	return ParseConfig(path, data)
}

// ParseConfig is LoadConfig for a file that was read already; name stands for it in messages.
func ParseConfig(name string, data []byte) (c Config, notes []string, err error) {
	var file configFile
	if err := decode(data, &file); err != nil {
		return Config{}, nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := meant(data, file.mistakes()); err != nil {
		return Config{}, nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, note := range file.unused() {
		notes = append(notes, name+":"+note)
	}
	return file.config(), notes, nil
}

// decode collects what is wrong, each with its line and key.
func decode(data []byte, file *configFile) error {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	err := decoder.Decode(file)
	var several *yaml.LoadErrors
	switch {
	case errors.Is(err, io.EOF): // an empty file says nothing, and that is fine
		return nil
	case err == nil:
		return nothingMore(decoder)
	case !errors.As(err, &several):
		return err
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return err
	}
	var all []string
	for _, e := range several.Errors {
		what := plainly(e.Message)
		if key := keyAt(&root, "", e.Mark); key != "" && !strings.HasPrefix(what, "the key ") {
			what = key + ": " + what
		}
		all = append(all, fmt.Sprintf("line %d: %s", e.Mark.Line, what))
	}
	return errors.New(strings.Join(all, "\n"))
}

// nothingMore refuses a second document, which would not be read.
func nothingMore(decoder *yaml.Decoder) error {
	var more yaml.Node
	switch err := decoder.Decode(&more); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("line %d: a second document begins, and only the first would be read: remove the line ---, or what follows it", more.Line)
}

// keyAt gives the key of the value that begins at a place; empty when none does.
func keyAt(node *yaml.Node, key string, place yaml.Mark) string {
	if node.Kind != yaml.DocumentNode && node.Line == place.Line && node.Column == place.Column {
		return key
	}
	for i, inner := range node.Content {
		of := key
		if node.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			of = node.Content[i-1].Value
		}
		if found := keyAt(inner, of, place); found != "" {
			return found
		}
	}
	return ""
}

// meant makes an error of the mistakes, each with its line and key.
func meant(data []byte, mistakes []mistake) error {
	if len(mistakes) == 0 {
		return nil
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return err
	}
	byLine := map[int][]string{}
	for _, m := range mistakes {
		line, key := where(&root, m.at)
		byLine[line] = append(byLine[line], fmt.Sprintf("line %d: %s: %v", line, key, m.err))
	}
	var all []string
	for _, line := range slices.Sorted(maps.Keys(byLine)) {
		all = append(all, byLine[line]...)
	}
	return errors.New(strings.Join(all, "\n"))
}

var (
	unknownField = regexp.MustCompile(`^field (.*) not found in type emulator\.\w+$`)
	wrongType    = regexp.MustCompile(`(?s)^cannot construct (.*) into (.+)$`)
)

// plainly says what the parser means without the names of Go types.
func plainly(message string) string {
	if m := unknownField.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("the key %q is not known here", m[1])
	}
	m := wrongType.FindStringSubmatch(message)
	if m == nil {
		return message
	}
	found := m[1]
	if _, value, ok := strings.Cut(found, " "); ok {
		found = value
	}
	found = strings.NewReplacer("!!seq", "a list", "!!map", "a group of keys").Replace(found)
	return found + " stands where " + kindOf(m[2]) + " is wanted"
}

func kindOf(goType string) string {
	switch {
	case strings.HasPrefix(goType, "[]"):
		return "a list"
	case strings.HasPrefix(goType, "map"), strings.HasPrefix(goType, "emulator."):
		return "a group of keys"
	case strings.HasSuffix(goType, "Duration"):
		return "a duration such as 30s or 5m"
	case goType == "bool":
		return "true or false"
	case strings.HasSuffix(goType, "string"):
		return "a text"
	case strings.HasSuffix(goType, "Time"):
		return "a time such as 2027-01-31T12:00:00Z"
	}
	return "a number"
}

// unused names, with lines, what has no effect here.
func (f *configFile) unused() []string {
	var notes []string
	for key, node := range map[string]yaml.Node{"pipeConnections": f.PipeConnections, "webhookEndpoints": f.WebhookEndpoints} {
		if !node.IsZero() {
			notes = append(notes, fmt.Sprintf("%d: %s has no effect in this emulator", node.Line, key))
		}
	}
	for _, o := range f.Organizations {
		for _, m := range o.Memberships {
			if !f.hasUser(m.UserID.Value) {
				notes = append(notes, fmt.Sprintf("%d: user_id: there is no user %q, so this membership has no effect", m.UserID.Line, m.UserID.Value))
			}
		}
	}
	for _, c := range f.Connections {
		if !c.Profiles.IsZero() {
			notes = append(notes, fmt.Sprintf("%d: profiles has no effect in this emulator: anybody may come by any connection", c.Profiles.Line))
		}
	}
	slices.Sort(notes)
	return notes
}

func (f *configFile) config() Config {
	c := f.Emulator
	c.Users = f.Users
	c.APIKeys = slices.Sorted(maps.Keys(f.APIKeys))
	for _, o := range f.Organizations {
		c.Organizations = append(c.Organizations, o.organization())
	}
	for _, r := range f.Roles {
		c.Roles = append(c.Roles, Role{Slug: r.Slug, Name: r.Name, Permissions: r.Permissions})
	}
	for _, n := range f.Connections {
		if n.State != "inactive" {
			c.Connections = append(c.Connections, Connection{ID: n.ID, Name: n.Name, Type: n.Type, Organization: n.Organization, Domains: n.Domains})
		}
	}
	for _, i := range f.Invitations {
		c.Invitations = append(c.Invitations, Invitation{Token: i.Token, Email: i.Email, Organization: i.OrganizationID, Role: i.RoleSlug, ExpiresAt: i.ExpiresAt})
	}
	return c
}

func (o fileOrganization) organization() Organization {
	org := Organization{
		ID: o.ID, Name: o.Name, ExternalID: o.ExternalID, Metadata: o.Metadata, Entitlements: o.Entitlements,
		FeatureFlags: o.FeatureFlags, RequireSSO: o.RequireSSO, RequireMFA: o.RequireMFA,
	}
	for _, d := range o.Domains {
		org.Domains = append(org.Domains, d.Domain)
	}
	for _, m := range o.Memberships {
		roles := m.Roles
		switch {
		case m.Role != "":
			roles = append([]string{m.Role}, roles...)
		case len(roles) == 0:
			roles = []string{"member"} // the vendor's default
		}
		org.Members = append(org.Members, Member{User: m.UserID.Value, Roles: roles, Inactive: m.Status != "" && m.Status != "active"})
	}
	return org
}

// The words that the fields of these types may have; the parser names the line of others.
var (
	_ encoding.TextUnmarshaler = (*Rotation)(nil)
	_ encoding.TextUnmarshaler = (*Drop)(nil)
	_ encoding.TextUnmarshaler = (*Route)(nil)
	_ encoding.TextUnmarshaler = (*Refusal)(nil)
)

// UnmarshalText takes one of the ways to rotate.
func (r *Rotation) UnmarshalText(text []byte) error {
	return oneOf(r, text, RotateStrict, RotateGrace, RotateNever)
}

// UnmarshalText takes one of the moments to drop a connection at.
func (d *Drop) UnmarshalText(text []byte) error { return oneOf(d, text, DropBefore, DropDone) }

// UnmarshalText takes the name of a route.
func (r *Route) UnmarshalText(text []byte) error {
	return oneOf(r, text, Any, Authorize, Page, Exchange, Refresh, DevicePoll, SelectOrganization, Authenticate,
		DeviceAuthorize, JWKS, Logout, Revoke, Other)
}

// UnmarshalText takes one of the refusals.
func (f *Refusal) UnmarshalText(text []byte) error {
	return oneOf(f, text, SSORequired, MFAEnrollment, MFAChallenge, EmailVerificationRequired, OrganizationSelectionRequired,
		AuthenticationMethodRefused, InvalidGrant, AccessDenied)
}

func oneOf[T ~string](field *T, text []byte, words ...T) error {
	if *field = T(text); slices.Contains(words, *field) {
		return nil
	}
	return fmt.Errorf("%q is not one of %q", text, words)
}
