package emulator

import (
	"fmt"
	"net/url"
	"strings"
)

// checkURL says whether clients can use an address as that of the server; none is fine.
func checkURL(address string) error {
	u, err := url.Parse(address)
	if address == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.RawQuery == "" && u.Fragment == "" {
		return nil
	}
	return fmt.Errorf("the server's own address %q is none that clients can use: write it like http://127.0.0.1:4100 (Config.URL)", address)
}

// checkRedirectURI says whether an URI can be registered: absolute and without a fragment (RFC 6749 §3.1.2).
func checkRedirectURI(uri string) error {
	u, err := url.Parse(strings.Replace(uri, ":*", "", 1))
	switch {
	case err != nil || u.Scheme == "":
		return fmt.Errorf("redirect URI %q is not an absolute URI: write it like com.example.app://callback or http://127.0.0.1/callback", uri)
	case strings.Contains(uri, "#"):
		return fmt.Errorf("redirect URI %q has a fragment, which a redirect cannot have: remove the part from #", uri)
	case u.Scheme == "javascript" || u.Scheme == "data":
		return fmt.Errorf("redirect URI %q would run a script: use a scheme of your own", uri)
	}
	return nil
}

// isRegistered compares exactly (RFC 6749 §3.1.2.3), but for the port of a loopback URI: "The
// authorization server MUST allow any port to be specified at the time of the request for loopback IP
// redirect URIs" (RFC 8252 §7.3). It does the same for localhost, as the dashboard does with a
// wildcard port.
func isRegistered(list []string, uri string) bool {
	if checkRedirectURI(uri) != nil || strings.Contains(uri, ":*") {
		return false
	}
	for _, registered := range list {
		if registered == uri || sameLoopback(registered, uri) {
			return true
		}
	}
	return false
}

func sameLoopback(registered, uri string) bool {
	r, err := url.Parse(strings.Replace(registered, ":*", "", 1))
	if err != nil || r.Scheme != "http" || !isLoopback(r.Hostname()) {
		return false
	}
	u, err := url.Parse(uri)
	if err != nil || u.Port() == "0" {
		return false
	}
	host := u.Hostname()
	u.Host, r.Host = "", ""
	return host == hostnameOf(registered) && u.String() == r.String()
}

func hostnameOf(uri string) string {
	u, err := url.Parse(strings.Replace(uri, ":*", "", 1))
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// isLogoutURI says whether return_to may lead there.
func (c *Config) isLogoutURI(uri string) bool {
	if len(c.LogoutURIs) > 0 {
		return isRegistered(c.LogoutURIs, uri)
	}
	u, err := url.Parse(uri)
	if err == nil && u.Scheme == "http" && u.User == nil && isLoopback(u.Hostname()) {
		return true
	}
	return isRegistered(c.RedirectURIs, uri)
}

// withQuery adds parameters and keeps those that the URI has (RFC 6749 §3.1.2).
func withQuery(uri string, more map[string]string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return uri // cannot be: registered URIs are parsed before
	}
	q := u.Query()
	for name, value := range more {
		if value != "" {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}
