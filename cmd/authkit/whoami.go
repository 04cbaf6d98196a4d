package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/authkit-desktop/authkit"
)

func (p *program) whoami() *cobra.Command {
	var to connection
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "whoami",
		Short:   "Say who is signed in",
		Long:    `Say who is signed in. The answer comes from this machine and needs no network.`,
		Example: "  authkit whoami --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := to.openOffline(p)
			if err != nil {
				return err
			}
			session, err := client.Session(cmd.Context())
			if err != nil {
				return err
			}
			return p.answer(asJSON, identityOf(session), whoRows(session))
		},
	}
	addJSONFlag(cmd, &asJSON)
	to.addFlags(cmd)
	return cmd
}

func whoRows(s *authkit.Session) [][2]string {
	rows := [][2]string{
		{"account", nameOfUser(s.User)},
		{"user", s.User.ID},
		{"organization", s.OrganizationID},
		{"role", s.Role},
		{"permissions", strings.Join(s.Permissions, " ")},
	}
	if s.Impersonator != nil {
		rows = append(rows, [2]string{"impersonator", s.Impersonator.Email + ", because: " + s.Impersonator.Reason})
	}
	return rows
}
