package authkit

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/authkit-desktop/authkit/internal/workos"
	"github.com/authkit-desktop/authkit/vault"
)

// DefaultRedirectURI is the redirect of WorkOS's desktop examples. An app that is published should choose a scheme of
// its own in reverse-domain form, such as com.example.notes://callback: RFC 8252 §7.1 asks for it, and any program
// may claim a scheme that everybody uses.
const DefaultRedirectURI = "workos-auth://callback"

// Config says which AuthKit environment an app signs in to, and under which name it keeps the session.
// ClientID and AppID are required; every other field has a useful zero value.
type Config struct {
	// ClientID is the environment's client id, client_…, from the WorkOS dashboard. It is no secret.
	ClientID string

	// AppID names the app on this machine: its sealed files, its keychain item, its one running instance.
	// Reverse-domain form is advised: com.example.notes. Changing it signs everybody out.
	AppID string

	// AppName is what people read in messages and on the page that sends them back to the app. Zero: AppID.
	AppName string

	// RedirectURI is where the browser hands the sign-in back. Zero: DefaultRedirectURI. Two kinds work:
	// a scheme of the app, com.example.notes://callback (package desktop registers it and delivers the link), or a
	// loopback address, http://127.0.0.1/callback, whose port is chosen at run time unless one is written.
	// It must be registered in the dashboard.
	RedirectURI string

	// FallbackRedirectURI is a loopback address used when RedirectURI's scheme would not reach this program.
	// Zero: no fallback.
	FallbackRedirectURI string

	// LoopbackPorts are tried in turn for a loopback redirect without a port of its own, where the dashboard wants exact
	// URIs: each must be registered with the redirect's path. Zero: any port, as RFC 8252 §7.3 asks servers to allow.
	LoopbackPorts []int

	// AnswerPage writes what the browser shows when a loopback redirect has been worked on: err is nil after a sign-in, and
	// else says why there was none. Escape its text, which may come from outside. Zero: a page that says to go back to AppName.
	AnswerPage func(w http.ResponseWriter, r *http.Request, err error)

	// APIURL is the API's address. Zero: WorkOS's own. It must be https, but see AllowEmulator.
	APIURL string

	// AllowEmulator accepts an APIURL on a loopback address, without TLS, and answers from an emulator. Leave it off
	// in a build that people install: a program that can be pointed at an emulator can be shown any identity.
	AllowEmulator bool

	// Issuers are further values of the access token's iss claim to trust, such as a custom auth domain. The forms
	// that WorkOS documents are trusted already.
	Issuers []string

	// EncryptionSecret seals the session instead of a key in the OS keychain: for servers, CI and Linux without a
	// keyring. At least 32 characters. Zero: the keychain; and where there is none, memory for this run.
	EncryptionSecret string

	// OldEncryptionSecrets are earlier ones: what was sealed with them is read, and sealed with the present secret, or
	// the keychain's key, when it is next saved.
	OldEncryptionSecrets []string

	// Profile keeps apart what two processes of one app do for different people at the same time, as two terminals may:
	// each profile has sealed sessions of its own, and the processes of one profile share them. It is not needed for
	// several accounts in one app: see AddAccount and SwitchAccount. Zero: "default".
	Profile string

	// Dir is the folder of the sealed files. Zero: AppID in the system's folder for an app's local state; and where the
	// account has no home folder, memory for this run.
	Dir string

	// OpenBrowser shows a URL to the person. Zero: the system's default browser.
	OpenBrowser func(ctx context.Context, url string) error

	// HTTPClient sends the requests to WorkOS, without following redirects. Zero: one with the default transport.
	HTTPClient *http.Client

	// Keychain holds the key that seals the session. Zero: the system's.
	Keychain vault.Keychain

	// Now is the clock. Zero: time.Now. A clock without a monotonic reading is fine.
	Now func() time.Time

	// Logger is told what a developer may need to know; never a token. Zero: nothing is logged.
	Logger *slog.Logger
}

// withDefaults fills what zero values stand for. It does not look at the machine except to find the state folder.
func (cfg Config) withDefaults() Config {
	cfg.AppName = or(cfg.AppName, cfg.AppID)
	cfg.RedirectURI = or(cfg.RedirectURI, DefaultRedirectURI)
	cfg.APIURL = strings.TrimRight(or(cfg.APIURL, workos.DefaultBaseURL), "/")
	cfg.Profile = or(cfg.Profile, "default")
	if cfg.Dir == "" {
		cfg.Dir = stateDir(cfg.AppID)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return cfg
}

func or(value, byDefault string) string {
	if value == "" {
		return byDefault
	}
	return value
}

// stateDir is for state that belongs to this machine and must survive a restart: it is sealed with a key of this
// machine, so roaming it (Windows) or syncing it would not help anybody. Empty when the system has no home for us;
// the vault then keeps the session in memory.
func stateDir(appID string) string {
	var base string
	switch runtime.GOOS {
	case "windows":
		base, _ = os.UserCacheDir() // %LocalAppData%
	case "darwin":
		base, _ = os.UserConfigDir() // ~/Library/Application Support
	default:
		if base = os.Getenv("XDG_STATE_HOME"); !filepath.IsAbs(base) {
			home, err := os.UserHomeDir()
			if err != nil {
				return ""
			}
			base = filepath.Join(home, ".local", "state")
		}
	}
	if base == "" {
		return ""
	}
	return filepath.Join(base, appID)
}

var (
	// fileName is the grammar of the names that become part of a file's name. Windows drops a dot at the end.
	fileName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?$`)

	// device are the names that Windows opens a device for, whatever follows the first dot.
	device = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)
)

// problems lists everything that is wrong with a config that has its defaults, each with its fix: a newcomer should
// not have to run the program five times to learn five things.
func (cfg Config) problems() []Problem {
	var list []Problem
	add := func(field, what, fix string) { list = append(list, Problem{field, what, fix}) }
	checkClientID(cfg.ClientID, add)
	if !fileName.MatchString(cfg.AppID) || device.MatchString(cfg.AppID) {
		add("AppID", fmt.Sprintf("%q cannot name the app's files", cfg.AppID),
			"set it to a name of your own in reverse-domain form, such as com.example.notes: letters, digits, dot, dash and underscore, at most 100")
	}
	if !fileName.MatchString(cfg.Profile) {
		add("Profile", fmt.Sprintf("%q cannot name a file", cfg.Profile), "use letters, digits, dot, dash and underscore, at most 100")
	}
	if _, err := parseRedirect(cfg.RedirectURI); err != nil {
		add("RedirectURI", err.Error(), "set WORKOS_REDIRECT_URI or Config.RedirectURI to a scheme of your app, com.example.notes://callback, or to http://127.0.0.1/callback")
	}
	if r, err := parseRedirect(cfg.FallbackRedirectURI); cfg.FallbackRedirectURI != "" && (err != nil || !r.loopback()) {
		add("FallbackRedirectURI", fmt.Sprintf("%q is not a loopback address", cfg.FallbackRedirectURI), "set it to http://127.0.0.1/callback")
	}
	for _, port := range cfg.LoopbackPorts {
		if port < 1 || port > 65535 {
			add("LoopbackPorts", fmt.Sprintf("%d is not a port", port), "use ports from 1024 to 65535, or none for any")
		}
	}
	checkAPIURL(cfg, add)
	if n := len([]rune(cfg.EncryptionSecret)); n > 0 && n < 32 {
		add("EncryptionSecret", fmt.Sprintf("it has %d characters; a short secret can be guessed from the sealed file", n),
			"set WORKOS_ENCRYPTION_SECRET to 32 or more: openssl rand -base64 32 makes a good one")
	}
	return list
}

func checkClientID(id string, add func(field, what, fix string)) {
	const fix = "copy the client id, client_…, from the WorkOS dashboard under API keys into WORKOS_CLIENT_ID or Config.ClientID"
	switch {
	case id == "":
		add("ClientID", "there is none", fix)
	case strings.HasPrefix(id, "sk_"):
		add("ClientID", "this is an API key, a secret that must not be in a program that people install",
			"revoke that key if it has been shipped, and "+fix)
	case strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("/?#%\\\"", r) }):
		add("ClientID", "it has a character that no client id has", fix)
	}
}

func checkAPIURL(cfg Config, add func(field, what, fix string)) {
	u, err := url.Parse(cfg.APIURL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		add("APIURL", fmt.Sprintf("%q is not the address of an API", cfg.APIURL), "leave WORKOS_API_URL empty for WorkOS's own, "+workos.DefaultBaseURL)
	case u.Scheme == "https":
	case u.Scheme == "http" && isLoopback(u.Hostname()) && cfg.AllowEmulator:
	case u.Scheme == "http" && isLoopback(u.Hostname()):
		add("APIURL", fmt.Sprintf("%q is an emulator, and this program does not accept one", cfg.APIURL),
			"leave WORKOS_API_URL empty, or set Config.AllowEmulator in a development build")
	default:
		add("APIURL", fmt.Sprintf("%q would carry tokens without TLS", cfg.APIURL), "use https")
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
