package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/vault"
)

// statusReport is what status --json answers.
type statusReport struct {
	SignedIn bool          `json:"signed_in"`
	Identity *identity     `json:"identity"` // as whoami --json has it; null: nobody is signed in
	Accounts int           `json:"accounts"` // how many are signed in
	Storage  vault.Storage `json:"storage"`  // kind: keychain, passphrase or memory; path: the folder of the sealed files; why: in words
	ClientID string        `json:"client_id"`
	APIURL   string        `json:"api_url"`
	Profile  string        `json:"profile"`
}

func (p *program) status() *cobra.Command {
	var to connection
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say where the session is kept, and how long its token lasts",
		Long: `Say where the session is kept, how long its access token lasts, and for which
environment it is. It needs no network. The exit code is 3 when nobody is signed
in.`,
		Example: "  authkit status --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := to.openOffline(p)
			if err != nil {
				return err
			}
			report, err := reportStatus(cmd.Context(), client)
			if err != nil {
				return err
			}
			if err := p.answer(asJSON, report, report.rows()); err != nil || report.SignedIn {
				return err
			}
			return shownError{codeSignedOut}
		},
	}
	addJSONFlag(cmd, &asJSON)
	to.addFlags(cmd)
	return cmd
}

func reportStatus(ctx context.Context, client *authkit.Client) (statusReport, error) {
	about := client.About()
	r := statusReport{Storage: client.Storage(ctx), ClientID: about.ClientID, APIURL: about.APIURL, Profile: about.Profile}
	session, err := client.Session(ctx)
	if err == nil {
		who := identityOf(session)
		r.SignedIn, r.Identity = true, &who
	} else if !errors.Is(err, authkit.ErrSignedOut) {
		return r, err
	}
	list, err := client.Accounts(ctx)
	r.Accounts = len(list)
	return r, err
}

func (r statusReport) rows() [][2]string {
	rows := [][2]string{{"account", "nobody is signed in; type: authkit login"}}
	if r.SignedIn {
		token := "valid until " + r.Identity.ExpiresAt.Local().Format(time.DateTime)
		if r.Identity.Stale {
			token = "has run out; the next authkit token renews it"
		}
		rows = [][2]string{{"account", nameOfUser(r.Identity.User)}, {"organization", r.Identity.OrganizationID},
			{"session", r.Identity.SessionID}, {"access token", token}}
	}
	if r.Accounts > 1 {
		rows = append(rows, [2]string{"accounts", fmt.Sprintf("%d; to see them, type: authkit accounts", r.Accounts)})
	}
	return append(rows, [2]string{"kept", r.Storage.Why}, [2]string{"environment", r.ClientID + " at " + r.APIURL}, [2]string{"profile", r.Profile})
}
