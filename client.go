package authkit

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/authkit-desktop/authkit/internal/workos"
	"github.com/authkit-desktop/authkit/vault"
)

// lookEvery is how often, at most and only while the client is used, the sealed file is looked at for what another
// process of the app has done.
const lookEvery = time.Second

// Client signs one person in to one AuthKit environment and keeps them signed in. All methods may be called from any
// goroutine, end when their context ends, and leave no lock behind.
type Client struct {
	cfg      Config
	log      *slog.Logger
	now      func() time.Time
	redirect *redirect
	fallback *redirect // nil: none
	wire     *workos.Client
	verifier *workos.Verifier
	vault    *vault.Vault

	live        atomic.Pointer[live] // nil until the vault has been read
	schemeCheck atomic.Pointer[func(context.Context) error]

	born   time.Time
	lookAt atomic.Int64 // time since born at which the file is looked at again

	reading turn // one reader of the vault at a time
	engine  engine
	answers answers
	unsaved unsaved
	bus     bus

	gate     sync.Mutex      // between goBehind and Close
	life     context.Context // ends with Close
	end      context.CancelFunc
	grace    context.Context // ends a little later, for an exchange under way
	endGrace context.CancelFunc
	behind   sync.WaitGroup // what runs behind the caller's back
}

// turn is a mutex that can be waited for no longer than a context lasts: the keychain may take its time.
type turn chan struct{}

func (t turn) Lock()   { t <- struct{}{} }
func (t turn) Unlock() { <-t }

func (t turn) lockFor(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func secret(s string) workos.Secret { return workos.Secret(s) }

// New checks cfg and makes a client. It touches neither the disk nor the network: both are looked at on first use.
// The error is a *ConfigError that lists everything that is wrong.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if problems := cfg.problems(); len(problems) > 0 {
		return nil, &ConfigError{Problems: problems}
	}
	base, err := url.Parse(cfg.APIURL)
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, log: cfg.Logger, now: cfg.Now, born: cfg.Now(), reading: make(turn, 1)}
	if c.redirect, err = parseRedirect(cfg.RedirectURI); err != nil {
		return nil, err
	}
	if cfg.FallbackRedirectURI != "" {
		if c.fallback, err = parseRedirect(cfg.FallbackRedirectURI); err != nil {
			return nil, err
		}
	}
	c.vault, err = vault.New(vault.Config{Dir: cfg.Dir, AppID: cfg.AppID, Passphrase: cfg.EncryptionSecret,
		OldPassphrases: cfg.OldEncryptionSecrets, Keychain: cfg.Keychain, Logger: cfg.Logger})
	if err != nil {
		return nil, err
	}
	c.wire = newWire(base, cfg)
	c.verifier = &workos.Verifier{Issuers: trustedIssuers(cfg), Keys: &workos.Keys{Client: c.wire, Now: cfg.Now,
		Load: func(ctx context.Context) ([]byte, error) { return c.vault.Load(ctx, keysRecord) },
		Save: c.saveKeys}}
	c.life, c.end = context.WithCancel(context.Background())
	c.grace, c.endGrace = context.WithCancel(context.Background())
	c.engine.client, c.bus.client = c, c
	return c, nil
}

// maxHeader bounds the header of an answer, in bytes (A24). The body has its own bound; zero would be 10 MiB.
const maxHeader = 256 << 10

func newWire(base *url.URL, cfg Config) *workos.Client {
	hc := cfg.HTTPClient
	if hc == nil {
		hc = &http.Client{}
		if shared, ok := http.DefaultTransport.(*http.Transport); ok {
			own := shared.Clone() // so that Close can end its idle connections
			own.MaxResponseHeaderBytes = maxHeader
			hc.Transport = own
		}
	}
	wire := workos.NewClient(base, cfg.ClientID, hc)
	wire.AllowEmulator = cfg.AllowEmulator
	return wire
}

// trustedIssuers are the forms of iss that sources document: the API with and without a slash, and the environment's
// own. A custom auth domain may sign in WorkOS's name, so WorkOS's own forms stay trusted beside it.
func trustedIssuers(cfg Config) []string {
	list := append([]string(nil), cfg.Issuers...)
	bases := []string{cfg.APIURL}
	if cfg.APIURL != workos.DefaultBaseURL && !cfg.AllowEmulator {
		bases = append(bases, workos.DefaultBaseURL)
	}
	for _, base := range bases {
		list = append(list, base, base+"/", base+"/user_management/"+cfg.ClientID)
	}
	return list
}

// The names of the sealed records.
const (
	keysRecord     = "keys"
	attemptsRecord = "attempts"
)

func (c *Client) sessionRecord() string { return "session-" + c.cfg.Profile }

func (c *Client) saveKeys(ctx context.Context, keys []byte) error {
	return c.vault.Update(ctx, keysRecord, func([]byte) ([]byte, error) { return keys, nil })
}

// Storage tells where the session is kept, and why there. It may ask the keychain, and answers within its deadline.
func (c *Client) Storage(ctx context.Context) vault.Storage { return c.vault.Storage(ctx) }

// RotateKey seals everything anew: with a fresh key where the key is in the keychain, otherwise with EncryptionSecret,
// what OldEncryptionSecrets had sealed included. It may be interrupted at any instant, and other processes may go on.
func (c *Client) RotateKey(ctx context.Context) error {
	_, err := c.vault.Rotate(ctx)
	return err
}

// closeGrace is how long Close lets an exchange go on that is under way: its answer is the only copy of the next
// refresh token.
const closeGrace = 5 * time.Second

// Close ends what the client does behind its callers: refreshes, sign-ins that wait, deliveries to subscribers. It waits
// for a refresh that is under way, at most a few seconds. The session stays in the vault. A subscriber must not call it.
func (c *Client) Close() error {
	c.gate.Lock()
	c.end()
	c.gate.Unlock()
	hurry := time.AfterFunc(closeGrace, c.endGrace)
	c.behind.Wait()
	hurry.Stop()
	c.endGrace()
	if c.cfg.HTTPClient == nil {
		c.wire.HTTP.CloseIdleConnections()
	}
	return nil
}

// goBehind runs f behind the caller with a context that ends with Close, and reports whether it does: not when the
// client is closing.
func (c *Client) goBehind(f func(ctx context.Context)) bool {
	c.gate.Lock()
	defer c.gate.Unlock()
	if c.life.Err() != nil {
		return false
	}
	c.behind.Go(func() { f(c.life) })
	return true
}

// lookDue reports whether the file must be looked at, to at most one caller a second.
func (c *Client) lookDue(now time.Time) bool {
	due, since := c.lookAt.Load(), int64(now.Sub(c.born))
	if since >= due-int64(lookEvery) && since < due {
		return false
	}
	return c.lookAt.CompareAndSwap(due, since+int64(lookEvery))
}

// current is what this process knows, after a look at the file when one is due.
func (c *Client) current(ctx context.Context) (*live, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.life.Err() != nil {
		return nil, ErrClosed
	}
	l := c.live.Load()
	if l != nil && !c.lookDue(c.now()) {
		return l, nil
	}
	return c.look(ctx)
}

// look reads the session's record when the file is another than the one this process knows.
func (c *Client) look(ctx context.Context) (*live, error) {
	if err := c.reading.lockFor(ctx); err != nil {
		return nil, err
	}
	defer c.reading.Unlock()
	l := c.live.Load()
	stamp, err := c.vault.Stamp(c.sessionRecord())
	if l != nil && (err != nil || stamp == l.stamp) {
		return l, nil // a folder that cannot be looked at now is no reason to forget anybody
	}
	rec, err := c.load(ctx)
	damaged, lost := errors.AsType[*vault.DamagedError](err)
	switch {
	case lost && l != nil && l.rec != nil:
		if damaged.KeptAs != "" {
			stamp = vault.Stamp{} // it is out of the way
		}
		return c.keep(l, stamp), nil
	case err != nil && !lost && l != nil:
		return l, nil
	case err != nil && !lost:
		return nil, err
	}
	return c.adopt(l, rec, stamp), nil
}

// load reads the record; nil when there is none that this client can use. What is damaged has been set aside, and
// logged, by the vault; the error is then a *vault.DamagedError.
func (c *Client) load(ctx context.Context) (*record, error) {
	data, err := c.vault.Load(ctx, c.sessionRecord())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	rec, err := c.decodeRecord(data)
	if err != nil {
		c.log.Warn("authkit: a sealed session was left unread, so nobody is signed in", "reason", err.Error())
		return nil, nil
	}
	return rec, nil
}

// adopt makes what the file says the state of this process, unless this process knows better. c.reading is held.
func (c *Client) adopt(l *live, rec *record, stamp vault.Stamp) *live {
	if l != nil && l.rec != nil && c.knowsBetter(l, rec) {
		return c.keep(l, stamp)
	}
	next := &live{stamp: stamp}
	if rec != nil {
		read, err := c.newLive(rec, stamp, c.now())
		if err != nil {
			c.log.Warn("authkit: a sealed session was left unread, so nobody is signed in", "reason", err.Error())
		} else {
			next = read
		}
	}
	c.live.Store(next)
	c.announceAdopted(l, next)
	if next.rec != nil && !next.rec.Verified {
		c.engine.verifyLater()
	}
	return next
}

// keep goes on with what memory holds, in spite of a file with that stamp, and writes it anew: at once, since nothing has
// failed, and another process may start from the file.
func (c *Client) keep(l *live, stamp vault.Stamp) *live {
	kept := *l
	kept.stamp, kept.unsaved = stamp, true
	c.live.Store(&kept)
	c.engine.saveLater(0)
	return &kept
}

// knowsBetter reports whether the state in memory must survive what the file says: the file holds an older save of the
// same session (a restored backup, A18), or the whole folder is gone, which no sign-out does.
func (c *Client) knowsBetter(l *live, rec *record) bool {
	if rec == nil {
		return c.folderGone()
	}
	return c.olderSave(rec, l.rec)
}

func (c *Client) announceAdopted(was, is *live) {
	switch {
	case was == nil:
		// The first look of this process is nobody's news; subscribers get the present state when they come.
	case is.rec == nil && was.rec != nil:
		c.bus.publish(SignedOut, is)
	case is.rec == nil:
	case was.rec == nil || was.session.ID != is.session.ID:
		c.bus.publish(SignedIn, is)
	case was.session.OrganizationID != is.session.OrganizationID:
		c.bus.publish(Switched, is)
	case was.rec.Seq != is.rec.Seq:
		c.bus.publish(Refreshed, is)
	}
}

// About is what an app has told of itself, with the defaults filled in.
type About struct {
	AppID               string
	AppName             string
	ClientID            string
	RedirectURI         string
	FallbackRedirectURI string // empty: none
	LoopbackPorts       []int
	APIURL              string
	Profile             string
}

// About gives the names that the client goes by, for packages that act for it.
func (c *Client) About() About {
	return About{AppID: c.cfg.AppID, AppName: c.cfg.AppName, ClientID: c.cfg.ClientID,
		RedirectURI: c.cfg.RedirectURI, FallbackRedirectURI: c.cfg.FallbackRedirectURI, LoopbackPorts: slices.Clone(c.cfg.LoopbackPorts),
		APIURL: c.cfg.APIURL, Profile: c.cfg.Profile}
}
