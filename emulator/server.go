// Package emulator is AuthKit in a box: the server side of a WorkOS AuthKit sign-in, in process, for
// tests, demos and work without a network.
//
//	srv, err := emulator.Start(emulator.Config{
//		RedirectURIs: []string{"com.example.notes://callback"},
//		Users:        []emulator.User{{Email: "alice@example.com", EmailVerified: true}},
//	})
//	defer srv.Close()
//	// point the client's API URL at srv.URL() and its client id at srv.ClientID()
//
// It speaks the routes a public client meets: authorize with hosted pages, the code, refresh, device
// and organization-selection grants, the key set, and sign-out. It is stricter than the real service
// where strictness finds bugs: PKCE to the letter, redirect URIs from a list, codes that work once.
//
// # Failing on purpose
//
// A [Fault] makes a route slow, broken or silent for some of its calls; [User].OnSignIn and OnRefresh
// answer an error instead of tokens; [Server.Change] changes anything else while the server runs.
// [Server.Requests] and [Server.Count] say what clients asked for.
//
// # What it is not
//
// It is not WorkOS, and nothing may take it for WorkOS: its issuer is its own address, every answer
// carries X-AuthKit-Emulator, its signing keys are in this package for everybody to read, and passwords
// lie in plain memory. It listens on loopback unless told otherwise. Never type a real password into it.
package emulator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Server is a running emulator. All methods are safe for concurrent use.
type Server struct {
	cfg    atomic.Pointer[Config]
	mux    *http.ServeMux
	keys   *keyring
	secret []byte // authenticates refresh tokens
	record record
	faults faults
	// origins keeps pages of other origins from posting here: Sec-Fetch-Site, else Origin, must be ours.
	origins *http.CrossOriginProtection

	http    *http.Server
	served  chan struct{} // closed once http listens no more
	unused  unused
	url     string
	closing chan struct{} // ends artificial waits
	close   sync.Once

	mu          sync.Mutex // guards all below
	users       map[string]*account
	byEmail     map[string]*account // by lower-case email
	orgs        map[string]*Organization
	roles       map[string]Role
	connections map[string]Connection
	invitations map[string]*Invitation
	sessions    *shelf[*session]
	codes       *shelf[*code]
	devices     *shelf[*deviceGrant]
	userCodes   map[string]*deviceGrant
	pending     *shelf[*pendingChoice]
	browsers    *shelf[*browser]
}

// New makes a server that listens nowhere: it is an [http.Handler] to mount elsewhere, at the root of
// the host that Config.URL names.
func New(c Config) (*Server, error) {
	if c.URL == "" {
		return nil, errors.New("emulator: New needs Config.URL, since it cannot know where it is mounted; Start does")
	}
	return newServer(c)
}

func newServer(c Config) (*Server, error) {
	c = withDefaults(c)
	if err := check(c); err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	s := &Server{
		keys: &keyring{}, secret: []byte(c.Secret), closing: make(chan struct{}),
		origins: http.NewCrossOriginProtection(),
		url:     strings.TrimRight(c.URL, "/"),
		users:   map[string]*account{}, byEmail: map[string]*account{}, orgs: map[string]*Organization{},
		roles: map[string]Role{}, connections: map[string]Connection{}, invitations: map[string]*Invitation{},
		sessions: newShelf[*session](maxSessions), codes: newShelf[*code](maxSessions),
		devices: newShelf[*deviceGrant](maxSessions), userCodes: map[string]*deviceGrant{},
		pending: newShelf[*pendingChoice](maxSessions), browsers: newShelf[*browser](maxSessions),
	}
	if c.Secret == "" {
		s.secret = []byte(rand.Text())
	}
	s.cfg.Store(&c)
	s.faults.start(c.Seed, c.Faults)
	s.mux = s.routes()
	s.devices.dropped = func(d *deviceGrant) { delete(s.userCodes, d.userCode) }
	if err := s.seed(c); err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	return s, nil
}

// Start makes a server and listens. The caller closes it.
func Start(c Config) (*Server, error) {
	s, err := newServer(c)
	if err != nil {
		return nil, err
	}
	addr := s.config().Addr
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("emulator: cannot listen on %s: %w: choose another address with --addr (Config.Addr), or port 0 for any free one", addr, err)
	}
	if s.url == "" {
		s.url = "http://" + reachable(listener.Addr().String())
	}
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          log.New(quiet{s}, "", 0),
		ConnState:         s.unused.note,
	}
	s.http.RegisterOnShutdown(s.unused.close)
	s.served = make(chan struct{})
	go func() {
		defer close(s.served)
		if err := s.http.Serve(bounded(listener, maxConnections)); !errors.Is(err, http.ErrServerClosed) {
			s.config().Logger.Error("the emulator stopped listening", "error", err)
		}
	}()
	return s, nil
}

// reachable is the address a client on this machine uses: 0.0.0.0 is no place to connect to.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// URL is the base URL, without a slash at the end: what a client takes instead of https://api.workos.com.
func (s *Server) URL() string { return s.url }

// ClientID is the client id the server knows.
func (s *Server) ClientID() string { return s.config().ClientID }

// Close stops listening, lets requests in work finish for up to 2 seconds, and then cuts them off.
func (s *Server) Close() error {
	var err error
	s.close.Do(func() {
		close(s.closing)
		if s.http == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if err = s.http.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) { // somebody hangs on
			err = s.http.Close()
		}
		<-s.served // only then is the port free: of what has not begun to serve, Shutdown knows nothing
	})
	return err
}

// Change changes the configuration of the running server. Calls under way keep the old one. The
// function must not call the server.
func (s *Server) Change(change func(*Config)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := *s.cfg.Load()
	change(&c)
	c = withDefaults(c)
	s.cfg.Store(&c)
}

func (s *Server) config() *Config { return s.cfg.Load() }

// now is the server's own clock, right or wrong.
func (s *Server) now() time.Time {
	c := s.config()
	return c.Now().Add(c.ClockSkew)
}

// seed adds what the configuration names. All problems are reported at once.
func (s *Server) seed(c Config) error {
	var all []error
	for _, u := range c.Users {
		_, err := s.AddUser(u)
		all = append(all, err)
	}
	for _, o := range c.Organizations {
		_, err := s.AddOrganization(o)
		all = append(all, err)
	}
	for _, r := range c.Roles {
		s.AddRole(r)
	}
	for _, connection := range c.Connections {
		_, err := s.AddConnection(connection)
		all = append(all, err)
	}
	for _, i := range c.Invitations {
		_, err := s.Invite(i)
		all = append(all, err)
	}
	return errors.Join(all...)
}

func check(c Config) error {
	var all []error
	if host, _, err := net.SplitHostPort(c.Addr); err != nil {
		all = append(all, fmt.Errorf("address %q is not host:port: %w (--addr, Config.Addr)", c.Addr, err))
	} else if !c.AllowNetwork && !isLoopback(host) {
		all = append(all, fmt.Errorf("address %q is reachable by other machines, and the emulator has no secrets worth the name: use 127.0.0.1, or allow it with --allow-network (Config.AllowNetwork)", c.Addr))
	}
	all = append(all, checkURL(c.URL))
	for _, uri := range c.RedirectURIs {
		all = append(all, checkRedirectURI(uri))
	}
	switch c.Rotation {
	case RotateStrict, RotateGrace, RotateNever:
	default:
		all = append(all, fmt.Errorf("rotation %q is not known: use strict, grace or never", c.Rotation))
	}
	for _, fault := range c.Faults {
		all = append(all, fault.check())
	}
	return errors.Join(all...)
}
