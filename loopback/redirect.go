package loopback

import (
	"fmt"
	"io"
	"sync"
)

// Redirect is the awaited redirect. Its browser waits until Answer is called.
type Redirect struct {
	// URL is the whole URL as received, with the code: treat it as a secret.
	// Formatting, marshaling or logging a Redirect leaves the parameters out.
	URL string

	reply *reply
}

// reply is what the browsers that brought the redirect are waiting for.
type reply struct {
	receiver *Receiver
	target   string // path and query as received
	settle   sync.Once
	settled  chan struct{} // closed when outcome is set
	outcome  error
}

// Answer shows in the browser that the sign-in succeeded, or why it did not,
// and closes the receiver. The text of err is shown to the person, so keep
// secrets out of it. Answer returns when the browser has the page, at the latest
// after a second, so that a program may exit right after it. Only the first
// call counts.
func (r Redirect) Answer(err error) {
	r.reply.settle.Do(func() {
		r.reply.outcome = err
		close(r.reply.settled)
	})
	r.reply.receiver.shut(hangUpTimeout)
}

// Format keeps the code out of whatever a Redirect is printed to.
func (r Redirect) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, r.redacted()) }

// MarshalText keeps the code out of JSON and structured logs.
func (r Redirect) MarshalText() ([]byte, error) { return []byte(r.redacted()), nil }

func (r Redirect) redacted() string {
	if r.reply == nil {
		return "redirect (address withheld)"
	}
	return "redirect to " + r.reply.receiver.RedirectURI() + " (parameters withheld)"
}
