package emulator

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// mistake is something that cannot be meant, at a place in the file: keys, and places in lists.
type mistake struct {
	at  []any
	err error
}

// mistakes looks for what the parser cannot know. Start would find most of it too, but not the line.
func (f *configFile) mistakes() (list []mistake) {
	add := func(err error, at ...any) {
		if err != nil {
			list = append(list, mistake{at, err})
		}
	}
	f.settingMistakes(add)
	known := map[string]bool{}
	for i, u := range f.Users {
		add(checkEmail(u.Email), "users", i, "email")
		email := strings.ToLower(u.Email)
		if known[email] {
			add(fmt.Errorf("there is a user %q above already", u.Email), "users", i, "email")
		}
		known[email] = true
	}
	for i, o := range f.Organizations {
		if o.Name == "" {
			add(errors.New("an organization needs one"), "organizations", i, "name")
		}
		for j, m := range o.Memberships {
			if !slices.Contains(statuses, m.Status) {
				add(fmt.Errorf("%q is not one of %q", m.Status, statuses[1:]), "organizations", i, "memberships", j, "status")
			}
		}
	}
	for i, c := range f.Connections {
		add(f.checkOrganization(c.Organization), "connections", i, "organization")
	}
	for i, v := range f.Invitations {
		add(checkEmail(v.Email), "invitations", i, "email")
		if v.OrganizationID != "" {
			add(f.checkOrganization(v.OrganizationID), "invitations", i, "organization_id")
		}
	}
	return list
}

// statuses are those of a membership; without one it is active.
var statuses = []string{"", "active", "inactive", "pending"}

func (f *configFile) settingMistakes(add func(err error, at ...any)) {
	c := f.Emulator
	if _, _, err := net.SplitHostPort(c.Addr); c.Addr != "" && err != nil {
		add(fmt.Errorf("%q is not host:port", c.Addr), "emulator", "addr")
	}
	add(checkURL(c.URL), "emulator", "url")
	for i, uri := range c.RedirectURIs {
		add(checkRedirectURI(uri), "emulator", "redirect_uris", i)
	}
	for i, uri := range c.LogoutURIs {
		add(checkRedirectURI(uri), "emulator", "logout_uris", i)
	}
	for i := range c.Faults {
		add(c.Faults[i].check(), "emulator", "faults", i)
	}
	for key, d := range map[string]time.Duration{
		"access_token_lifetime": c.AccessTokenLifetime, "code_lifetime": c.CodeLifetime, "rotation_grace": c.RotationGrace,
		"session_max_age": c.SessionMaxAge, "session_inactivity": c.SessionInactivity,
		"device_lifetime": c.DeviceLifetime, "device_interval": c.DeviceInterval,
	} {
		if d < 0 {
			add(fmt.Errorf("%v is before the beginning", d), "emulator", key)
		}
	}
	if c.AutoSignIn != "" && !f.hasUser(c.AutoSignIn) {
		add(fmt.Errorf("there is no user %q", c.AutoSignIn), "emulator", "auto_sign_in")
	}
}

func (f *configFile) checkOrganization(nameOrID string) error {
	known := func(o fileOrganization) bool {
		return o.Name == nameOrID || o.ID == nameOrID || stableID("org", o.Name) == nameOrID
	}
	if nameOrID != "" && slices.ContainsFunc(f.Organizations, known) {
		return nil
	}
	return fmt.Errorf("there is no organization %q: add it to organizations", nameOrID)
}

// hasUser knows the demo users too, who are there when the file names nobody.
func (f *configFile) hasUser(emailOrID string) bool {
	users := f.Users
	if len(users) == 0 && len(f.Organizations) == 0 {
		users = DemoUsers()
	}
	return slices.ContainsFunc(users, func(u User) bool {
		return strings.EqualFold(u.Email, emailOrID) || u.ID == emailOrID || stableID("user", strings.ToLower(u.Email)) == emailOrID
	})
}

// where gives the line of a mistake and the key that it belongs to. What is missing has the line of what it is missing in.
func where(root *yaml.Node, at []any) (line int, key string) {
	node := root
	for node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	line = node.Line
	for _, step := range at {
		if name, ok := step.(string); ok {
			key = name
		}
		if node = child(node, step); node == nil {
			continue
		}
		line = node.Line
	}
	return line, key
}

// child finds a key's value, or a place in a list; nil when it is not there.
func child(node *yaml.Node, step any) *yaml.Node {
	for node != nil && node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node == nil {
		return nil
	}
	if i, ok := step.(int); ok {
		if node.Kind == yaml.SequenceNode && i < len(node.Content) {
			return node.Content[i]
		}
		return nil
	}
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == step {
			return node.Content[i+1]
		}
	}
	return nil
}
