// Package desktop does the three things that the main function of a desktop app owes its sign-in, in one call: claim
// the one running instance, own the URL scheme, and deliver the links that come.
//
//	app, err := desktop.Start(ctx, desktop.Config{Client: client, Args: os.Args[1:]})
//	if errors.Is(err, desktop.ErrHandedOver) {
//		return // the running instance has the link and comes to the front
//	}
//	defer app.Close()
//	app.OnActivate(func() { window.Focus() })
//
// Call it before any window code: a second process is then gone before a toolkit has started.
package desktop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/deeplink"
	"github.com/authkit-desktop/authkit/doctor"
	"github.com/authkit-desktop/authkit/instance"
)

// ErrHandedOver says that another process of the app is running and has taken over, or that this one was started only to
// answer a check of package doctor. The caller should end with status 0.
var ErrHandedOver = instance.ErrHandedOver

// linkTime bounds the work on one link: the exchange of its code, mostly.
const linkTime = 90 * time.Second

// Config says what to start.
type Config struct {
	Client *authkit.Client // required
	Args   []string        // os.Args[1:]: a link may be in them
	Icon   string          // path of the app's icon for the scheme's entry; zero: none
	// NoScheme leaves the URL scheme alone, for an app whose installer registers it.
	NoScheme bool
	Logger   *slog.Logger // zero: discards
}

// App is the one running instance. It is safe for concurrent use.
type App struct {
	config   Config
	log      *slog.Logger
	primary  *instance.Primary
	warnings []string

	life   context.Context // ends with Close
	end    context.CancelFunc
	behind sync.WaitGroup

	mu       sync.Mutex // guards what follows
	activate func()
	waiting  bool // activated before OnActivate was called
	failed   func(error)
	failures []error // from before OnError was called, the oldest first
}

// maxFailures bounds what is kept for OnError: somebody may throw links at an app that shows nothing.
const maxFailures = 16

// Start claims the instance, owns the scheme of the client's redirect, and works on the link in Args. It waits for no
// network, unless another process runs and does not respond: then it ends the sign-in of the link itself.
//
// The error is ErrHandedOver when nothing is left to do here, and instance.ErrUnresponsive when the other process does
// not respond and there is no link that could be used.
func Start(ctx context.Context, config Config) (*App, error) {
	about := config.Client.About()
	scheme := schemeOf(about.RedirectURI)
	link, _ := deeplink.FromArgs(config.Args, scheme)
	if doctor.Answer(ctx, about.AppID, link) {
		return nil, ErrHandedOver
	}
	primary, err := instance.Claim(ctx, instance.Config{AppID: about.AppID, Message: link})
	if errors.Is(err, instance.ErrUnresponsive) && link != "" {
		err = finishHere(ctx, config.Client, link, err)
	}
	if err != nil {
		return nil, err
	}
	a := &App{config: config, log: config.Logger, primary: primary}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	a.life, a.end = context.WithCancel(context.WithoutCancel(ctx))
	if scheme != "" {
		a.own(ctx, deeplink.Config{Scheme: scheme, AppID: about.AppID, AppName: about.AppName, Icon: config.Icon})
	}
	if link != "" {
		a.OpenURL(link)
	}
	primary.Serve(a.message)
	return a, nil
}

// finishHere works on a link that the running process does not take, because it is stopped or hangs. Sign-ins under way
// are shared by all processes of the app, so this one can end it; the other learns of it when it goes on.
func finishHere(ctx context.Context, client *authkit.Client, link string, unresponsive error) error {
	ctx, cancel := context.WithTimeout(ctx, linkTime)
	defer cancel()
	if _, err := client.HandleCallback(ctx, link); err != nil {
		return errors.Join(unresponsive, err)
	}
	return ErrHandedOver
}

// schemeOf gives the private-use scheme of a redirect; empty for a loopback address.
func schemeOf(redirect string) string {
	u, err := url.Parse(redirect)
	if err != nil || u.Scheme == "http" {
		return ""
	}
	return u.Scheme
}

// own registers the scheme, and tells the client whether links will come. An app that cannot own its scheme starts all
// the same: it has a warning, and perhaps a fallback.
func (a *App) own(ctx context.Context, link deeplink.Config) {
	if !a.config.NoScheme {
		a.register(ctx, link)
	}
	check := func(ctx context.Context) error { return delivers(ctx, link) }
	if err := check(ctx); err != nil {
		a.warnings = append(a.warnings, err.Error())
	}
	a.config.Client.SetSchemeCheck(check)
}

// register takes the scheme, and names the program that had it before: its person may miss those links (A03).
func (a *App) register(ctx context.Context, link deeplink.Config) {
	before, err := deeplink.Inspect(ctx, link)
	former := err == nil && before.Owner != "" && !before.Ours
	if _, err := deeplink.Register(ctx, link); err != nil {
		a.log.Warn("authkit: the URL scheme could not be registered", "reason", err.Error())
	} else if former {
		a.warnings = append(a.warnings, fmt.Sprintf("Until now, links of the scheme %s went to %s (%s). From here on they come to this app.",
			link.Scheme, before.Owner, before.OwnerPath))
	}
}

// delivers says why a link would not reach this program; nil when it would.
func delivers(ctx context.Context, link deeplink.Config) error {
	status, err := deeplink.Inspect(ctx, link)
	switch {
	case err != nil:
		return fmt.Errorf("it cannot be told who owns the scheme %s: %w", link.Scheme, err)
	case status.Ours && status.Delivers:
		return nil
	case status.Fix != "":
		return fmt.Errorf("%s; to fix it, %s", status.Problem, status.Fix)
	}
	return errors.New(status.Problem)
}

// message is what another process of the app handed over: a link, or nothing but the wish to come to the front.
func (a *App) message(link string) {
	a.activated()
	if link != "" {
		a.OpenURL(link)
	}
}

// OnActivate sets the function that brings the app to the front, for a second start and for a link. It is called on a
// goroutine of its own, and it may be called anew before it has returned. What came before is made up for at once.
func (a *App) OnActivate(f func()) {
	a.mu.Lock()
	a.activate = f
	late := a.waiting
	a.waiting = false
	a.mu.Unlock()
	if late {
		f()
	}
}

// activated waits for no window: one that hangs must hold up neither the links nor Close.
func (a *App) activated() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.activate == nil {
		a.waiting = true
		return
	}
	go a.activate()
}

// Warnings tells what does not work on this machine, in words for the person.
func (a *App) Warnings() []string { return a.warnings }

// OpenURL works on a link that a framework has delivered, such as an Apple Event on macOS. It returns at once.
func (a *App) OpenURL(link string) {
	if a.life.Err() != nil {
		return
	}
	a.behind.Go(func() {
		ctx, cancel := context.WithTimeout(a.life, linkTime)
		defer cancel()
		if doctor.Answer(ctx, a.config.Client.About().AppID, link) {
			return
		}
		_, err := a.config.Client.HandleCallback(ctx, link)
		if err == nil {
			a.activated()
			return
		}
		a.log.Warn("authkit: a link was not used", "reason", err.Error())
		a.fail(err)
	})
}

// OnError sets the function that is told of links that could not be used. What came before is made up for at once.
func (a *App) OnError(f func(error)) {
	a.mu.Lock()
	a.failed = f
	late := a.failures
	a.failures = nil
	a.mu.Unlock()
	for _, err := range late {
		f(err)
	}
}

func (a *App) fail(err error) {
	a.mu.Lock()
	f := a.failed
	if f == nil && len(a.failures) < maxFailures {
		a.failures = append(a.failures, err)
	}
	a.mu.Unlock()
	if f != nil {
		f(err)
	}
}

// Close gives up the instance, so that the next process can be it. The scheme stays registered: a link may start the
// app.
func (a *App) Close() error {
	a.end()
	err := a.primary.Close()
	a.behind.Wait()
	return err
}
