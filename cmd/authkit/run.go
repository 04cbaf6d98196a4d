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
	look   *screen         // how the answer may look
	notes  []string        // what is said after the answer
	err    *screen         // what a person reads meanwhile
	begun  bool            // the command line was understood
	asked  string          // the command, such as authkit org list
	life   context.Context // ends with Ctrl-C
}

// run is the whole program but for the process around it. It returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process where it stands
	p := &program{in: stdin, stdout: stdout, look: newScreen(stdout), err: newScreen(stderr), life: ctx}
	root := p.root()
	root.SetArgs(args)
	root.SetOut(&p.out)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	p.asked = cmd.CommandPath()
	if _, werr := stdout.Write(p.out.Bytes()); werr != nil && err == nil {
		err = fmt.Errorf("the answer could not be written: %w", werr)
	}
	for _, text := range p.notes {
		p.err.say("%s", text)
	}
	return p.end(err)
}

// note has something said after the answer.
func (p *program) note(format string, values ...any) {
	p.notes = append(p.notes, fmt.Sprintf(format, values...))
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "authkit <command>",
		Short:         "Sign in to WorkOS AuthKit from a terminal",
		Long:          rootText,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
	}
	showVersion := root.Flags().Bool("version", false, "the same as authkit version")
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		if *showVersion {
			return p.sayVersion(false)
		}
		return cmd.Help()
	}
	root.DisableFlagsInUseLine = true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		var text bytes.Buffer
		p.look.help(&text, cmd)
		p.out.WriteString(fold(text.String(), p.look.width()))
	})
	root.SetHelpCommand(helpCommand())
	cobra.EnableCommandSorting = false // the order below is that of use
	p.addGroup(root, "Session", p.login(), p.logout(), p.whoami(), p.token(), p.status(), p.org(), p.accounts())
	p.addGroup(root, "Tools", p.demo(), p.doctor(), p.emulate(), p.completion(), p.version())
	return root
}

func (p *program) addGroup(root *cobra.Command, title string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: title, Title: title})
	for _, cmd := range commands {
		cmd.GroupID = title
		p.noteBegin(cmd)
	}
	root.AddCommand(commands...)
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

const rootText = `Sign in to WorkOS AuthKit from a terminal, and give scripts an access token that
is valid.

  authkit demo                        see it work, without an account
  export WORKOS_CLIENT_ID=client_…    or write it into a file .env
  authkit login
  curl -H "$(authkit token --header)" https://api.example.com/`

// surroundings is what stands below the list of the commands.
const surroundings = `Each command has --help, and every command that reads has --json. Answers go to
standard output, and everything else to standard error.

Environment, also read from a file .env in the current folder; flags win:
  WORKOS_CLIENT_ID          the client id, client_…, from the WorkOS dashboard
  WORKOS_API_URL            another API, such as an emulator's
  WORKOS_REDIRECT_URI       a loopback address with a port of its own,
                            such as http://127.0.0.1:8765/callback
  WORKOS_ENCRYPTION_SECRET  seals the session where there is no keychain;
                            32 characters or more
  BROWSER                   the program that opens the sign-in page
  NO_COLOR                  no colors

Exit codes:
  0    all is well
  1    an error
  2    a wrong command line or configuration
  3    nobody is signed in
  4    WorkOS cannot be reached
  130  cancelled with Ctrl-C`

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
