package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

// demo is one run of authkit demo.
type demo struct {
	login
	server *emulator.Server
}

func (p *program) demo() *cobra.Command {
	d := &demo{login: login{program: p}}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See a sign-in work, without an account or a network",
		Long: `See a sign-in work: this starts AuthKit in a box, opens the browser on its
sign-in page, waits until you have signed in, and says who you are. Without a
browser it shows the code of a device flow, and plays the person itself when
nobody comes. Nothing of it remains.`,
		Example: `  authkit demo
  authkit demo --device`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context()) },
	}
	cmd.Flags().BoolVar(&d.device, "device", false, "show a code instead of opening a browser")
	cmd.Flags().DurationVar(&d.timeout, "timeout", 5*time.Minute, "how long to wait for the person")
	return cmd
}

func (d *demo) run(ctx context.Context) (err error) {
	if err := checkTimeout(d.timeout); err != nil {
		return err
	}
	d.server, err = emulator.Start(emulator.Config{DeviceInterval: time.Second})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.server.Close()) }()
	client, err := authkit.New(d.inMemory())
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	d.err.say("AuthKit in a box runs at %s. Sign in as %s with the password %s.\n", d.server.URL(), d.err.bold(alice()),
		d.err.bold(emulator.DefaultPassword))
	d.onCode = d.playAlice
	session, err := d.waitForPerson(ctx, client)
	if err != nil {
		return err
	}
	fmt.Fprintf(&d.out, "Signed in as %s.\n%s", describe(session), whatNext)
	return nil
}

func alice() string { return emulator.DemoUsers()[0].Email }

// inMemory is a configuration that leaves nothing on the disk, and works where nothing can be written.
func (d *demo) inMemory() authkit.Config {
	return authkit.Config{ClientID: d.server.ClientID(), AppID: appID, AppName: "authkit demo", APIURL: d.server.URL(),
		AllowEmulator: true, RedirectURI: loopbackRedirect, Keychain: noKeychain{},
		Dir: filepath.Join(os.TempDir(), "authkit-demo-"+rand.Text())}
}

// noKeychain is a keychain that cannot be used, which is what makes a session live in memory.
type noKeychain struct{}

var errNothingKept = errors.New("the demo keeps nothing")

func (noKeychain) Get(string, string) (string, error) { return "", errNothingKept }
func (noKeychain) Set(string, string, string) error   { return errNothingKept }

// patience is how long the demo waits for a person with a browser before it plays one.
const patience = 15 * time.Second

// playAlice confirms the code when nobody else does, so that the demo ends well on a machine that has no browser at all.
func (d *demo) playAlice(ctx context.Context, code authkit.DeviceCode) {
	select {
	case <-ctx.Done():
	case <-time.After(min(patience, d.timeout/4)):
		if d.server.ApproveDevice(code.UserCode, alice()) == nil {
			d.err.say("Nobody came, so the demo plays %s and confirms the code.", alice())
		}
	}
}

const whatNext = `
What to try next:

  authkit emulate > .env     keep such a server running, and name it to the
                             commands in this folder
  authkit login              in another terminal, in the same folder
  authkit whoami
  curl -H "$(authkit token --header)" http://127.0.0.1:4100/
  authkit doctor             find out what keeps a sign-in from working

With an environment of your own: export WORKOS_CLIENT_ID=client_…
`
