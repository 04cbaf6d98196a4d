package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/authkit-desktop/authkit"
)

// accessToken is what token --json answers.
type accessToken struct {
	AccessToken string    `json:"access_token"`
	TokenType   string    `json:"token_type"` // Bearer
	ExpiresAt   time.Time `json:"expires_at"`
}

func (p *program) token() *cobra.Command {
	var to connection
	var header, asJSON bool
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Print an access token that is valid now",
		Long: `Print an access token that is valid now, and nothing else. One that has run out
is renewed first; any number of programs that ask at the same time cause one
renewal.

A token is a password for a few minutes: keep it out of logs, files and
addresses.`,
		Example: `  TOKEN=$(authkit token)
  curl -H "$(authkit token --header)" https://api.example.com/`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := to.open(p)
			if err != nil {
				return err
			}
			defer func() { _ = client.Close() }()
			token, err := p.fetchToken(cmd.Context(), client)
			if err != nil {
				return err
			}
			if asJSON {
				return p.answer(true, token, nil)
			}
			if header {
				fmt.Fprint(&p.out, "Authorization: Bearer ")
			}
			fmt.Fprintln(&p.out, token.AccessToken)
			return nil
		},
	}
	cmd.Flags().BoolVar(&header, "header", false, "print it as the header of a request: Authorization: Bearer …")
	addJSONFlag(cmd, &asJSON)
	cmd.MarkFlagsMutuallyExclusive("header", "json")
	to.addFlags(cmd)
	return cmd
}

func (p *program) fetchToken(ctx context.Context, client *authkit.Client) (accessToken, error) {
	token, err := client.AccessToken(ctx)
	if err != nil {
		return accessToken{}, err
	}
	session, err := client.Session(ctx)
	if err != nil {
		return accessToken{}, err
	}
	if session.Err != nil { // such as a disk that is full: this token works, the next command may not
		p.note("Note: %s", plain(session.Err.Error()))
	}
	return accessToken{token, "Bearer", session.ExpiresAt.UTC()}, nil
}
