package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// answer is what the API said when it was asked for the client's signing keys: the one public question that depends on the
// client id.
type answer struct {
	err    error // no answer
	status int
	keys   bool          // it has signing keys in it
	skew   time.Duration // how far this machine's clock runs behind the server's
	dated  bool          // skew is known
}

// maxBody is far above any set of keys.
const maxBody = 1 << 20

func (v *visit) askAPI(ctx context.Context) answer {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.about.APIURL+"/sso/jwks/"+v.about.ClientID, nil)
	if err != nil {
		return answer{err: err}
	}
	client := v.http
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // C30
	begun := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return answer{err: err}
	}
	took := time.Since(begun)
	defer response.Body.Close()
	a := answer{status: response.StatusCode}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	a.keys = json.NewDecoder(io.LimitReader(response.Body, maxBody)).Decode(&set) == nil && len(set.Keys) > 0
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		// The header has whole seconds, rounded down.
		a.skew, a.dated = date.Add(time.Second/2).Sub(begun.Add(took/2)), true
	}
	return a
}

func (v *visit) clientID(context.Context) Check {
	const where = "copy the client id, client_…, from the WorkOS dashboard under API keys"
	a := v.ask()
	switch {
	case a.keys:
		return ok("%s is known to the server", v.about.ClientID)
	case a.status == http.StatusNotFound:
		return Check{Status: Failed, Found: fmt.Sprintf("the server does not know %s", v.about.ClientID),
			Means: "nobody can sign in with it", Fix: where}
	case !strings.HasPrefix(v.about.ClientID, "client_"):
		return Check{Status: Warning, Found: fmt.Sprintf("%s does not look like a client id", v.about.ClientID),
			Means: "the server, which would know, did not say", Fix: where}
	}
	return skipped(v.about.ClientID, "the server did not say whether it knows it")
}

func (v *visit) api(context.Context) Check {
	a := v.ask()
	switch {
	case a.err != nil:
		return Check{Status: Failed, Found: fmt.Sprintf("%s cannot be reached: %v", v.about.APIURL, a.err),
			Means: "nobody can sign in; who is signed in stays so, without new access tokens", Fix: v.reachFix()}
	case a.keys, a.status == http.StatusNotFound:
		return ok("%s answers", v.about.APIURL)
	case a.status == http.StatusTooManyRequests || a.status >= 500:
		return Check{Status: Failed, Found: fmt.Sprintf("%s answers with status %d", v.about.APIURL, a.status),
			Means: "the server has trouble, or too much to do; nobody is signed out by that", Fix: "try again in some minutes"}
	}
	return Check{Status: Failed, Found: fmt.Sprintf("what answers for %s is not the API (status %d)", v.about.APIURL, a.status),
		Means: "something in between answers instead, such as the log-in page of a hotel's network or a company's proxy",
		Fix:   "open any page in the browser and log in to the network, or ask its administrator to let the API through"}
}

func (v *visit) reachFix() string {
	if strings.HasPrefix(v.about.APIURL, "http://") {
		return "start the emulator that this address belongs to"
	}
	return "check the connection, the firewall, and HTTPS_PROXY if there is a proxy"
}

// Beyond these, the clock is worth a word; and certificates, which have dates too, are refused.
const (
	clockWarning = time.Minute
	clockFailure = 24 * time.Hour
)

func (v *visit) clock(context.Context) Check {
	a := v.ask()
	if !a.dated {
		return skipped("not compared", "the server did not say what time it is")
	}
	off := a.skew.Abs().Round(time.Second)
	if off <= clockWarning {
		return ok("right to within %v", max(off, time.Second))
	}
	c := Check{Status: Warning, Found: "this machine's clock is " + off.String() + " slow",
		Means: "sign-in allows for that, but other programs do not", Fix: "let the system set its clock from the network"}
	if a.skew < 0 {
		c.Found = "this machine's clock is " + off.String() + " fast"
	}
	if off >= clockFailure {
		c.Status, c.Means = Failed, "the certificates of secure connections may count as expired, or as not yet valid"
	}
	return c
}
