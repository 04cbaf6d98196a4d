package doctor_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/authkittest"
	"github.com/authkit-desktop/authkit/deeplink"
	"github.com/authkit-desktop/authkit/doctor"
	"github.com/authkit-desktop/authkit/instance"
	"github.com/authkit-desktop/authkit/internal/keyringtest"
)

// isolate gives the test a home of its own, with a desktop that nobody has registered anything in.
func isolate(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"HOME": home, "XDG_DATA_HOME": home + "/data", "XDG_CONFIG_HOME": home + "/config", "XDG_CACHE_HOME": home + "/cache",
		"XDG_STATE_HOME": home + "/state", "XDG_DATA_DIRS": home + "/system/data", "XDG_CONFIG_DIRS": home + "/system/config",
		"XDG_RUNTIME_DIR": home, "XDG_CURRENT_DESKTOP": "", "DESKTOP_SESSION": "", "BROWSER": "",
		"DBUS_SESSION_BUS_ADDRESS": "disabled:", "WSL_DISTRO_NAME": "",
		"DISPLAY": ":99", // xdg-open wants one, and never connects to it
		"GORACE":  "atexit_sleep_ms=0",
	} {
		t.Setenv(name, value)
	}
}

// schemeMachine is a machine whose app has a scheme, registered for this test program.
func schemeMachine(t *testing.T) authkit.Config {
	t.Helper()
	cfg := machine(t, authkittest.Config{RedirectURIs: []string{testScheme + "://callback"}})
	t.Setenv(partVar, "app")
	if _, err := deeplink.Register(t.Context(), deeplink.Config{Scheme: testScheme, AppID: testApp, AppName: "Doctor's app"}); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestALinkReallyComesBackByEachOpener(t *testing.T) {
	cfg := schemeMachine(t)
	report := run(t, cfg)
	want(t, report, "link delivery", doctor.OK, "xdg-open")
	want(t, report, "scheme owner", doctor.OK, "Doctor's app")
	t.Setenv("DISPLAY", "")
	want(t, run(t, cfg), "link delivery", doctor.OK, "gio")

	opener, err := exec.LookPath("xdg-open")
	if err != nil {
		t.Fatal(err)
	}
	tools := t.TempDir()
	if err := os.Symlink(opener, filepath.Join(tools, "xdg-open")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", tools)
	want(t, run(t, cfg), "link delivery", doctor.Skipped, "display")
}

func TestARunningAppIsNotDisturbed(t *testing.T) {
	cfg := schemeMachine(t)
	primary, err := instance.Claim(t.Context(), instance.Config{AppID: testApp})
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 10)
	primary.Serve(func(message string) { heard <- message })
	report := run(t, cfg)
	want(t, report, "link delivery", doctor.OK)
	want(t, report, "instance", doctor.OK, strconv.Itoa(os.Getpid()))
	if err := primary.Close(); err != nil { // delivers what was accepted
		t.Fatal(err)
	}
	if len(heard) > 0 {
		t.Errorf("the running app was told %q", <-heard)
	}
}

func TestASchemeThatNobodyOwnsIsRegisteredOnlyWhenAskedTo(t *testing.T) {
	cfg := machine(t, authkittest.Config{RedirectURIs: []string{testScheme + "://callback"}})
	t.Setenv(partVar, "app")
	report := run(t, cfg)
	want(t, report, "scheme owner", doctor.Failed, "no program is registered")
	want(t, report, "link delivery", doctor.Skipped)
	report = run(t, cfg, doctor.Register())
	want(t, report, "scheme owner", doctor.OK)
	want(t, report, "link delivery", doctor.OK)
}

func TestA03_AForeignOwnerIsNamedAndNeverStarted(t *testing.T) {
	cfg := machine(t, authkittest.Config{RedirectURIs: []string{testScheme + "://callback"}})
	started := filepath.Join(t.TempDir(), "started")
	thief := filepath.Join(t.TempDir(), "thief")
	if err := os.WriteFile(thief, []byte("#!/bin/sh\ntouch "+started+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := deeplink.Register(t.Context(), deeplink.Config{Scheme: testScheme, AppID: "com.example.thief", AppName: "Thief", Executable: thief}); err != nil {
		t.Fatal(err)
	}
	report := run(t, cfg, doctor.Register())
	want(t, report, "scheme owner", doctor.Failed, "Thief", thief)
	want(t, report, "link delivery", doctor.Skipped, "Thief")
	cfg.FallbackRedirectURI = "http://127.0.0.1/callback"
	report = run(t, cfg)
	want(t, report, "scheme owner", doctor.Warning, "Thief", "http://127.0.0.1/callback")
	want(t, report, "link delivery", doctor.OK, "http://127.0.0.1:") // by the way that a sign-in would take
	if _, err := os.Stat(started); !errors.Is(err, os.ErrNotExist) {
		t.Error("the other program was started")
	}
}

func registerProgram(t *testing.T, path string) {
	t.Helper()
	if _, err := deeplink.Register(t.Context(), deeplink.Config{Scheme: testScheme, AppID: testApp, Executable: path}); err != nil {
		t.Fatal(err)
	}
}

func TestAProgramThatDoesNotAnswerIsNamed(t *testing.T) {
	cfg := machine(t, authkittest.Config{RedirectURIs: []string{testScheme + "://callback"}})
	silent := filepath.Join(t.TempDir(), "silent")
	if err := os.WriteFile(silent, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	registerProgram(t, silent)
	report := run(t, cfg, doctor.Program(silent), doctor.Timeout(2*time.Second))
	want(t, report, "scheme owner", doctor.OK)
	want(t, report, "link delivery", doctor.Failed, silent, "doctor.Answer")
}

func TestADeletedProgramIsNamed(t *testing.T) {
	cfg := machine(t, authkittest.Config{RedirectURIs: []string{testScheme + "://callback"}})
	program := filepath.Join(t.TempDir(), "app")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	registerProgram(t, program)
	if err := os.Remove(program); err != nil {
		t.Fatal(err)
	}
	want(t, run(t, cfg), "scheme owner", doctor.Failed, program, "no such program")
}

func TestP04_EachTroubleOfTheKeychainHasItsFix(t *testing.T) {
	for _, test := range []struct {
		name   string
		break_ func(*testing.T)
		status doctor.Status
		words  string
	}{
		{"healthy", func(t *testing.T) { keyringtest.Start(t) }, doctor.OK, "keychain"},
		{"no bus", func(t *testing.T) { keyringtest.NoBus(t) }, doctor.Failed, "desktop session"},
		{"no service", func(t *testing.T) { keyringtest.StartBus(t) }, doctor.Failed, "gnome-keyring"},
		{"locked", func(t *testing.T) { keyringtest.Start(t).Lock() }, doctor.Failed, "unlock"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := machine(t, authkittest.Config{})
			cfg.EncryptionSecret = ""
			test.break_(t)
			report := run(t, cfg)
			want(t, report, "keychain", test.status, test.words)
			if test.status == doctor.Failed {
				want(t, report, "session file", doctor.Skipped)
				want(t, report, "lock", doctor.Skipped)
			}
		})
	}
}

func TestP01_AFolderThatOthersCanEnterIsNamed(t *testing.T) {
	cfg := machine(t, authkittest.Config{})
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	want(t, run(t, cfg), "session file", doctor.Failed, cfg.Dir)
}

func TestA22_AFrozenInstanceIsNamed(t *testing.T) {
	cfg := machine(t, authkittest.Config{})
	app := exec.CommandContext(t.Context(), os.Args[0])
	app.Env = append(os.Environ(), partVar+"=running")
	in, err := app.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := app.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Process.Kill(); app.Wait(); in.Close() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "primary\n" {
		t.Fatalf("the app says %q, %v", line, err)
	}
	want(t, run(t, cfg), "instance", doctor.OK, strconv.Itoa(app.Process.Pid))
	if err := app.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(app.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("the app did not stop: %v %v", status, err)
	}
	want(t, run(t, cfg), "instance", doctor.Failed, strconv.Itoa(app.Process.Pid), "end that process")
}
