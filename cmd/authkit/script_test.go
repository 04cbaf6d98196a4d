package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
)

const secret = "Zk3rVw8xq1LmT5oYc9bN7dHs2JfGa6Ue"

// TestScripts runs the stories of testdata/script, each on a machine of its own: a home folder, an environment, and an
// emulator when the story asks for one.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               freshMachine,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"emulator":  startEmulator,
			"signed-in": signedIn,
			"approve":   approve,
			"deny":      deny,
			"calls":     calls,
			"expire":    expire,
			"fault":     fault,
			"exits":     exits,
			"json":      jsonField,
			"size":      size,
			"free-port": freePort,
			"reachable": reachable,
			"runs-out":  runsOut,
			"sealed":    sealed,

			"vendor-emulator": startVendorEmulator,
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "root":
				return os.Geteuid() == 0, nil
			case "wine":
				return os.Getenv("AUTHKIT_WINE") != "", nil
			case "vendor":
				_, err := os.Stat(vendorEmulator)
				return err == nil && runtime.GOOS != "windows", nil
			}
			return false, nil
		},
	})
}

// bareEnvironment is what a machine without display, keychain and configuration has.
func bareEnvironment(home string) map[string]string {
	env := map[string]string{"HOME": home, "LocalAppData": filepath.Join(home, "AppData", "Local"), "WORKOS_ENCRYPTION_SECRET": secret, "BROWSER": "browser",
		"GORACE": "atexit_sleep_ms=10"} // a second for every command of a race build, otherwise
	for _, name := range []string{"XDG_STATE_HOME", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "SSH_CONNECTION", "SSH_TTY",
		"WORKOS_CLIENT_ID", "WORKOS_API_URL", "WORKOS_REDIRECT_URI", "NO_COLOR", "WSL_DISTRO_NAME", "WSL_INTEROP"} {
		env[name] = ""
	}
	return env
}

func freshMachine(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, "home")
	for name, value := range bareEnvironment(home) {
		env.Setenv(name, value)
	}
	env.Setenv("STATE", stateFolder(home))
	env.Values["box"] = newBox()
	return os.MkdirAll(home, 0o700)
}

func boxOf(ts *testscript.TestScript) *box { return ts.Value("box").(*box) } //nolint:forcetypeassert // freshMachine put it there

// emulator [option…]: starts one, and points the environment at it.
func startEmulator(ts *testscript.TestScript, _ bool, args []string) {
	cfg := emulator.Config{AutoSignIn: "alice@example.com", DeviceInterval: time.Second}
	for _, option := range args {
		switch option {
		case "no-device":
			cfg.DeviceDisabled = true
		case "choose":
			cfg.SelectOrganizationAtExchange = true
			cfg.AutoSignIn = "bob@example.com"
		default:
			ts.Fatalf("the emulator has no option %s", option)
		}
	}
	b := boxOf(ts)
	ts.Check(b.open(cfg))
	ts.Defer(b.close)
	ts.Setenv("WORKOS_API_URL", b.server.URL())
	ts.Setenv("WORKOS_CLIENT_ID", b.server.ClientID())
}

// configOf is that of the commands of this story, without their browser.
func configOf(ts *testscript.TestScript) authkit.Config {
	b := boxOf(ts)
	return authkit.Config{ClientID: b.server.ClientID(), AppID: appID, APIURL: b.server.URL(), AllowEmulator: true,
		EncryptionSecret: secret, RedirectURI: loopbackRedirect, Dir: stateFolder(ts.Getenv("HOME"))}
}

// signed-in [e-mail…]: signs these people in, as login would; the last one is current.
func signedIn(ts *testscript.TestScript, _ bool, people []string) {
	b := boxOf(ts)
	auto := ""
	b.server.Change(func(c *emulator.Config) { auto, c.AutoSignIn = c.AutoSignIn, "" })
	for _, email := range people {
		cfg := configOf(ts)
		cfg.OpenBrowser = func(_ context.Context, page string) error {
			go func() {
				if link, err := b.server.Person(email).SignIn(context.Background(), page); err == nil {
					browse(link)
				}
			}()
			return nil
		}
		c, err := authkit.New(cfg)
		ts.Check(err)
		_, err = c.SignIn(context.Background(), authkit.AddAccount())
		ts.Check(err)
		ts.Check(c.Close())
	}
	b.server.Change(func(c *emulator.Config) { c.AutoSignIn = auto })
	b.server.ResetRequests()
}

// nextCode waits for a device that has been given a code.
func nextCode(ts *testscript.TestScript) string {
	select {
	case code := <-boxOf(ts).codes:
		return code
	case <-time.After(20 * time.Second):
		ts.Fatalf("no device asked for a code")
		return ""
	}
}

// approve E-MAIL: this person confirms the next device's code.
func approve(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(boxOf(ts).server.ApproveDevice(nextCode(ts), args[0]))
}

func deny(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(boxOf(ts).server.DenyDevice(nextCode(ts)))
}

// calls ROUTE N: the route has been called that often since the people signed in.
func calls(ts *testscript.TestScript, _ bool, args []string) {
	if got := strconv.Itoa(boxOf(ts).server.Count(emulator.Route(args[0]))); got != args[1] {
		ts.Fatalf("%s was called %s times instead of %s", args[0], got, args[1])
	}
}

// expire LIFETIME: access tokens live that long from now on.
func expire(ts *testscript.TestScript, _ bool, args []string) {
	life, err := time.ParseDuration(args[0])
	ts.Check(err)
	boxOf(ts).server.Change(func(c *emulator.Config) { c.AccessTokenLifetime = life })
}

// fault ROUTE STATUS [BODY]: the next call of the route is answered like that.
func fault(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	f := emulator.Fault{Route: emulator.Route(args[0]), Status: status}
	if len(args) > 2 {
		f.Body = &args[2]
	}
	boxOf(ts).server.AddFaults(f)
}

// exits CODE COMMAND…: runs a command whose exit code matters.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d instead of %s", got, args[0])
	}
}

// json FILE PATH VALUE: a field of a JSON file, as fmt prints it; list elements by number.
func jsonField(ts *testscript.TestScript, neg bool, args []string) {
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &v))
	for name := range strings.SplitSeq(args[1], ".") {
		switch at := v.(type) {
		case map[string]any:
			next, found := at[name]
			if !found {
				ts.Fatalf("no field %s in %v", name, at)
			}
			v = next
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(at) {
				ts.Fatalf("no element %s in %v", name, at)
			}
			v = at[i]
		default:
			ts.Fatalf("nothing is called %s in %v", name, v)
		}
	}
	text, err := json.Marshal(v)
	ts.Check(err)
	if got := strings.Trim(string(text), `"`); (got == args[2]) == neg {
		ts.Fatalf("%s is %s", args[1], got)
	}
}

// size FILE BYTES: makes a file that large.
func size(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_CREATE|os.O_WRONLY, 0o600)
	ts.Check(err)
	ts.Check(f.Truncate(n))
	ts.Check(f.Close())
}

// sealed TOKEN-FILE: the token in the file is in no file of the home folder.
func sealed(ts *testscript.TestScript, _ bool, args []string) {
	token := []byte(strings.TrimSpace(ts.ReadFile(args[0])))
	ts.Check(filepath.WalkDir(ts.Getenv("HOME"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, token) {
			ts.Fatalf("it is in %s", path)
		}
		return err
	}))
}

// free-port NAME: puts the number of a port that nobody listens on into the environment.
func freePort(ts *testscript.TestScript, _ bool, args []string) { ts.Setenv(args[0], somePort(ts)) }

// somePort is free, and remains so: it lies below the ports that systems give to whoever asks for any, and is drawn by lot,
// for the sake of tests that run at the same time.
func somePort(ts *testscript.TestScript) string {
	for range 100 {
		port := strconv.Itoa(15000 + rand.IntN(15000)) //nolint:gosec // a lot, no secret
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", port))
		if err == nil {
			ts.Check(l.Close())
			return port
		}
	}
	ts.Fatalf("there is no free port")
	return ""
}

// reachable ADDRESS: waits until somebody listens there.
func reachable(ts *testscript.TestScript, _ bool, args []string) {
	eventually(ts, func() bool {
		conn, err := (&net.Dialer{Timeout: time.Second}).Dial("tcp", args[0])
		return err == nil && conn.Close() == nil
	})
}

// runs-out: waits until the access token of the default profile has.
func runsOut(ts *testscript.TestScript, _ bool, _ []string) {
	cfg := configOf(ts)
	cfg.HTTPClient = &http.Client{Transport: nobody{}} // so that the look renews nothing
	c, err := authkit.New(cfg)
	ts.Check(err)
	defer c.Close()
	eventually(ts, func() bool {
		s, err := c.Session(context.Background())
		ts.Check(err)
		return s.Stale
	})
}

func eventually(ts *testscript.TestScript, f func() bool) {
	for deadline := time.Now().Add(20 * time.Second); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("never happened")
		}
	}
}

var vendorEmulator, _ = filepath.Abs("../../interop/node_modules/workos/dist/bin.js")

// vendor-emulator SEED: starts WorkOS's own, and points the environment at it.
func startVendorEmulator(ts *testscript.TestScript, _ bool, args []string) {
	port := somePort(ts)
	node := exec.Command("node", vendorEmulator, "emulate", "--port", port, "--seed", ts.MkAbs(args[0]))
	ts.Check(node.Start())
	ts.Defer(func() { _ = node.Process.Kill(); _ = node.Wait() })
	eventually(ts, func() bool {
		res, err := http.Get("http://127.0.0.1:" + port + "/health")
		return err == nil && res.Body.Close() == nil
	})
	ts.Setenv("WORKOS_API_URL", "http://127.0.0.1:"+port)
	ts.Setenv("WORKOS_CLIENT_ID", "client_emulate")
	ts.Setenv("VENDOR_ISSUER", "http://localhost:"+port)
}
