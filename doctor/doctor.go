// Package doctor finds out what keeps a sign-in from working on this machine, and says what to do about it.
//
//	report := doctor.Run(ctx, client)
//	report.Print(os.Stdout)
//	if !report.OK() { os.Exit(1) }
//
// Every check tries the real thing: it asks the API, takes the locks, and sends a link through the system's opener to see
// whether it comes back. Nothing is left behind but an empty folder, and nobody is signed in, signed out, or disturbed: a link
// is opened only where this app owns the scheme.
//
// A link starts the program that owns the scheme. That program answers the check when it uses package desktop; one that does
// not calls [Answer] before it opens a window.
package doctor

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/deeplink"
	"github.com/authkit-desktop/authkit/vault"
)

// DefaultTimeout is the longest time that one check takes, unless [Timeout] says otherwise.
const DefaultTimeout = 10 * time.Second

// Option changes how the checks are made.
type Option struct{ apply func(*visit) }

// Timeout is the longest time that one check takes.
func Timeout(d time.Duration) Option { return Option{func(v *visit) { v.timeout = d }} }

// Program is the absolute path of the program that links are to start, for a check of one app by another program. Without it,
// that is the program that runs.
func Program(path string) Option { return Option{func(v *visit) { v.link.Executable = path }} }

// Register has the scheme registered first if nobody owns it, or this app did and its entry is out of date, as package desktop
// does at every start. Another program's scheme is left alone.
func Register() Option { return Option{func(v *visit) { v.register = true }} }

// HTTPClient is what the API is asked with: the one of authkit.Config, where there is one.
func HTTPClient(c *http.Client) Option { return Option{func(v *visit) { v.http = *c }} }

// Run makes all checks, at the same time, and reports them in a fixed order. It takes no longer than [Timeout], or until ctx
// ends.
func Run(ctx context.Context, client *authkit.Client, options ...Option) Report {
	v := newVisit(client)
	for _, o := range options {
		o.apply(v)
	}
	ctx, cancel := context.WithTimeout(ctx, v.timeout)
	defer cancel()
	v.ask = sync.OnceValue(func() answer { return v.askAPI(ctx) })
	v.owned = sync.OnceValues(func() (deeplink.Status, error) { return v.findOwner(ctx) })
	v.storage = sync.OnceValue(func() vault.Storage { return client.Storage(ctx) })
	checks := v.checks()
	report := Report{Checks: make([]Check, len(checks))}
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() {
			report.Checks[i] = c.run(ctx)
			report.Checks[i].Name = c.name
		})
	}
	all.Wait()
	return report
}

// visit is one Run.
type visit struct {
	client   *authkit.Client
	about    authkit.About
	redirect *url.URL
	fallback *url.URL // nil: none
	link     deeplink.Config
	register bool
	timeout  time.Duration
	http     http.Client

	ask     func() answer                   // what the API said, asked once
	owned   func() (deeplink.Status, error) // who has the scheme
	storage func() vault.Storage            // where sessions are kept, asked once
}

func newVisit(client *authkit.Client) *visit {
	about := client.About()
	redirect, err := url.Parse(about.RedirectURI)
	if err != nil {
		redirect = &url.URL{} // which authkit.New does not let through
	}
	v := &visit{client: client, about: about, redirect: redirect, timeout: DefaultTimeout}
	if fallback, err := url.Parse(about.FallbackRedirectURI); err == nil && about.FallbackRedirectURI != "" {
		v.fallback = fallback
	}
	v.link = deeplink.Config{Scheme: redirect.Scheme, AppID: about.AppID, AppName: about.AppName}
	return v
}

type check struct {
	name string
	run  func(context.Context) Check
}

// checks are in the order of a sign-in: what is configured, the way there, the way back, and what remains on the machine.
func (v *visit) checks() []check {
	return []check{
		{"client id", v.clientID},
		{"API", v.api},
		{"clock", v.clock},
		{"redirect URI", v.redirectURI},
		{"scheme owner", v.schemeOwner},
		{"link delivery", v.delivery},
		{"keychain", v.keychain},
		{"session file", v.session},
		{"lock", v.lock},
		{"instance", v.instance},
	}
}
