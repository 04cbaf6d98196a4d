package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/authkit-desktop/authkit/deeplink"
)

func (v *visit) loopback() bool { return v.redirect.Scheme == "http" }

func (v *visit) redirectURI(context.Context) Check {
	uri := v.about.RedirectURI
	if v.loopback() && v.redirect.Port() == "" && len(v.about.LoopbackPorts) == 0 {
		return ok("%s, on a port that is chosen at run time", uri)
	}
	if v.loopback() && v.redirect.Port() == "" {
		return ok("%s, on one of the ports %v", uri, v.about.LoopbackPorts)
	}
	if v.loopback() {
		return ok("%s", uri)
	}
	if err := deeplink.CheckScheme(v.redirect.Scheme); err != nil {
		return Check{Status: Failed, Found: uri + " cannot be registered: " + err.Error(),
			Means: "the system has nobody to give the link to when the person comes back", Fix: "use a scheme of your own such as " + v.ownScheme()}
	}
	if !strings.Contains(v.redirect.Scheme, ".") {
		return Check{Status: Warning, Found: uri, Means: "any other program may choose the same scheme, and then takes its links",
			Fix: "use a reverse domain name that is yours (RFC 8252 §7.1), such as " + v.ownScheme()}
	}
	return ok("%s", uri)
}

// ownScheme is the app id as a scheme, where it can be one.
func (v *visit) ownScheme() string {
	scheme := strings.ToLower(v.about.AppID)
	if !strings.Contains(scheme, ".") || deeplink.CheckScheme(scheme) != nil {
		scheme = "com.example.notes"
	}
	return scheme + "://callback"
}

// findOwner reads who has the scheme, after registering it where that is wanted.
func (v *visit) findOwner(ctx context.Context) (deeplink.Status, error) {
	status, err := deeplink.Inspect(ctx, v.link)
	if err != nil || !v.register || status.Delivers || status.Owner != "" && !status.Ours {
		return status, err
	}
	if _, err := deeplink.Register(ctx, v.link); err != nil {
		return status, err
	}
	return deeplink.Inspect(ctx, v.link)
}

func (v *visit) schemeOwner(context.Context) Check {
	if v.loopback() {
		return skipped("none is needed", "the redirect is a loopback address")
	}
	status, err := v.owned()
	if err != nil {
		return Check{Status: Failed, Found: err.Error(), Means: "whether links arrive is not known", Fix: "use a loopback redirect (http://127.0.0.1/callback) if this stays so"}
	}
	switch {
	case !status.Delivers && v.fallback != nil:
		return Check{Status: Warning, Found: status.Problem, Means: "sign-ins come back by " + v.about.FallbackRedirectURI + " instead", Fix: status.Fix}
	case !status.Delivers:
		return Check{Status: Failed, Found: status.Problem, Means: "the person signs in in the browser, and this app never hears of it", Fix: status.Fix}
	case status.Problem != "":
		return Check{Status: Warning, Found: fmt.Sprintf("%s (%s)", status.Owner, status.OwnerPath), Means: status.Problem, Fix: status.Fix}
	}
	return ok("%s (%s)", status.Owner, status.OwnerPath)
}
