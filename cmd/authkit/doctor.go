package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/authkit-desktop/authkit/doctor"
)

func (p *program) doctor() *cobra.Command {
	var to connection
	var asJSON bool
	var program string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out what keeps a sign-in from working on this machine",
		Long: `Find out what keeps a sign-in from working on this machine: the configuration,
the network, the clock, the keychain, the files. Each fault comes with what to
do about it. Nothing is changed. The exit code is 1 when something has failed.

With --app and --program it looks at an app in place of itself: at its files,
its running instance, and its URL scheme. It opens a link and waits for it to
come back through the program; a running app is not disturbed.`,
		Example: `  authkit doctor
  authkit doctor --app com.example.notes --program /opt/notes/notes \
      --redirect-uri com.example.notes://callback`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkTimeout(timeout); err != nil {
				return err
			}
			options := []doctor.Option{doctor.Timeout(timeout)}
			if program != "" {
				path, err := pathOf(program)
				if err != nil {
					return err
				}
				options = append(options, doctor.Program(path))
			}
			client, err := to.open(p)
			if err != nil {
				return err
			}
			defer func() { _ = client.Close() }()
			report := doctor.Run(cmd.Context(), client, options...)
			if asJSON {
				err = p.answer(true, report, nil)
			} else {
				err = p.printReport(report)
			}
			if err != nil || report.OK() {
				return err
			}
			return shownError{codeError}
		},
	}
	cmd.Flags().StringVar(&to.app, "app", "", "the app id of an app to look at (default this program)")
	cmd.Flags().StringVar(&program, "program", "", "that app's program, which links are to start")
	cmd.Flags().StringVar(&to.redirectURI, "redirect-uri", "", "that app's redirect URI (WORKOS_REDIRECT_URI)")
	cmd.MarkFlagsRequiredTogether("app", "program")
	cmd.Flags().DurationVar(&timeout, "timeout", doctor.DefaultTimeout, "the longest time that one check takes")
	addJSONFlag(cmd, &asJSON)
	to.addFlags(cmd)
	return cmd
}

// pathOf finds a program as a shell does.
func pathOf(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", complaint{what: "there is no program " + program, so: "Nothing was looked at.", do: "Give the path of the app's program.", code: codeUsage}
	}
	return path, nil
}

// printReport gives each line of the report the color of its status.
func (p *program) printReport(r doctor.Report) error {
	var text strings.Builder
	if err := r.Print(&text); err != nil {
		return err
	}
	paint := strings.NewReplacer("\nok ", "\n"+p.look.paint("32", "ok")+" ", "\nfailed ", "\n"+p.look.paint("1;31", "failed")+" ",
		"\nskipped ", "\n"+p.look.dim("skipped")+" ", "\nwarning ", "\n"+p.look.paint("33", "warning")+" ")
	p.out.WriteString(strings.TrimPrefix(paint.Replace("\n"+text.String()), "\n"))
	return nil
}
