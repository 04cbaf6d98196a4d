package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/authkit-desktop/authkit/doctor"
)

func (p *program) doctor() *cobra.Command {
	var to connection
	var asJSON bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out what keeps a sign-in from working on this machine",
		Long: `Find out what keeps a sign-in from working on this machine: the configuration, the network, the clock, the keychain, the files.
Each fault comes with what to do about it. Nothing is changed. The exit code is 1 when something has failed.`,
		Example: "  authkit doctor",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := to.open(p)
			if err != nil {
				return err
			}
			defer func() { _ = client.Close() }()
			report := doctor.Run(cmd.Context(), client, doctor.Timeout(timeout))
			if asJSON {
				err = p.answer(true, report, nil)
			} else {
				err = report.Print(&p.out)
			}
			if err != nil || report.OK() {
				return err
			}
			return shownError{codeError}
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", doctor.DefaultTimeout, "the longest time that one check takes")
	addJSONFlag(cmd, &asJSON)
	to.addFlags(cmd)
	return cmd
}
