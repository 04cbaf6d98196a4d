package doctor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/authkittest"
	"github.com/authkit-desktop/authkit/deeplink"
	"github.com/authkit-desktop/authkit/doctor"
	"github.com/authkit-desktop/authkit/emulator"
	"github.com/authkit-desktop/authkit/instance"
	"github.com/authkit-desktop/authkit/vault"
)

const (
	testScheme = "com.example.doctor"
	testApp    = "com.example.doctor"
	partVar    = "DOCTOR_TEST_PART"
)

// TestMain is also the app that links start, and the app that runs already.
func TestMain(m *testing.M) {
	switch os.Getenv(partVar) {
	case "app":
		link, _ := deeplink.FromArgs(os.Args[1:], testScheme)
		if !doctor.Answer(context.Background(), testApp, link) {
			os.Exit(1)
		}
	case "running":
		primary, err := instance.Claim(context.Background(), instance.Config{AppID: testApp})
		if err != nil {
			panic(err)
		}
		os.Stdout.WriteString("primary\n")
		io.Copy(io.Discard, os.Stdin)
		primary.Close()
	default:
		os.Exit(m.Run())
	}
}

// machine is a server, and a configuration for it; both can be changed before a check.
func machine(t *testing.T, config authkittest.Config) authkit.Config {
	t.Helper()
	isolate(t)
	cfg := authkittest.NewServer(t, config).Config()
	cfg.AppID = testApp
	return cfg
}

func run(t *testing.T, cfg authkit.Config, options ...doctor.Option) doctor.Report {
	t.Helper()
	client, err := authkit.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	report := doctor.Run(t.Context(), client, options...)
	for _, c := range report.Checks {
		if c.Name == "" || c.Found == "" || c.Status != doctor.OK && c.Means == "" || (c.Status == doctor.Failed || c.Status == doctor.Warning) && c.Fix == "" {
			t.Errorf("a check leaves something unsaid: %+v", c)
		}
	}
	return report
}

func find(t *testing.T, report doctor.Report, name string) doctor.Check {
	t.Helper()
	for _, c := range report.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no check called %q", name)
	return doctor.Check{}
}

// want checks the outcome of one check, and that the rest of the report agrees with it.
func want(t *testing.T, report doctor.Report, name string, status doctor.Status, words ...string) {
	t.Helper()
	c := find(t, report, name)
	if c.Status != status {
		t.Errorf("%s is %s, want %s: %+v", name, c.Status, status, c)
	}
	for _, w := range words {
		if !strings.Contains(c.Found+"\n"+c.Means+"\n"+c.Fix, w) {
			t.Errorf("%s does not say %q: %+v", name, w, c)
		}
	}
	if status == doctor.Failed && report.OK() {
		t.Errorf("%s has failed, and the report is OK", name)
	}
}

func TestAllIsWellWithALoopbackRedirect(t *testing.T) {
	isolate(t)
	server := authkittest.New(t)
	cfg := server.Config()
	client, err := authkit.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	session := server.SignIn(client)
	report := doctor.Run(t.Context(), client)
	if !report.OK() {
		t.Errorf("%+v", report)
	}
	for _, name := range []string{"client id", "API", "clock", "redirect URI", "link delivery", "keychain", "session file", "lock", "instance"} {
		want(t, report, name, doctor.OK)
	}
	want(t, report, "scheme owner", doctor.Skipped)
	want(t, report, "session file", doctor.OK, session.User.Email)
	if again, err := client.Session(t.Context()); err != nil || again.ID != session.ID {
		t.Errorf("after the checks the session is %v, %v", again, err)
	}
	server.WantCalls(emulator.Refresh, 0)
}

func TestAStoppedServerIsNamed(t *testing.T) {
	isolate(t)
	server, err := emulator.Start(emulator.Config{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := authkit.Config{ClientID: server.ClientID(), AppID: testApp, APIURL: server.URL(), AllowEmulator: true, RedirectURI: "http://127.0.0.1/callback",
		Dir: filepath.Join(t.TempDir(), "state"), EncryptionSecret: strings.Repeat("a long secret ", 4)}
	server.Close()
	report := run(t, cfg)
	want(t, report, "API", doctor.Failed, server.URL(), "emulator")
	want(t, report, "clock", doctor.Skipped)
	want(t, report, "client id", doctor.Skipped)
}

func TestAServerThatHangsEndsWithTheTimeout(t *testing.T) {
	cfg := machine(t, authkittest.Config{Faults: []emulator.Fault{{Route: emulator.JWKS, Times: emulator.Forever, Latency: time.Hour}}})
	report := run(t, cfg, doctor.Timeout(200*time.Millisecond))
	want(t, report, "API", doctor.Failed)
}

func TestAServerInTroubleIsNoReasonToChangeAnything(t *testing.T) {
	for _, status := range []int{503, 429} {
		cfg := machine(t, authkittest.Config{Faults: []emulator.Fault{{Route: emulator.JWKS, Times: emulator.Forever, Status: status}}})
		report := run(t, cfg)
		want(t, report, "API", doctor.Failed, strconv.Itoa(status), "try again")
		want(t, report, "client id", doctor.Skipped)
	}
}

func TestAnUnknownClientIDIsNamed(t *testing.T) {
	cfg := machine(t, authkittest.Config{})
	cfg.ClientID = "client_other"
	report := run(t, cfg)
	want(t, report, "client id", doctor.Failed, "client_other", "dashboard")
	want(t, report, "API", doctor.OK)
}

// A hotel's log-in page answers everything with 200, in HTML.
func TestSomethingElseThatAnswersIsNotTheAPI(t *testing.T) {
	cfg := machine(t, authkittest.Config{})
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>Welcome") }))
	t.Cleanup(portal.Close)
	cfg.APIURL, cfg.ClientID = portal.URL, "other"
	report := run(t, cfg)
	want(t, report, "API", doctor.Failed, "log-in page")
	want(t, report, "client id", doctor.Warning, "dashboard")
}

func TestA16_AClockThatIsOffIsNamedWithItsDirection(t *testing.T) {
	for _, test := range []struct {
		ahead  time.Duration // the server's
		status doctor.Status
		words  string
	}{
		{0, doctor.OK, "right"},
		{10 * time.Minute, doctor.Warning, "slow"},
		{-10 * time.Minute, doctor.Warning, "fast"},
		{25 * time.Hour, doctor.Failed, "slow"},
	} {
		cfg := machine(t, authkittest.Config{DateSkew: test.ahead})
		want(t, run(t, cfg), "clock", test.status, test.words)
	}
	cfg := machine(t, authkittest.Config{NoDate: true})
	want(t, run(t, cfg), "clock", doctor.Skipped)
}

func TestC21_TheFormOfTheRedirectIsJudged(t *testing.T) {
	for uri, status := range map[string]doctor.Status{
		"http://127.0.0.1/callback":     doctor.OK,
		"com.example.notes://callback":  doctor.OK,
		"workos-auth://callback":        doctor.Warning,
		"irc://callback":                doctor.Failed,
		"http://[::1]:49152/callback/x": doctor.OK,
	} {
		cfg := machine(t, authkittest.Config{})
		cfg.RedirectURI = uri
		want(t, run(t, cfg), "redirect URI", status, uri)
	}
}

func TestA04_AFixedPortThatIsTakenIsNamed(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := machine(t, authkittest.Config{})
	cfg.RedirectURI = "http://" + taken.Addr().String() + "/callback"
	want(t, run(t, cfg), "link delivery", doctor.Failed, taken.Addr().String(), "port")
}

// Ports that are registered to the digit: the doctor opens one of them, as a sign-in does, and no other.
func TestA04_TheRegisteredPortsAreTheOnesThatAreTried(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := machine(t, authkittest.Config{})
	cfg.RedirectURI = "http://127.0.0.1/callback"
	cfg.LoopbackPorts = []int{taken.Addr().(*net.TCPAddr).Port}
	report := run(t, cfg)
	want(t, report, "redirect URI", doctor.OK, strconv.Itoa(cfg.LoopbackPorts[0]))
	want(t, report, "link delivery", doctor.Failed, taken.Addr().String(), "port")
}

func TestADamagedSessionFileIsNamed(t *testing.T) {
	isolate(t)
	server := authkittest.New(t)
	cfg := server.Config()
	client, err := authkit.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server.SignIn(client)
	client.Close()
	file := filepath.Join(cfg.Dir, "session-default.sealed")
	if err := os.WriteFile(file, []byte("half a page of something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	want(t, run(t, cfg), "session file", doctor.Failed, "session-default.corrupt", "sign in again")

	again, err := authkit.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server.SignIn(again)
	again.Close()
	want(t, run(t, cfg), "session file", doctor.Warning, "session-default.corrupt")
}

func TestA22_AHeldLockIsNamed(t *testing.T) {
	signedIn := func(t *testing.T) authkit.Config {
		isolate(t)
		server := authkittest.New(t)
		cfg := server.Config()
		client, err := authkit.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		server.SignIn(client)
		return cfg
	}
	t.Run("of the folder", func(t *testing.T) {
		cfg := signedIn(t)
		held := flock.New(filepath.Join(cfg.Dir, ".lock"))
		if err := held.Lock(); err != nil {
			t.Fatal(err)
		}
		defer held.Unlock()
		want(t, run(t, cfg, doctor.Timeout(300*time.Millisecond)), "lock", doctor.Failed, "do not respond")
	})
	t.Run("of the refresh", func(t *testing.T) {
		cfg := signedIn(t)
		other, err := vault.New(vault.Config{Dir: cfg.Dir, AppID: cfg.AppID, Passphrase: cfg.EncryptionSecret})
		if err != nil {
			t.Fatal(err)
		}
		unlock, err := other.Lock(t.Context(), "refresh-default")
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		want(t, run(t, cfg, doctor.Timeout(2*time.Second)), "lock", doctor.Failed, "refresh-default")
	})
}

// The name of the refresh's lock is the client's own affair: this test notices when it changes.
func TestTheLockOfARefreshUnderWayIsTheOneThatIsChecked(t *testing.T) {
	isolate(t)
	server := authkittest.NewServer(t, authkittest.Config{AccessTokenLifetime: time.Second})
	cfg := server.Config()
	client, err := authkit.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server.SignIn(client)
	server.AddFaults(emulator.Fault{Route: emulator.Refresh, Latency: time.Hour})
	for deadline := time.Now().Add(30 * time.Second); server.Count(emulator.Refresh) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no refresh has begun")
		}
		client.Session(t.Context()) // which starts one behind when the token has run out
	}
	want(t, run(t, cfg, doctor.Timeout(2*time.Second)), "lock", doctor.Failed, "refresh")
}

func TestTheReportIsPrintedAndMarshaledTheSame(t *testing.T) {
	report := doctor.Report{Checks: []doctor.Check{
		{Name: "API", Status: doctor.OK, Found: "https://api.workos.com answers"},
		{Name: "clock", Status: doctor.Warning, Found: "this machine's clock is 10m0s slow", Means: "other programs mind", Fix: "set it"},
		{Name: "link delivery", Status: doctor.Skipped, Found: "no link was opened", Means: "there is no display"},
	}}
	var text bytes.Buffer
	if err := report.Print(&text); err != nil {
		t.Fatal(err)
	}
	const wantText = `ok       API            https://api.workos.com answers
warning  clock          this machine's clock is 10m0s slow
                        other programs mind
                        fix: set it
skipped  link delivery  no link was opened
                        there is no display
`
	if text.String() != wantText {
		t.Errorf("printed:\n%s", &text)
	}
	data, err := json.Marshal(report)
	const wantJSON = `{"ok":true,"checks":[{"name":"API","status":"ok","found":"https://api.workos.com answers"},` +
		`{"name":"clock","status":"warning","found":"this machine's clock is 10m0s slow","means":"other programs mind","fix":"set it"},` +
		`{"name":"link delivery","status":"skipped","found":"no link was opened","means":"there is no display"}]}`
	if err != nil || string(data) != wantJSON {
		t.Errorf("marshaled: %s, %v", data, err)
	}
	report.Checks[1].Status = doctor.Failed
	if report.OK() {
		t.Error("a report with a failed check is OK")
	}
	if err := report.Print(broken{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Print hides that nothing was written: %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestEveryOrdinaryLinkIsLeftToTheApp(t *testing.T) {
	for _, link := range []string{"", testScheme + "://callback?code=1&state=2", "https://example.com/?x=://authkit-doctor/1", "://authkit-doctor/1"} {
		if doctor.Answer(t.Context(), testApp, link) {
			t.Errorf("%q was taken for a check's", link)
		}
	}
}
