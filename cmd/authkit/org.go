package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// organizations is what org list --json answers.
type organizations struct {
	Organizations []organization `json:"organizations"`
	Complete      bool           `json:"complete"` // always false: see the text of org list
}

type organization struct {
	ID       string   `json:"id"`
	Accounts []string `json:"accounts"` // the addresses of those who are signed in to it here
	Current  bool     `json:"current"`
}

func (p *program) org() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "org <command>",
		Short: "List and switch organizations",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		DisableFlagsInUseLine: true,
	}
	cmd.AddCommand(p.orgList(), p.orgSwitch())
	return cmd
}

func (p *program) orgList() *cobra.Command {
	var to connection
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the organizations that are signed in to here",
		Long: `List the organizations that accounts on this machine are signed in to.

WorkOS gives a program like this one no list of a person's organizations, so
this is not one: there may be more, and authkit org switch takes the id of any
of them.`,
		Example: "  authkit org list",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := to.openOffline(p)
			if err != nil {
				return err
			}
			if _, err := client.Session(cmd.Context()); err != nil {
				return err
			}
			list, err := client.Accounts(cmd.Context())
			if err != nil {
				return err
			}
			var all organizations
			for _, a := range list {
				all.add(a.OrganizationID, a.User.Email, a.Current)
			}
			return p.answerOrganizations(asJSON, all)
		},
	}
	addJSONFlag(cmd, &asJSON)
	to.addFlags(cmd)
	return cmd
}

func (o *organizations) add(id, email string, current bool) {
	if id == "" {
		return
	}
	for i := range o.Organizations {
		if o.Organizations[i].ID == id {
			o.Organizations[i].Accounts = append(o.Organizations[i].Accounts, email)
			return
		}
	}
	o.Organizations = append(o.Organizations, organization{id, []string{email}, current})
}

func (p *program) answerOrganizations(asJSON bool, all organizations) error {
	if asJSON {
		if all.Organizations == nil {
			all.Organizations = []organization{}
		}
		return p.answer(true, all, nil)
	}
	for _, o := range all.Organizations {
		fmt.Fprintf(&p.out, "%s %s  %s\n", mark(o.Current), o.ID, plain(fmt.Sprint(o.Accounts)))
	}
	p.note("These are the organizations signed in to on this machine; you may belong to more.")
	return nil
}

// mark is the star before the current one of a list.
func mark(current bool) string {
	if current {
		return "*"
	}
	return " "
}

func (p *program) orgSwitch() *cobra.Command {
	var to connection
	cmd := &cobra.Command{
		Use:   "switch <organization id>",
		Short: "Renew the session for another organization",
		Long: `Renew the session for another organization of the person, without a browser.
When that is refused the session stays as it was.`,
		Example: "  authkit org switch org_01EXAMPLE",
		Args:    oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := to.open(p)
			if err != nil {
				return err
			}
			defer func() { _ = client.Close() }()
			session, err := client.SwitchOrganization(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(&p.out, "Now %s.\n", describe(session))
			return nil
		},
	}
	to.addFlags(cmd)
	return cmd
}
