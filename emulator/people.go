package emulator

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// User is a person who can sign in, and how the server treats them.
type User struct {
	ID                string            `yaml:"id"`       // zero: made from Email, the same in every run
	Email             string            `yaml:"email"`    // compared without regard to case
	Password          string            `yaml:"password"` // zero: DefaultPassword
	FirstName         string            `yaml:"first_name"`
	LastName          string            `yaml:"last_name"`
	EmailVerified     bool              `yaml:"email_verified"`
	ProfilePictureURL string            `yaml:"profile_picture_url"`
	ExternalID        string            `yaml:"external_id"`
	Locale            string            `yaml:"locale"`
	Metadata          map[string]string `yaml:"metadata"`

	FeatureFlags []string       `yaml:"feature_flags"` // added to those of the organization
	Claims       map[string]any `yaml:"claims"`        // more claims of this user's access tokens
	Impersonator *Impersonator  `yaml:"impersonator"`  // every session of the user is run by this person

	OnSignIn  Refusal `yaml:"on_sign_in"` // answered to the code or device exchange instead of tokens; zero: none
	OnRefresh Refusal `yaml:"on_refresh"` // answered to a refresh instead of tokens; zero: none
}

// Impersonator is the member of staff who acts as the user.
type Impersonator struct {
	Email  string `yaml:"email"`
	Reason string `yaml:"reason"` // may be empty: null on the wire
}

// Organization is a customer of the app, with its members.
type Organization struct {
	ID           string // zero: made from Name, the same in every run
	Name         string
	ExternalID   string
	Metadata     map[string]string
	Domains      []string
	Members      []Member
	Entitlements []string
	FeatureFlags []string
	RequireSSO   bool // sessions that did not come by single sign-on are refused with sso_required
	RequireMFA   bool // a switch to it is refused with mfa_enrollment
}

// Member is a user's place in an organization.
type Member struct {
	User     string // email or id
	Roles    []string
	Inactive bool // still listed, but not let in
}

// Role is a named set of permissions.
type Role struct {
	Slug        string
	Name        string
	Permissions []string
}

// Connection is an organization's single sign-on.
type Connection struct {
	ID           string // zero: made from Name
	Name         string
	Type         string // zero: GenericSAML
	Organization string // name or id
	Domains      []string
}

// Invitation lets its Email in, and into Organization.
type Invitation struct {
	Token        string // what invitation_token must be; zero: made from Email
	Email        string
	Organization string // name or id; zero: none
	Role         string
	ExpiresAt    time.Time // zero: never
}

// DemoUsers are the people of a Config that names none.
func DemoUsers() []User {
	return []User{
		{Email: "alice@example.com", FirstName: "Alice", LastName: "Archer", EmailVerified: true},
		{Email: "bob@example.com", FirstName: "Bob", LastName: "Baker", EmailVerified: true},
		{Email: "carol@example.com", FirstName: "Carol", LastName: "Cooper", EmailVerified: true},
	}
}

// DemoOrganizations are the organizations of a Config that names neither users nor organizations.
func DemoOrganizations() []Organization {
	return []Organization{
		{Name: "Acme", Domains: []string{"acme.example"}, Members: []Member{
			{User: "alice@example.com", Roles: []string{"admin"}},
			{User: "bob@example.com", Roles: []string{"member"}},
		}},
		{Name: "Globex", Domains: []string{"globex.example"}, Members: []Member{
			{User: "bob@example.com", Roles: []string{"admin"}},
		}},
	}
}

// DemoRoles are the roles of the demo organizations.
func DemoRoles() []Role {
	return []Role{
		{Slug: "admin", Name: "Admin", Permissions: []string{"notes:read", "notes:write", "members:manage"}},
		{Slug: "member", Name: "Member", Permissions: []string{"notes:read"}},
	}
}

// account is a User and what happened to them.
type account struct {
	User
	created, updated, lastSignIn time.Time
}

func (a *account) fullName() string {
	return strings.TrimSpace(a.FirstName + " " + a.LastName)
}

func (a *account) Name() string {
	if n := a.fullName(); n != "" {
		return n
	}
	return a.Email
}

// maxAccounts keeps a flood of sign-ups from growing the process without end.
const maxAccounts = 10_000

// AddUser adds a user, or replaces the one with the same email, and returns it with its ID filled in.
func (s *Server) AddUser(u User) (User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.addUserLocked(u)
	if err != nil {
		return User{}, err
	}
	return a.User, nil
}

func (s *Server) addUserLocked(u User) (*account, error) {
	if err := checkEmail(u.Email); err != nil {
		return nil, err
	}
	u = u.clone()
	fill(&u.ID, stableID("user", strings.ToLower(u.Email)))
	fill(&u.Password, DefaultPassword)
	now := s.now()
	a := &account{User: u, created: now, updated: now}
	if old := s.byEmail[strings.ToLower(u.Email)]; old != nil {
		a.created, a.lastSignIn = old.created, old.lastSignIn
		delete(s.users, old.ID)
	} else if len(s.users) >= maxAccounts {
		return nil, fmt.Errorf("the emulator is full: it holds %d users; restart it", maxAccounts)
	}
	s.replaceLocked(a)
	return a, nil
}

// ChangeUser changes the user with this email or id. The email itself stays. The function must not
// call the server.
func (s *Server) ChangeUser(who string, change func(*User)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.findUserLocked(who)
	if a == nil {
		return fmt.Errorf("no user %q: add it first with AddUser", who)
	}
	id, email := a.ID, a.Email
	// A changed copy: sessions being answered right now hold the old one.
	b := *a
	b.User = a.clone()
	change(&b.User)
	b.ID, b.Email, b.updated = id, email, s.now()
	s.replaceLocked(&b)
	return nil
}

func (s *Server) replaceLocked(a *account) {
	s.users[a.ID], s.byEmail[strings.ToLower(a.Email)] = a, a
}

// clone shares no map or list that a caller may change.
func (u User) clone() User {
	u.Metadata, u.Claims, u.FeatureFlags = maps.Clone(u.Metadata), maps.Clone(u.Claims), slices.Clone(u.FeatureFlags)
	return u
}

// RemoveUser deletes a user; their sessions end at the next refresh.
func (s *Server) RemoveUser(who string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.findUserLocked(who); a != nil {
		delete(s.users, a.ID)
		delete(s.byEmail, strings.ToLower(a.Email))
	}
}

// Users returns all users, by email. Passwords are in it: they are test data.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	users := make([]User, 0, len(s.users))
	for _, a := range s.users {
		users = append(users, a.User)
	}
	slices.SortFunc(users, func(a, b User) int { return strings.Compare(a.Email, b.Email) })
	return users
}

// AddOrganization adds an organization, or replaces the one with the same ID, and returns it with its ID filled in.
func (s *Server) AddOrganization(o Organization) (Organization, error) {
	if o.Name == "" {
		return o, errors.New("an organization needs a name: set Organization.Name")
	}
	fill(&o.ID, stableID("org", o.Name))
	o.Members = slices.Clone(o.Members)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orgs[o.ID] = &o
	return o, nil
}

// Organizations returns all organizations, by name.
func (s *Server) Organizations() []Organization {
	s.mu.Lock()
	defer s.mu.Unlock()
	orgs := make([]Organization, 0, len(s.orgs))
	for _, o := range s.orgs {
		orgs = append(orgs, *o)
	}
	slices.SortFunc(orgs, func(a, b Organization) int { return strings.Compare(a.Name, b.Name) })
	return orgs
}

// AddRole adds a role, or replaces the one with the same slug.
func (s *Server) AddRole(r Role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[r.Slug] = r
}

// AddConnection adds a connection to an organization that exists, and returns it with its ID filled in.
func (s *Server) AddConnection(c Connection) (Connection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	org := s.findOrganizationLocked(c.Organization)
	if org == nil {
		return c, fmt.Errorf("connection %q belongs to organization %q, which does not exist: add it to Organizations", c.Name, c.Organization)
	}
	fill(&c.ID, stableID("conn", c.Name))
	fill(&c.Type, "GenericSAML")
	c.Organization = org.ID
	s.connections[c.ID] = c
	return c, nil
}

// Invite adds an invitation, and returns it with its Token filled in.
func (s *Server) Invite(i Invitation) (Invitation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i.Organization != "" {
		org := s.findOrganizationLocked(i.Organization)
		if org == nil {
			return i, fmt.Errorf("the invitation of %q is into organization %q, which does not exist: add it to Organizations", i.Email, i.Organization)
		}
		i.Organization = org.ID
	}
	fill(&i.Token, stableID("inv", strings.ToLower(i.Email)))
	fill(&i.Role, "member")
	s.invitations[i.Token] = &i
	return i, nil
}

func (s *Server) findUserLocked(emailOrID string) *account {
	if a := s.users[emailOrID]; a != nil {
		return a
	}
	return s.byEmail[strings.ToLower(emailOrID)]
}

func (s *Server) findOrganizationLocked(nameOrID string) *Organization {
	if o := s.orgs[nameOrID]; o != nil {
		return o
	}
	for _, o := range s.orgs {
		if o.Name == nameOrID {
			return o
		}
	}
	return nil
}

// membershipLocked finds an active place of the user in the organization.
func (s *Server) membershipLocked(a *account, org *Organization) (Member, bool) {
	for _, m := range org.Members {
		if !m.Inactive && (m.User == a.ID || strings.EqualFold(m.User, a.Email)) {
			return m, true
		}
	}
	return Member{}, false
}

func (s *Server) organizationsOfLocked(a *account) []*Organization {
	var found []*Organization
	for _, o := range s.orgs {
		if _, ok := s.membershipLocked(a, o); ok {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(x, y *Organization) int { return strings.Compare(x.Name, y.Name) })
	return found
}

// joinLocked makes the user a member, once.
func (s *Server) joinLocked(a *account, org *Organization, role string) {
	if _, ok := s.membershipLocked(a, org); ok {
		return
	}
	grown := *org
	grown.Members = append(slices.Clone(org.Members), Member{User: a.ID, Roles: []string{role}})
	s.orgs[org.ID] = &grown
}

// permissionsLocked is the union of what the roles may do.
func (s *Server) permissionsLocked(roles []string) []string {
	all := map[string]bool{}
	for _, slug := range roles {
		for _, p := range s.roles[slug].Permissions {
			all[p] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func checkEmail(email string) error {
	name, domain, ok := strings.Cut(email, "@")
	if !ok || name == "" || domain == "" || len(email) > 254 || strings.ContainsFunc(email, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return fmt.Errorf("%.60q is not an email address", email)
	}
	return nil
}

// stableID makes the same id from the same words in every run, so that a restart, a bookmark and a
// test's expectation agree. The alphabet is the one of the real ids (Crockford's base 32).
func stableID(kind, words string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + words))
	return kind + "_01" + crockford.EncodeToString(sum[:15])
}

var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)
