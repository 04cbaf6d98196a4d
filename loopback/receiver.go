// Package loopback receives one OAuth redirect on this machine's loopback
// interface, as RFC 8252 §7.3 describes for native apps.
//
//	receiver, err := loopback.Listen(ctx, loopback.Config{
//		AppName: "Notes",
//		Match:   func(q url.Values) bool { return q.Get("state") == state },
//	})
//	// send the browser to the authorization page with receiver.RedirectURI(), then
//	redirect, err := receiver.Wait(ctx)
//	// exchange the code in redirect.URL, then tell the person in the browser how it ended
//	redirect.Answer(err)
//
// The port is open only between Listen and the answer. Everything but the one
// awaited redirect (port scans, a favicon, a forged callback, a second copy of
// the right one) gets an answer and changes nothing.
//
// # What it does not do
//
// It does not check the code, nor the state: Match does the latter, before a
// redirect counts. It speaks plain HTTP, which RFC 8252 §8.3 allows because the
// traffic never leaves the machine. Other programs of the same person can still
// connect, or take the port once it is closed; PKCE (RFC 7636) is what makes a
// code that they see useless to them.
package loopback

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrClosed is what Wait returns after Close.
var ErrClosed = errors.New("the loopback receiver is closed, so no redirect can arrive any more")

// ErrNoAnswer is the outcome shown in the browser when the redirect arrived but
// Answer was not called in time.
var ErrNoAnswer = errors.New("the app has received the redirect, but has not said how the sign-in ended")

const (
	// A browser sends its header in one piece; whoever needs longer on the
	// loopback interface is not a browser.
	headerTimeout = 5 * time.Second

	// How long the browser is kept waiting for the app's verdict: a slow token
	// endpoint with a retry fits, a person's patience ends about here.
	answerTimeout = 30 * time.Second

	// How long a finished connection may take to be hung up by the browser.
	hangUpTimeout = time.Second
)

// Config says where to listen and what to wait for. The zero Config listens on
// a port that the system chooses and takes any redirect with a code or an error.
type Config struct {
	// Host is the address to listen on, "127.0.0.1" or "::1". The other one is
	// for a machine that lacks it. Empty means "127.0.0.1".
	Host string

	// Path is the exact path of the redirect. Empty means "/callback".
	Path string

	// Ports are tried in order. Empty means a port chosen by the system, which
	// is what RFC 8252 §7.3 asks authorization servers to accept. List ports
	// only for a server that wants the redirect URI registered to the digit.
	Ports []int

	// AppName is the app to return to, as shown on the answer page. Empty means
	// "the app".
	AppName string

	// Match says whether a redirect with these parameters is the one awaited;
	// compare the state here. It may be called from several goroutines at once.
	// Nil accepts any redirect that carries a code or an error, which leaves a
	// sign-in open to being ended by any page in the browser.
	Match func(url.Values) bool

	// Page writes the answer to the awaited redirect instead of the built-in
	// page: outcome is nil, or what Answer was given, or ErrNoAnswer. Headers
	// against caching, framing and leaking the address are set beforehand; the
	// Content-Security-Policy is left to Page. Error texts come from outside:
	// escape them.
	Page func(w http.ResponseWriter, r *http.Request, outcome error)

	// Logger hears about stray requests (without their parameters) at debug
	// level. Nil discards.
	Logger *slog.Logger
}

// Receiver is an open port that waits for one redirect. Its methods may be
// called from several goroutines.
type Receiver struct {
	config Config
	origin string // "http://127.0.0.1:PORT"
	host   string // "127.0.0.1:PORT", the Host header of an honest request
	door   *door
	server *http.Server
	served chan struct{} // closed when the server's accept loop has ended
	detach func() bool   // stops watching Listen's context

	arrived chan *Redirect // holds the awaited redirect until Wait takes it

	mu    sync.Mutex
	first *Redirect // guarded by mu; the awaited redirect once it is here
	close sync.Once
	done  chan struct{} // closed when the receiver takes no more redirects

	answerTimeout time.Duration
}

// Listen opens the port. The receiver closes itself when ctx ends, when its
// redirect is answered, and on Close.
//
// The error says which ports were tried; a *net.OpError can be unwrapped from it.
func Listen(ctx context.Context, config Config) (*Receiver, error) {
	if err := config.fillIn(); err != nil {
		return nil, err
	}
	listener, err := bind(ctx, hostsFrom(config.Host), config.Ports)
	if err != nil {
		return nil, err
	}
	r := &Receiver{
		config:        config,
		host:          strings.TrimSuffix(listener.Addr().String(), ":80"), // browsers leave the default port out
		origin:        "http://" + listener.Addr().String(),
		door:          &door{TCPListener: listener},
		served:        make(chan struct{}),
		arrived:       make(chan *Redirect, 1),
		done:          make(chan struct{}),
		answerTimeout: answerTimeout,
	}
	r.server = newServer(r)
	go func() {
		defer close(r.served)
		_ = r.server.Serve(r.door) // ends, always with an error, when the door closes
	}()
	attached := make(chan struct{})
	r.detach = context.AfterFunc(ctx, func() { <-attached; r.Close() }) // r.Close calls r.detach
	close(attached)
	return r, nil
}

func (c *Config) fillIn() error {
	if c.Host != "" && !slices.Contains(loopbackHosts, c.Host) {
		return fmt.Errorf("the redirect host %q is not one of this machine alone: give 127.0.0.1 or ::1", c.Host)
	}
	if c.Path == "" {
		c.Path = "/callback"
	}
	if u, err := url.Parse(c.Path); err != nil || c.Path[0] != '/' || u.Host != "" || u.EscapedPath() != c.Path {
		return fmt.Errorf("the redirect path %q cannot be matched exactly: give an escaped path such as /callback, without host, query or fragment", c.Path)
	}
	for _, port := range c.Ports {
		if port < 1 || port > 65535 {
			return fmt.Errorf("the redirect port %d is not between 1 and 65535", port)
		}
	}
	if c.AppName == "" {
		c.AppName = "the app"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

func newServer(r *Receiver) *http.Server {
	server := &http.Server{
		Handler:           http.HandlerFunc(r.serve),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       headerTimeout,
		WriteTimeout:      answerTimeout + headerTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, visitorKey{}, conn)
		},
		ErrorLog: slog.NewLogLogger(r.config.Logger.Handler(), slog.LevelDebug),
	}
	// One request a connection: nothing lingers once the answer is out.
	server.SetKeepAlivesEnabled(false)
	return server
}

// RedirectURI is the redirect_uri for the authorization request. It is built
// from the address that was bound, an IP literal: "localhost" may resolve to
// something else (RFC 8252 §8.3).
func (r *Receiver) RedirectURI() string { return r.origin + r.config.Path }

// Wait returns the awaited redirect. The browser goes on waiting for its
// Answer. When ctx ends first, the receiver closes and Wait returns the
// context's error; after Close it returns ErrClosed.
func (r *Receiver) Wait(ctx context.Context) (*Redirect, error) {
	select {
	case redirect := <-r.arrived:
		return redirect, nil
	default:
	}
	select {
	case redirect := <-r.arrived:
		return redirect, nil
	case <-ctx.Done():
		r.Close()
		return nil, ctx.Err()
	case <-r.done:
		return nil, ErrClosed
	}
}

// Close closes the port and every connection. A browser whose redirect was not
// answered is told that the app did not say how the sign-in ended. Closing
// twice does nothing. The error is always nil.
func (r *Receiver) Close() error {
	if first := r.awaited(); first != nil {
		first.Answer(ErrNoAnswer)
		return nil
	}
	r.shut(0)
	return nil
}

func (r *Receiver) awaited() *Redirect {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first
}

// shut closes the port at once, and the connections when the browsers have hung
// up or grace has passed.
func (r *Receiver) shut(grace time.Duration) {
	r.close.Do(func() {
		close(r.done)
		r.detach()
		r.door.TCPListener.Close()
		r.door.waitServed(grace)
		r.door.clear()
		r.server.Close()
		<-r.served
	})
}
