package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/authkit-desktop/authkit/emulator"
)

// emulation is one run of authkit emulate.
type emulation struct {
	*program
	addr, config, auto string
	allowNetwork       bool
}

func (p *program) emulate() *cobra.Command {
	e := &emulation{program: p}
	cmd := &cobra.Command{
		Use:   "emulate",
		Short: "Run AuthKit in a box, for tests and for work offline",
		Long: `Run AuthKit in a box, for tests and for work without an account or a network. It
ends with Ctrl-C.

The file of --config has the keys of the seed file of WorkOS's own emulator, and
more: see docs/testing.md. Without one there are demo users. Never type a real
password into it.`,
		Example: `  authkit emulate
  authkit emulate --addr 127.0.0.1:0 --config emulator.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return e.run(cmd.Context(), cmd.Flags().Changed("addr")) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&e.addr, "addr", "127.0.0.1:4100", "the `address` to listen on; port 0 is any free one")
	f.StringVar(&e.config, "config", "", "a `file` of users and behavior, in YAML or JSON")
	f.StringVar(&e.auto, "auto-sign-in", "", "the `e-mail` of a user who is signed in without a page")
	f.BoolVar(&e.allowNetwork, "allow-network", false, "let other machines reach it")
	return cmd
}

func (e *emulation) run(ctx context.Context, addrGiven bool) error {
	cfg, err := e.read()
	if err != nil {
		return err
	}
	if addrGiven || cfg.Addr == "" {
		cfg.Addr = e.addr
	}
	if e.auto != "" {
		cfg.AutoSignIn = e.auto
	}
	cfg.AllowNetwork = cfg.AllowNetwork || e.allowNetwork
	server, err := emulator.Start(cfg)
	if err != nil {
		return complaint{what: inTerminal.Replace(err.Error()), so: "The emulator was not started.", code: codeError}
	}
	if err := e.announce(server); err != nil {
		return errors.Join(err, server.Close())
	}
	<-ctx.Done()
	e.err.say("The emulator ends.")
	return server.Close()
}

// inTerminal leaves out what is for those who start the emulator in a program.
var inTerminal = strings.NewReplacer("emulator: ", "", " (Config.Addr)", "", " (Config.AllowNetwork)", "", "(--addr, Config.Addr)", "(--addr)")

func (e *emulation) read() (emulator.Config, error) {
	if e.config == "" {
		return emulator.Config{}, nil
	}
	if err := checkFile(e.config); errors.Is(err, fs.ErrNotExist) {
		return emulator.Config{}, complaint{what: fmt.Sprintf("there is no file %s", e.config), so: "The emulator was not started.",
			do: "Name another with --config, or leave it out for the demo users.", code: codeUsage}
	} else if err != nil {
		return emulator.Config{}, err
	}
	cfg, notes, err := emulator.LoadConfig(e.config)
	if err != nil {
		return cfg, complaint{what: err.Error(), so: "The emulator was not started.", do: "Mend the file; docs/testing.md has an example.", code: codeUsage}
	}
	for _, note := range notes {
		e.err.say("Note: %s", plain(note))
	}
	return cfg, nil
}

// announce says at once where the server is, so that whoever started it can go on.
func (e *emulation) announce(server *emulator.Server) error {
	_, err := fmt.Fprintf(e.stdout, "WORKOS_API_URL=%s\nWORKOS_CLIENT_ID=%s\n", server.URL(), server.ClientID())
	if err != nil {
		return fmt.Errorf("the address could not be written: %w", err)
	}
	e.err.say("AuthKit in a box runs at %s; open that for what goes on in it. Ctrl-C ends it.", server.URL())
	if users := server.Users(); len(users) > 0 {
		e.err.say("Sign in as %s with the password %s.", plain(users[0].Email), plain(users[0].Password))
	}
	return nil
}
