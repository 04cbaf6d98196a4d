package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/authkit-desktop/authkit/deeplink"
	"github.com/authkit-desktop/authkit/loopback"
)

const lost = "the person signs in in the browser, and this app never hears of it"

// delivery sends a redirect on its way as the browser would, and waits for it.
func (v *visit) delivery(ctx context.Context) Check {
	if v.loopback() {
		return v.loopbackDelivery(ctx, v.redirect)
	}
	status, err := v.owned()
	switch {
	case v.fallback != nil && (err != nil || !status.Ours || !status.Delivers): // as a sign-in chooses
		return v.loopbackDelivery(ctx, v.fallback)
	case err != nil:
		return skipped("no link was opened", "it is not known who would get it")
	case status.Owner != "" && !status.Ours:
		return skipped("no link was opened", "it would start "+status.Owner+", which is another program")
	case !status.Delivers:
		return skipped("no link was opened", "it would not arrive, as the scheme's owner shows")
	case status.Problem != "":
		return skipped("no link was opened", status.Problem)
	}
	return v.schemeDelivery(ctx, status)
}

func (v *visit) schemeDelivery(ctx context.Context, status deeplink.Status) Check {
	p, err := listen(ctx, v.about.AppID)
	if err != nil {
		return skipped("no link was opened", err.Error())
	}
	defer p.close()
	link := newProbe(v.link.Scheme)
	opener, ended, err := openLink(ctx, link)
	if errors.Is(err, errNoOpener) {
		return skipped("no link was opened", err.Error())
	}
	if err == nil {
		err = p.await(ctx, link, ended)
	}
	if err != nil {
		return Check{Status: Failed, Found: fmt.Sprintf("a link opened with %s did not come back: %v", opener, err), Means: lost,
			Fix: fmt.Sprintf("open %s by hand and see whether %s starts; if it does, it neither uses package desktop nor calls doctor.Answer, and this check cannot see more",
				link, status.OwnerPath)}
	}
	return ok("a link opened with %s came back", opener)
}

// loopbackDelivery opens the port, and asks for it as the browser would: without a proxy, which browsers do not use here.
func (v *visit) loopbackDelivery(ctx context.Context, redirect *url.URL) Check {
	state := newNonce()
	config := loopback.Config{Host: redirect.Hostname(), Path: redirect.EscapedPath(), Ports: v.about.LoopbackPorts, AppName: v.about.AppName,
		Match: func(q url.Values) bool { return q.Get("state") == state }}
	if port, err := strconv.Atoi(redirect.Port()); err == nil {
		config.Ports = []int{port}
	}
	receiver, err := loopback.Listen(ctx, config)
	if err != nil {
		return Check{Status: Failed, Found: err.Error(), Means: "no sign-in can begin while the port is taken",
			Fix: "end the program that has the port, unless it is this app with a sign-in under way; or use http://127.0.0.1/callback, whose port is chosen at run time"}
	}
	defer receiver.Close()
	visited := make(chan error, 1)
	go func() { visited <- browse(ctx, receiver.RedirectURI()+"?code=check&state="+state) }()
	got, err := receiver.Wait(ctx)
	if err == nil {
		got.Answer(nil)
		err = <-visited
	}
	if err != nil {
		return Check{Status: Failed, Found: fmt.Sprintf("a request to %s did not arrive: %v", receiver.RedirectURI(), err), Means: lost,
			Fix: "let this program listen on 127.0.0.1 in the firewall or security software of this machine"}
	}
	return ok("a request to %s arrived", receiver.RedirectURI())
}

func browse(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}
