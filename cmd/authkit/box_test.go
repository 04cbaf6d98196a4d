package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

// box is an emulator behind a door at which the test sees the codes that devices are given.
type box struct {
	server *emulator.Server
	door   *http.Server
	codes  chan string
}

func newBox() *box { return &box{codes: make(chan string, 10)} }

func (b *box) open(cfg emulator.Config) error {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	cfg.URL = "http://" + listener.Addr().String()
	if b.server, err = emulator.New(cfg); err != nil {
		return err
	}
	b.door = &http.Server{Handler: b, ReadHeaderTimeout: time.Minute}
	go func() { _ = b.door.Serve(listener) }()
	return nil
}

func (b *box) close() { _ = b.door.Close() }

var userCode = regexp.MustCompile(`"user_code":\s*"([^"]+)"`)

func (b *box) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/user_management/authorize/device" {
		b.server.ServeHTTP(w, r)
		return
	}
	tee := &teeWriter{ResponseWriter: w}
	b.server.ServeHTTP(tee, r)
	if found := userCode.FindStringSubmatch(tee.body.String()); found != nil {
		b.codes <- found[1]
	}
}

type teeWriter struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (w *teeWriter) Write(p []byte) (int, error) {
	w.body.Write(p)
	return w.ResponseWriter.Write(p)
}

func (w *teeWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// machine is a home folder with an emulator in reach.
type machine struct {
	*testing.T
	*box
	home string
	env  map[string]string
}

func newMachine(t *testing.T, cfg emulator.Config) *machine {
	t.Helper()
	m := &machine{T: t, box: newBox(), home: t.TempDir()}
	if err := m.open(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.close)
	m.env = bareEnvironment(m.home)
	m.env["WORKOS_API_URL"], m.env["WORKOS_CLIENT_ID"] = m.server.URL(), m.server.ClientID()
	return m
}

// command is authkit on this machine, as a process.
func (m *machine) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(m.Context(), "authkit", args...)
	cmd.Env = os.Environ()
	for name, value := range m.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Dir = m.home
	return cmd
}

// runs gives what a command that should succeed answers.
func (m *machine) runs(args ...string) string {
	m.Helper()
	cmd := m.command(args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		m.Fatalf("authkit %q: %v\n%s%s", args, err, out, &stderr)
	}
	return string(out)
}

// stateFolder is where the commands of a home folder keep their sessions.
func stateFolder(home string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(home, "AppData", "Local", appID)
	}
	return filepath.Join(home, ".local", "state", appID)
}

// signIn signs alice in without a command.
func (m *machine) signIn() {
	m.Helper()
	c, err := authkit.New(authkit.Config{ClientID: m.server.ClientID(), AppID: appID, APIURL: m.server.URL(), AllowEmulator: true,
		EncryptionSecret: secret, RedirectURI: loopbackRedirect, Dir: stateFolder(m.home), OpenBrowser: m.visit})
	if err != nil {
		m.Fatal(err)
	}
	defer c.Close()
	if _, err := c.SignIn(m.Context()); err != nil {
		m.Fatal(err)
	}
	m.server.ResetRequests()
}

func (m *machine) visit(_ context.Context, page string) error {
	go func() {
		if link, err := m.server.Person("alice@example.com").SignIn(context.Background(), page); err == nil {
			browse(link)
		}
	}()
	return nil
}

// eventually waits for a condition.
func (m *machine) eventually(what string, f func() bool) {
	m.Helper()
	for deadline := time.Now().Add(20 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.Fatalf("never happened: %s", what)
		}
	}
}
