package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
)

// vendorEmulator is the vendor's own emulator, with one member of two organizations.
type vendorEmulator struct {
	t            *testing.T
	program      *program
	url, seed    string
	acme, globex string // organization ids
}

const vendorSeed = `
users:
  - {email: alice@example.com, first_name: Alice, last_name: Archer, email_verified: true}
organizations:
  - {name: Acme}
  - {name: Globex}
roles:
  - {slug: admin, name: Admin, permissions: ["notes:write"]}
permissions:
  - {slug: "notes:write", name: Write notes}
`

func startVendorEmulator(t *testing.T) *vendorEmulator {
	t.Helper()
	v := &vendorEmulator{t: t, seed: filepath.Join(t.TempDir(), "seed.yaml")}
	if err := os.WriteFile(v.seed, []byte(vendorSeed), 0o600); err != nil {
		t.Fatal(err)
	}
	v.start(somePort(t))
	return v
}

// somePort is free, and remains so while a server is restarted on it: it lies below the ports that systems give to whoever
// asks for any.
func somePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(15000 + rand.IntN(15000))
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		if err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("there is no free port")
	return ""
}

// start runs it on a port, and gives alice her places.
func (v *vendorEmulator) start(port string) {
	v.t.Helper()
	v.program = node(v.t, "node_modules/workos/dist/bin.js", "emulate", "--json", "--port", port, "--seed", v.seed)
	var ready struct{ URL string }
	if err := json.Unmarshal(v.program.line(), &ready); err != nil || ready.URL == "" {
		v.t.Fatalf("the vendor's emulator does not say where it is: %v", err)
	}
	v.url = ready.URL
	alice := v.admin(http.MethodGet, "/user_management/users", nil)[0].ID
	for _, org := range v.admin(http.MethodGet, "/organizations", nil) {
		v.admin(http.MethodPost, "/user_management/organization_memberships", object{"user_id": alice, "organization_id": org.ID, "role_slug": "admin"})
		if org.Name == "Acme" {
			v.acme = org.ID
		} else {
			v.globex = org.ID
		}
	}
}

type listed struct{ ID, Name string }

// admin asks the API with the key that every seed without keys has.
func (v *vendorEmulator) admin(method, path string, body any) []listed {
	v.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		v.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.url+path, bytes.NewReader(raw))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer sk_test_default")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Data []listed }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode > 299 {
		v.t.Fatalf("%s %s: %s, %v", method, path, resp.Status, err)
	}
	return answer.Data
}

// machine is a computer with an app that uses our client, and a browser that shows pages to nobody.
type machine struct {
	t      *testing.T
	config authkit.Config

	mu     sync.Mutex // guards what follows
	opened []string   // the browser's pages, with the status of the last answer
	app    *authkit.Client
}

func newMachine(t *testing.T, api, redirect string) *machine {
	t.Helper()
	m := &machine{t: t}
	m.config = authkit.Config{
		ClientID: "client_01INTEROP", AppID: "com.example.interop", RedirectURI: redirect, APIURL: api, AllowEmulator: true,
		EncryptionSecret: "the interop tests seal with this phrase", Dir: filepath.Join(t.TempDir(), "state"), OpenBrowser: m.browse,
	}
	return m
}

// process starts the app once more.
func (m *machine) process() *authkit.Client {
	m.t.Helper()
	c, err := authkit.New(m.config)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = c.Close() })
	m.mu.Lock()
	defer m.mu.Unlock()
	m.app = c
	return c
}

// browse follows redirects to the app: through its loopback address, or through its scheme.
func (m *machine) browse(_ context.Context, page string) error {
	go func() {
		ctx := m.t.Context()
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		for strings.HasPrefix(page, "http") {
			next, status, err := open(ctx, &client, page)
			if err != nil {
				return // the sign-in that waits tells
			}
			m.mu.Lock()
			m.opened = append(m.opened, fmt.Sprint(status, " ", page))
			m.mu.Unlock()
			page = next
		}
		if page != "" {
			m.mu.Lock()
			app := m.app
			m.mu.Unlock()
			_, _ = app.HandleCallback(ctx, page) // SignIn tells what came of it
		}
	}()
	return nil
}

// open gets one page, and where it leads.
func open(ctx context.Context, client *http.Client, page string) (next string, status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return "", 0, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.Header.Get("Location"), resp.StatusCode, err
}

func (m *machine) saw(what string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, page := range m.opened {
		if strings.Contains(page, what) {
			return true
		}
	}
	return false
}

func (m *machine) signIn(c *authkit.Client) *authkit.Session {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), time.Minute)
	defer cancel()
	session, err := c.SignIn(ctx)
	if err != nil {
		m.t.Fatalf("sign-in: %v", err)
	}
	return session
}

func TestOurClientAgainstTheVendorsEmulator(t *testing.T) {
	v := startVendorEmulator(t)
	for _, one := range []struct {
		name string
		do   func(*testing.T, *vendorEmulator) error
	}{
		{"a sign-in by a loopback address", signInBy("http://127.0.0.1/callback")},
		{"a sign-in by a scheme", signInBy("workos-auth://localhost/callback")},
		{"twenty refreshes", refreshTwentyTimes},
		{"five refreshes at once in one process", refreshAtOnce(false)},
		{"five refreshes at once in as many processes", refreshAtOnce(true)},
		{"switches of organization", switchOrganizations},
		{"signing out", signOut},
		{"a restart of the server", restartServer},
	} {
		t.Run(one.name, func(t *testing.T) {
			if err := one.do(t, v); err != nil {
				t.Error(err)
			}
		})
	}
}

func signInBy(redirect string) func(*testing.T, *vendorEmulator) error {
	return func(t *testing.T, v *vendorEmulator) error {
		m := newMachine(t, v.url, redirect)
		session := m.signIn(m.process())
		if session.User.Email != "alice@example.com" || session.User.FirstName != "Alice" || !session.User.EmailVerified {
			return fmt.Errorf("signed in as %+v", session.User)
		}
		again, err := m.process().Session(t.Context())
		if err != nil || again.User.ID != session.User.ID {
			return fmt.Errorf("after a restart of the app: %+v, %w", again, err)
		}
		token, err := m.app.AccessToken(t.Context())
		return errors.Join(err, v.verify(t.Context(), token))
	}
}

func refreshTwentyTimes(t *testing.T, v *vendorEmulator) error {
	m := newMachine(t, v.url, "http://127.0.0.1/callback")
	c := m.process()
	user := m.signIn(c).User.ID
	for i := range 20 {
		session, err := c.Refresh(t.Context())
		if err != nil || session.User.ID != user {
			return fmt.Errorf("refresh %d: %+v, %w", i+1, session, err)
		}
	}
	token, err := c.AccessToken(t.Context())
	return errors.Join(err, v.verify(t.Context(), token))
}

// refreshAtOnce refreshes five times at the same moment; each must get a session.
func refreshAtOnce(processes bool) func(*testing.T, *vendorEmulator) error {
	return func(t *testing.T, v *vendorEmulator) error {
		m := newMachine(t, v.url, "http://127.0.0.1/callback")
		c := m.process()
		m.signIn(c)
		var wg sync.WaitGroup
		errs := make([]error, 5)
		for i := range errs {
			if processes {
				c = m.process()
			}
			wg.Go(func() { _, errs[i] = c.Refresh(t.Context()) })
		}
		wg.Wait()
		return errors.Join(errs...)
	}
}

func switchOrganizations(t *testing.T, v *vendorEmulator) error {
	m := newMachine(t, v.url, "http://127.0.0.1/callback")
	c := m.process()
	m.signIn(c)
	for _, org := range []string{v.acme, v.globex, v.acme} {
		session, err := c.SwitchOrganization(t.Context(), org)
		if err != nil || session.OrganizationID != org || session.Role != "admin" {
			return fmt.Errorf("switching to %s: %+v, %w", org, session, err)
		}
	}
	return nil
}

func signOut(t *testing.T, v *vendorEmulator) error {
	m := newMachine(t, v.url, "http://127.0.0.1/callback")
	c := m.process()
	m.signIn(c)
	if err := c.SignOut(t.Context(), authkit.ReturnTo("http://localhost/")); err != nil {
		return err
	}
	eventually(t, "the browser ends the hosted session", func() bool { return m.saw("302 " + v.url + "/user_management/sessions/logout?") })
	if _, err := c.Session(t.Context()); !errors.Is(err, authkit.ErrSignedOut) {
		return fmt.Errorf("after signing out: %w", err)
	}
	return nil
}

// restartServer takes the server away, and brings another with new keys and an empty memory.
func restartServer(t *testing.T, v *vendorEmulator) error {
	m := newMachine(t, v.url, "http://127.0.0.1/callback")
	c := m.process()
	m.signIn(c)
	v.program.stop()
	if _, err := c.Refresh(t.Context()); !errors.Is(err, authkit.ErrOffline) {
		return fmt.Errorf("without a server, a refresh says %w", err)
	}
	if _, err := c.Session(t.Context()); err != nil {
		return fmt.Errorf("without a server, the person is signed out: %w", err)
	}
	u, err := url.Parse(v.url)
	if err != nil {
		return err
	}
	v.start(u.Port())
	eventually(t, "the new server's word ends the session", func() bool {
		_, err := c.Refresh(t.Context())
		return errors.Is(err, authkit.ErrSignedOut)
	})
	m.signIn(c)
	token, err := c.AccessToken(t.Context())
	return errors.Join(err, v.verify(t.Context(), token))
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
