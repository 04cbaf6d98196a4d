package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/authkit-desktop/authkit"
)

// login is one run of authkit login.
type login struct {
	*program
	connection
	device, noBrowser, signUp, add bool
	org, hint                      string
	timeout                        time.Duration

	onCode func(context.Context, authkit.DeviceCode) // told of a device code, on a goroutine of its own; may be nil
}

func (p *program) login() *cobra.Command {
	l := &login{program: p}
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Sign in, with the browser or with a code",
		Long: `Sign in. The sign-in page opens in the browser, and the answer comes back to
this program on a loopback address.

Where no browser can open (on a server, in a container, over SSH) login says so
and shows a code instead, to be typed in a browser anywhere: the device flow of
RFC 8628. Whoever was signed in stays so until somebody else is; Ctrl-C leaves
everything as it was.

The dashboard must know the redirect URI http://127.0.0.1/callback.`,
		Example: `  authkit login
  authkit login --device
  authkit login --org org_01EXAMPLE --profile work`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return l.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&l.device, "device", false, "show a code instead of opening a browser")
	f.BoolVar(&l.noBrowser, "no-browser", false, "print the address, to be opened on this machine")
	f.BoolVar(&l.signUp, "sign-up", false, "open the page on its sign-up form")
	f.StringVar(&l.org, "org", "", "the `id` of the organization to sign in to")
	f.StringVar(&l.hint, "login-hint", "", "the `e-mail` address to fill in")
	f.BoolVar(&l.add, "add-account", false, "keep the present account too; see authkit accounts")
	f.DurationVar(&l.timeout, "timeout", 10*time.Minute, "how long to wait for the person")
	cmd.MarkFlagsMutuallyExclusive("device", "no-browser")
	cmd.MarkFlagsMutuallyExclusive("device", "sign-up")
	cmd.MarkFlagsMutuallyExclusive("device", "login-hint")
	l.addFlags(cmd)
	return cmd
}

func (l *login) run(ctx context.Context) error {
	if err := checkTimeout(l.timeout); err != nil {
		return err
	}
	client, err := l.openForLogin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }() // nothing of it can fail
	session, err := l.waitForPerson(ctx, client)
	if err != nil {
		return err
	}
	fmt.Fprintf(&l.out, "Signed in as %s.\n", describe(session))
	if session.Err != nil {
		l.note("Note: %s", plain(session.Err.Error()))
	}
	return nil
}

func checkTimeout(d time.Duration) error {
	if d > 0 {
		return nil
	}
	return complaint{what: fmt.Sprintf("nothing can be done within --timeout %s", d), so: "Nothing was done.", do: "Use --timeout 5m, say.", code: codeUsage}
}

func (l *login) waitForPerson(ctx context.Context, client *authkit.Client) (*authkit.Session, error) {
	waiting, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	session, err := l.signIn(waiting, client)
	if choice, ok := errors.AsType[*authkit.OrganizationSelectionError](err); ok {
		session, err = l.choose(waiting, client, choice)
	}
	if err != nil && waiting.Err() != nil && ctx.Err() == nil {
		return nil, complaint{what: fmt.Sprintf("nobody finished the sign-in within %s", l.timeout), so: "Nothing has changed.",
			do: "Try again, with a longer --timeout if need be.", code: codeError}
	}
	return session, err
}

// signIn takes the way that works here.
func (l *login) signIn(ctx context.Context, client *authkit.Client) (*authkit.Session, error) {
	if l.device {
		return l.byDevice(ctx, client)
	}
	if l.noBrowser {
		return l.byBrowser(ctx, client)
	}
	why := remote(os.Getenv)
	if why == "" {
		session, err := l.byBrowser(ctx, client)
		var none *noBrowserError
		if !errors.As(err, &none) {
			return session, err
		}
		why = none.Error()
	}
	l.err.say("%s, so this goes by a code.", upperFirst(plain(why)))
	if l.signUp || l.hint != "" {
		l.err.say("A sign-in by code has no use for --sign-up and --login-hint.")
	}
	session, err := l.byDevice(ctx, client)
	if !errors.Is(err, authkit.ErrNoDeviceFlow) {
		return session, err
	}
	l.err.say("%s.", upperFirst(err.Error()))
	l.noBrowser = true
	return l.byBrowser(ctx, client)
}

// remote says why a browser that opens here would not be seen by whoever sits at this terminal. A person's own BROWSER
// knows better: editors that work on remote machines set it, and bring the page home.
func remote(getenv func(string) string) string {
	switch {
	case getenv("BROWSER") != "":
	case getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != "":
	case getenv("SSH_CONNECTION") != "" || getenv("SSH_TTY") != "":
		return "this terminal came over SSH, and a browser would open on the other side"
	}
	return ""
}

// keepBrowserShut makes a client that opens none where none is wanted.
func (l *login) keepBrowserShut(cfg *authkit.Config) {
	if l.noBrowser || remote(os.Getenv) != "" {
		cfg.OpenBrowser = noBrowser
	}
}

func noBrowser(context.Context, string) error { return errors.New("no browser is to be opened") }

// noBrowserError ends a sign-in whose browser did not open.
type noBrowserError struct{ cause error }

func (e *noBrowserError) Error() string { return e.cause.Error() }

func (l *login) byBrowser(ctx context.Context, client *authkit.Client) (*authkit.Session, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var w *wait
	defer func() {
		if w != nil {
			w.stop()
		}
	}()
	options := l.options()
	options = append(options, authkit.OnProgress(func(at authkit.Progress) {
		switch {
		case at.Step == authkit.Waiting && at.Err != nil && !l.noBrowser:
			cancel(&noBrowserError{at.Err})
		case at.Step == authkit.Waiting:
			l.showPage(at.URL)
			w = l.err.wait("Waiting for you in the browser", l.deadline(at.Deadline))
		}
	}))
	session, err := client.SignIn(ctx, options...)
	if none, ok := errors.AsType[*noBrowserError](context.Cause(ctx)); ok && err != nil {
		return nil, none
	}
	return session, err
}

func (l *login) showPage(page string) {
	if l.noBrowser {
		l.err.say("Open this address in a browser on this machine:\n\n  %s\n", l.err.bold(page))
		return
	}
	l.err.say("The sign-in page is open in your browser. If you do not see it, open this address:\n\n  %s\n", page)
}

func (l *login) options() []authkit.SignInOption {
	var list []authkit.SignInOption
	if l.signUp {
		list = append(list, authkit.SignUp())
	}
	if l.org != "" {
		list = append(list, authkit.Organization(l.org))
	}
	if l.hint != "" {
		list = append(list, authkit.LoginHint(l.hint))
	}
	if l.add {
		// The browser may remember the first account, and would sign it in again without a question.
		list = append(list, authkit.AddAccount(), authkit.Prompt("login"))
	}
	return list
}

func (l *login) deadline(other time.Time) time.Time {
	if mine := time.Now().Add(l.timeout); mine.Before(other) {
		return mine
	}
	return other
}

// choose lets the person pick an organization, where WorkOS asks for that at the end of a sign-in.
func (l *login) choose(ctx context.Context, client *authkit.Client, choice *authkit.OrganizationSelectionError) (*authkit.Session, error) {
	if l.org != "" {
		return client.SelectOrganization(ctx, choice, l.org)
	}
	l.err.say("You belong to several organizations:")
	for i, o := range choice.Organizations {
		l.err.say("  %d  %s  %s", i+1, plain(o.Name), l.err.dim(plain(o.ID)))
	}
	l.err.say("Which one? Type its number.")
	typed := make(chan string, 1)
	go func() { // reading cannot be cancelled; the process ends soon after if it is
		line, _ := bufio.NewReader(l.in).ReadString('\n')
		typed <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case answer := <-typed:
		n, err := strconv.Atoi(answer)
		if err != nil || n < 1 || n > len(choice.Organizations) {
			return nil, complaint{what: "no organization was chosen", so: "Nothing has changed.",
				do: "Type authkit login again, and a number from the list; or authkit login --org with one of its ids.", code: codeUsage}
		}
		return client.SelectOrganization(ctx, choice, choice.Organizations[n-1].ID)
	}
}

// describe names a person for people.
func describe(s *authkit.Session) string {
	text := nameOfUser(s.User)
	if s.OrganizationID != "" {
		text += ", organization " + s.OrganizationID
	}
	return plain(text)
}

func nameOfUser(u authkit.User) string {
	if name := fullName(u); name != "" {
		return plain(u.Email + " (" + name + ")")
	}
	return plain(u.Email)
}

func fullName(u authkit.User) string {
	if u.Name != "" {
		return u.Name
	}
	return strings.TrimSpace(u.FirstName + " " + u.LastName)
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
