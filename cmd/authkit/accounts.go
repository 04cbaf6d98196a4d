package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/authkit-desktop/authkit"
)

// accountList is what accounts --json answers.
type accountList struct {
	Accounts []account `json:"accounts"` // the current one first
}

type account struct {
	ID             string `json:"id"`
	Email          string `json:"email"`
	Name           string `json:"name"`
	OrganizationID string `json:"organization_id"` // empty: none
	Current        bool   `json:"current"`
}

func (p *program) accounts() *cobra.Command {
	var to connection
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "accounts",
		Short: "List and switch accounts",
		Long: `List the accounts that are signed in. All commands are about the current one,
which has a star.

A second account is added with authkit login --add-account.`,
		Example: `  authkit accounts
  authkit accounts switch bob@example.com`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := to.openOffline(p)
			if err != nil {
				return err
			}
			list, err := client.Accounts(cmd.Context())
			if err != nil {
				return err
			}
			if len(list) == 0 {
				return authkit.ErrSignedOut
			}
			return p.answerAccounts(asJSON, list)
		},
	}
	addJSONFlag(cmd, &asJSON)
	to.addFlags(cmd)
	cmd.AddCommand(p.accountsSwitch())
	return cmd
}

func (p *program) answerAccounts(asJSON bool, list []authkit.Account) error {
	all := accountList{}
	for _, a := range list {
		all.Accounts = append(all.Accounts, account{a.ID, a.User.Email, fullName(a.User), a.OrganizationID, a.Current})
		if !asJSON {
			fmt.Fprintf(&p.out, "%s %s  %s\n", mark(a.Current), nameOfUser(a.User), plain(a.ID))
		}
	}
	if asJSON {
		return p.answer(true, all, nil)
	}
	return nil
}

func (p *program) accountsSwitch() *cobra.Command {
	var to connection
	cmd := &cobra.Command{
		Use:   "switch <e-mail or user id>",
		Short: "Make another account the current one",
		Long: `Make another of the accounts that are signed in the current one. It needs
neither a browser nor the network.`,
		Example: "  authkit accounts switch bob@example.com",
		Args:    oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := to.openOffline(p)
			if err != nil {
				return err
			}
			id, err := findAccount(cmd.Context(), client, args[0])
			if err != nil {
				return err
			}
			session, err := client.SwitchAccount(cmd.Context(), id)
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

// findAccount takes a user's id, or an address that only one account has.
func findAccount(ctx context.Context, client *authkit.Client, wanted string) (id string, err error) {
	list, err := client.Accounts(ctx)
	if err != nil {
		return "", err
	}
	var found []string
	for _, a := range list {
		if a.ID == wanted {
			return a.ID, nil
		}
		if strings.EqualFold(a.User.Email, wanted) {
			found = append(found, a.ID)
		}
	}
	switch len(found) {
	case 0:
		if len(list) == 0 {
			return "", authkit.ErrSignedOut
		}
		return "", complaint{what: fmt.Sprintf("no account %q is signed in here", wanted), so: "Nothing has changed.",
			do: "To see those that are, type authkit accounts; to add one, authkit login --add-account.", code: codeError}
	case 1:
		return found[0], nil
	}
	return "", errors.New("several accounts have this address; use an id: " + strings.Join(found, ", "))
}
