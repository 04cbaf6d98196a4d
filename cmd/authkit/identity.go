package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/authkit-desktop/authkit"
)

// identity is what whoami --json answers.
type identity struct {
	User                 authkit.User          `json:"user"`
	SessionID            string                `json:"session_id"`
	OrganizationID       string                `json:"organization_id"` // empty: none
	Role                 string                `json:"role"`
	Roles                []string              `json:"roles"`
	Permissions          []string              `json:"permissions"`
	Entitlements         []string              `json:"entitlements"`
	FeatureFlags         []string              `json:"feature_flags"`
	AuthenticationMethod string                `json:"authentication_method"`
	Impersonator         *authkit.Impersonator `json:"impersonator"` // null: the person is here in person
	ExpiresAt            time.Time             `json:"expires_at"`   // of the access token
	Stale                bool                  `json:"stale"`        // the access token has run out; the next authkit token renews it
}

func identityOf(s *authkit.Session) identity {
	return identity{User: s.User, SessionID: s.ID, OrganizationID: s.OrganizationID, Role: s.Role, Roles: s.Roles, Permissions: s.Permissions,
		Entitlements: s.Entitlements, FeatureFlags: s.FeatureFlags, AuthenticationMethod: s.AuthenticationMethod,
		Impersonator: s.Impersonator, ExpiresAt: s.ExpiresAt.UTC(), Stale: s.Stale}
}

func addJSONFlag(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "json", false, "answer in JSON")
}

// answer writes v as JSON, or the lines of a table for people.
func (p *program) answer(asJSON bool, v any, rows [][2]string) error {
	if asJSON {
		e := json.NewEncoder(&p.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(&p.out, "%s %s\n", p.look.dim(fmt.Sprintf("%-13s", row[0])), plain(row[1]))
		}
	}
	return nil
}
