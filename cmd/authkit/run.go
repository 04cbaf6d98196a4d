package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// program is one run of authkit.
type program struct {
	in     io.Reader
	stdout io.Writer       // for what cannot wait until the command has succeeded
	out    bytes.Buffer    // what the command answers; written in one piece at its end
	err    *screen         // what a person reads meanwhile
	begun  bool            // the command line was understood
	life   context.Context // ends with Ctrl-C
}

// run is the whole program but for the process around it. It returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process where it stands
	p := &program{in: stdin, stdout: stdout, err: newScreen(stderr), life: ctx}
	root := p.root()
	root.SetArgs(args)
	root.SetOut(&p.out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if _, werr := stdout.Write(p.out.Bytes()); werr != nil && err == nil {
		err = fmt.Errorf("the answer could not be written: %w", werr)
	}
	return p.end(err)
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "authkit",
		Short:         "Sign in to WorkOS AuthKit from a terminal",
		Long:          rootText,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(p.demo(), p.login(), p.whoami(), p.token(), p.org(), p.accounts(), p.logout(), p.status(), p.doctor(),
		p.emulate(), p.completion(), p.version())
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		cmd.Hidden = cmd.Name() == "help"
		p.noteBegin(cmd)
	}
	return root
}

// noteBegin has every command say when its line was understood: what fails before that is the line's fault.
func (p *program) noteBegin(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		p.noteBegin(sub)
	}
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			p.begun = true
			return run(cmd, args)
		}
	}
}

const rootText = `Sign in to WorkOS AuthKit from a terminal, and give scripts an access token that is valid.

  authkit demo                          see it work, without an account
  export WORKOS_CLIENT_ID=client_…      or write it into a file .env
  authkit login
  curl -H "$(authkit token --header)" https://api.example.com/

Answers go to the standard output, and everything else to standard error. Every command that reads has --json.

Exit codes: 0 all is well, 1 an error, 2 a command line or a configuration that cannot be meant, 3 nobody is signed in,
4 WorkOS cannot be reached, 130 cancelled with Ctrl-C.

Environment, also read from a file .env in the current folder; flags win over both:
  WORKOS_CLIENT_ID           the client id, client_…, from the WorkOS dashboard
  WORKOS_API_URL             another API, such as an emulator's; empty: WorkOS's own
  WORKOS_REDIRECT_URI        a loopback address with a port of its own, http://127.0.0.1:8765/callback
  WORKOS_ENCRYPTION_SECRET   seals the session where there is no keychain; 32 characters or more
  NO_COLOR                   no colors
  BROWSER                    the program that opens the sign-in page`

// shownError says that the answer itself tells what is wrong; only the exit code is missing.
type shownError struct{ code int }

func (e shownError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// end says what went wrong and chooses the exit code.
func (p *program) end(err error) int {
	if err == nil {
		return codeOK
	}
	if shown, ok := errors.AsType[shownError](err); ok {
		return shown.code
	}
	c := p.explain(err)
	p.err.complain(c)
	return c.code
}
