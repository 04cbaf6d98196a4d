package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/authkit-desktop/authkit"
)

func (p *program) logout() *cobra.Command {
	var to connection
	var all, shut bool
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "Sign out, here and in the browser",
		Long: `Sign out: on this machine at once, without the network, and then in the browser,
which keeps a session of its own. Where no browser opens, the address that ends
that session is printed.`,
		Example: `  authkit logout
  authkit logout --all`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := to.open(p, func(cfg *authkit.Config) {
				if shut || remote(os.Getenv) != "" {
					cfg.OpenBrowser = noBrowser
				}
			})
			if err != nil {
				return err
			}
			defer func() { _ = client.Close() }()
			return p.signOut(cmd.Context(), client, all)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "sign out all accounts, not only the current one")
	cmd.Flags().BoolVar(&shut, "no-browser", false, "print the address instead of opening a browser")
	to.addFlags(cmd)
	return cmd
}

func (p *program) signOut(ctx context.Context, client *authkit.Client, all bool) error {
	var options []authkit.SignOutOption
	if all {
		options = append(options, authkit.AllAccounts())
	}
	err := client.SignOut(ctx, options...)
	if closed, ok := errors.AsType[*authkit.BrowserError](err); ok {
		p.note("To end the session in your browser too, open this address there:\n\n  %s", closed.URL)
		err = nil
	}
	if err != nil {
		return err
	}
	p.out.WriteString("Signed out.\n")
	list, err := client.Accounts(ctx)
	if err == nil && len(list) > 0 {
		p.note("Other accounts are signed in; to use one, type: authkit accounts switch %s", plain(list[0].User.Email))
	}
	return nil
}
