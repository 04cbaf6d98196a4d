package doctor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/authkit-desktop/authkit/instance"
)

// A probe is a link that means nothing to the app: its place tells that it comes from a check. The program that it starts
// hands it back over a socket of this user's own, as a second instance does, under a name of its own: a running app is not
// even told. So whoever makes such a link from outside starts a process that ends at once.
const probePlace = "://authkit-doctor/"

func newProbe(scheme string) string { return scheme + probePlace + newNonce() }

func newNonce() string { return rand.Text() }

func isProbe(link string) bool {
	scheme, _, found := strings.Cut(link, probePlace)
	return found && scheme != "" && !strings.ContainsAny(scheme, ":/?#")
}

// Answer answers a check of link delivery, and reports whether the link is one. The program should then end with status 0,
// unless it was running already. Package desktop calls it.
func Answer(ctx context.Context, appID, link string) bool {
	if !isProbe(link) {
		return false
	}
	config := instance.Config{AppID: probeInstance(appID), Message: link}
	if alone, err := instance.Claim(ctx, config); err == nil {
		_ = alone.Close() // nobody waits for the answer any more
	}
	return true
}

// probeInstance names the one who waits for probes. App ids may be longer than the name of an instance.
func probeInstance(appID string) string {
	return fmt.Sprintf("doctor-%x", sha256.Sum256([]byte(appID)))[:40]
}

// patient waits for probes to come back.
type patient struct {
	primary *instance.Primary
	came    chan string
}

func listen(ctx context.Context, appID string) (*patient, error) {
	primary, err := instance.Claim(ctx, instance.Config{AppID: probeInstance(appID)})
	if errors.Is(err, instance.ErrHandedOver) || errors.Is(err, instance.ErrUnresponsive) {
		return nil, errors.New("another check of this app is under way")
	}
	if err != nil {
		return nil, err
	}
	p := &patient{primary, make(chan string, 1)}
	primary.Serve(func(link string) {
		select {
		case p.came <- link:
		default: // nobody has made that many
		}
	})
	return p, nil
}

// await waits for the link, or for the failure of what should have opened it.
func (p *patient) await(ctx context.Context, link string, ended <-chan error) error {
	for {
		select {
		case err := <-ended:
			if err != nil {
				return err
			}
			ended = nil // it has done its part
		case got := <-p.came:
			if got == link {
				return nil
			}
		case <-ctx.Done():
			return errors.New("no program answered in time")
		}
	}
}

func (p *patient) close() { _ = p.primary.Close() }
