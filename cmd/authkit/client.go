package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/authkit-desktop/authkit"
)

// appID names the sealed files and the keychain item of this program.
const appID = "authkit-cli"

const loopbackRedirect = "http://127.0.0.1/callback"

// connection is what a command needs to know of whom to ask, and where the session is.
type connection struct {
	clientID, apiURL, profile, dir string
	issuers                        []string
	app, redirectURI               string // of an app that is looked at in this program's place
	verbose                        bool
}

func (c *connection) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&c.profile, "profile", "", "the `name` of a slot for another session (\"default\")")
	f.StringVar(&c.clientID, "client-id", "", "the client `id` from the dashboard (WORKOS_CLIENT_ID)")
	f.StringVar(&c.apiURL, "api-url", "", "the `URL` of another API, an emulator's (WORKOS_API_URL)")
	f.StringSliceVar(&c.issuers, "issuer", nil, "trust this `issuer`'s tokens too, a custom domain's, say")
	f.StringVar(&c.dir, "dir", "", "the `folder` of the sealed files (the system's for state)")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "say on standard error what goes on")
}

// config is what flags, environment and .env make together.
func (c *connection) config(p *program) (authkit.Config, error) {
	if err := checkFile(".env"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return authkit.Config{}, err
	}
	cfg, err := authkit.LoadConfig(authkit.Config{AppID: cmp.Or(c.app, appID), AppName: cmp.Or(c.app, "authkit"), ClientID: c.clientID,
		RedirectURI: c.redirectURI, APIURL: c.apiURL, Profile: c.profile, Dir: c.dir, Issuers: c.issuers})
	if err != nil {
		return authkit.Config{}, complaint{what: err.Error(), do: "Mend the file, or go to another folder.", code: codeUsage}
	}
	// Whoever names an emulator in a terminal means it; what is no loopback address is refused all the same.
	cfg.AllowEmulator = strings.HasPrefix(cfg.APIURL, "http:")
	if c.app == "" && !strings.HasPrefix(cfg.RedirectURI, "http:") {
		cfg.RedirectURI = loopbackRedirect // the links of a scheme, as an app's .env has it, go to the app
	}
	if c.verbose {
		cfg.Logger = slog.New(slog.NewTextHandler(p.err.w, nil))
	}
	return cfg, nil
}

// open makes the client of a command that may ask the network.
func (c *connection) open(p *program, change ...func(*authkit.Config)) (*authkit.Client, error) {
	cfg, err := c.config(p)
	if err != nil {
		return nil, err
	}
	for _, f := range change {
		f(&cfg)
	}
	return authkit.New(cfg)
}

// openOffline makes the client of a command that only looks: it asks nobody, so it answers at once, and its end need not be
// waited for.
func (c *connection) openOffline(p *program) (*authkit.Client, error) {
	return c.open(p, func(cfg *authkit.Config) { cfg.HTTPClient = &http.Client{Transport: nobody{}} })
}

// nobody is a network on which there is no one.
type nobody struct{}

var errNotAsked = errors.New("this command does not ask the network")

func (nobody) RoundTrip(*http.Request) (*http.Response, error) { return nil, errNotAsked }

// maxFile bounds the files that a person writes by hand.
const maxFile = 1 << 20

// checkFile refuses what would hang the reader (a pipe, a device) or fill the memory.
func checkFile(path string) error {
	info, err := os.Stat(path)
	var what string
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil:
		what = fmt.Sprintf("cannot be read: %v", err)
	case !info.Mode().IsRegular():
		what = "is not a plain file"
	case info.Size() > maxFile:
		what = fmt.Sprintf("has %d bytes, and at most %d are read", info.Size(), maxFile)
	default:
		return nil
	}
	return complaint{what: "the file " + path + " " + what, so: "Nothing was done.", do: "Mend the file, or use another.", code: codeUsage}
}
