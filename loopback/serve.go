package loopback

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxHeaderBytes bounds request line and header together. Codes and states are
// some hundred bytes; cookies of other servers on 127.0.0.1, which browsers send
// here too, are what needs the room.
const maxHeaderBytes = 32 << 10

// maxTarget bounds path and query.
const maxTarget = 8 << 10

// refusal is the answer to a request that is not the awaited redirect.
type refusal struct {
	status int
	reason string
}

// serve answers every request, and lets only the awaited redirect through. No
// answer ever carries a CORS header, so that pages cannot read any of it.
func (r *Receiver) serve(w http.ResponseWriter, req *http.Request) {
	protect(w.Header())
	if no := r.judge(req); no != nil {
		r.turnAway(w, req, no)
		return
	}
	redirect := r.take(req)
	if redirect.reply.target != req.RequestURI {
		r.turnAway(w, req, &refusal{http.StatusConflict, "the sign-in was already answered"})
		return
	}
	// The time limit for slow requests must not end the browser's wait.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	r.answer(w, req, r.await(redirect))
}

// judge returns nil for the awaited redirect (C19). The comparisons are with the
// bytes as sent: no cleaning, no decoding, no prefix.
func (r *Receiver) judge(req *http.Request) *refusal {
	path, query, _ := strings.Cut(req.RequestURI, "?")
	switch {
	case len(req.RequestURI) > maxTarget:
		return &refusal{http.StatusRequestURITooLong, "the address is too long"}
	case req.Host != r.host:
		// A page whose host name was rebound to 127.0.0.1 betrays itself here.
		return &refusal{http.StatusMisdirectedRequest, "the request was meant for another host"}
	case path != r.config.Path:
		return &refusal{http.StatusNotFound, "there is nothing at this address"}
	case req.Method != http.MethodGet:
		return &refusal{http.StatusMethodNotAllowed, "only GET is answered here"}
	case strings.Contains(query, "#"):
		// No browser sends a fragment. Match would read it as part of the
		// parameters, and whoever parses Redirect.URL would not.
		return &refusal{http.StatusBadRequest, "the address is malformed"}
	case !r.matches(query):
		return &refusal{http.StatusBadRequest, "this is not the sign-in that is being waited for"}
	}
	return nil
}

func (r *Receiver) matches(query string) bool {
	values, err := url.ParseQuery(query)
	if err != nil {
		return false
	}
	for _, name := range []string{"code", "state", "error"} {
		if len(values[name]) > 1 {
			return false // RFC 6749 §3.1: parameters must not be repeated
		}
	}
	if r.config.Match != nil {
		return r.config.Match(values)
	}
	return values.Get("code") != "" || values.Get("error") != ""
}

// take returns the awaited redirect: this request's, if it is the first. A
// reload of the same address shares its outcome.
func (r *Receiver) take(req *http.Request) *Redirect {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.first != nil && r.first.reply.target != req.RequestURI {
		return r.first
	}
	// Before the app learns of it: from then on the answer may come.
	if v, ok := req.Context().Value(visitorKey{}).(*visitor); ok {
		r.door.keep(v)
	}
	if r.first == nil {
		r.first = &Redirect{
			URL:   r.origin + req.RequestURI,
			reply: &reply{receiver: r, target: req.RequestURI, settled: make(chan struct{})},
		}
		r.arrived <- r.first // has room for exactly this one
	}
	return r.first
}

// await returns the outcome once the app has given it. A browser that has gone
// away is no reason to stop: the sign-in goes on without its audience.
func (r *Receiver) await(redirect *Redirect) error {
	limit := time.NewTimer(r.answerTimeout)
	defer limit.Stop()
	select {
	case <-redirect.reply.settled:
	case <-limit.C:
		go redirect.Answer(ErrNoAnswer) // not here: it waits for this very request
	case <-r.done:
		go redirect.Answer(ErrNoAnswer) // arrived while the receiver was closing
	}
	<-redirect.reply.settled
	return redirect.reply.outcome
}
