package emulator

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is one line of a script of what goes wrong. Faults strike in the order they were added; the
// first that fits a call takes it. What is zero stays as it is.
//
//	{Route: Refresh, Status: 503}                        // the next refresh fails
//	{Route: Refresh, After: 2, Times: 3, Drop: DropDone} // refreshes 3, 4 and 5 work, and their answers are lost
//	{Route: Any, Times: Forever, Latency: 200 * time.Millisecond}
type Fault struct {
	Route Route   `yaml:"route"` // zero: Any
	After int     `yaml:"after"` // lets this many calls of the route pass first
	Times int     `yaml:"times"` // and then strikes this many; zero: 1; Forever: all
	Odds  float64 `yaml:"odds"`  // strikes with this probability, from Config.Seed; zero: always

	Latency time.Duration `yaml:"latency"` // waits before the work is done
	Jitter  time.Duration `yaml:"jitter"`  // and up to this much more, at random

	Drop Drop `yaml:"drop"` // closes the connection instead of answering

	Status int               `yaml:"status"` // answers this instead of doing the work, unless it is AfterWork
	Header map[string]string `yaml:"header"` // sets these headers; an empty value removes the header
	Body   *string           `yaml:"body"`   // answers this body; its type is that of Header, else application/json
	Patch  map[string]any    `yaml:"patch"`  // changes fields of the real JSON answer; nil removes a field, json.RawMessage("null") makes it null

	AfterWork bool `yaml:"after_work"` // does the work (rotates the token, spends the code) and then answers Status and Body

	Truncate int           `yaml:"truncate"` // sends only this many bytes of the body, then closes the connection
	Trickle  time.Duration `yaml:"trickle"`  // sends the body byte by byte with this pause
}

// Forever is a Fault.Times that does not end.
const Forever = -1

// Drop says when a connection is closed instead of answered.
type Drop string

// The moments to drop a connection at.
const (
	DropBefore Drop = "before" // nothing has happened: as if the request never arrived
	DropDone   Drop = "done"   // the work is done, and the answer is lost
)

// check finds what cannot be meant.
func (f *Fault) check() error {
	switch {
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("a fault's status %d is not the status of an answer: use 200 to 599", f.Status)
	case f.Odds < 0 || f.Odds > 1:
		return fmt.Errorf("a fault's odds %v are not a probability: use 0 to 1", f.Odds)
	case f.After < 0 || f.Times < Forever || f.Latency < 0 || f.Jitter < 0 || f.Truncate < 0 || f.Trickle < 0:
		return errors.New("a fault's numbers cannot be negative, but for times: -1, which is for ever")
	}
	return nil
}

// faults is the script with its state.
type faults struct {
	mu     sync.Mutex
	script []*scripted
	random *rand.Rand
}

type scripted struct {
	Fault
	seen, struck int
}

func (f *faults) start(seed uint64, script []Fault) {
	f.random = rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // bad luck on purpose, and repeatable
	f.add(script)
}

func (f *faults) add(script []Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range script {
		fill(&fault.Route, Any)
		fill(&fault.Times, 1)
		f.script = append(f.script, &scripted{Fault: fault})
	}
}

// AddFaults adds to the script. Their counting begins now. It panics for a fault that makes no sense,
// such as a status of 42.
func (s *Server) AddFaults(script ...Fault) {
	for _, fault := range script {
		if err := fault.check(); err != nil {
			panic("emulator: " + err.Error())
		}
	}
	s.faults.add(script)
}

// ClearFaults forgets the script.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.script = nil
}

// next takes the fault for a call, or nil.
func (f *faults) next(route Route) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, line := range f.script {
		if !line.fits(route) {
			continue
		}
		line.seen++
		if line.seen <= line.After || line.Odds > 0 && f.random.Float64() >= line.Odds {
			continue
		}
		line.struck++
		if line.Times >= 0 && line.struck >= line.Times {
			f.script = slices.Delete(f.script, i, i+1)
		}
		fault := line.Fault
		if fault.Jitter > 0 {
			fault.Latency += time.Duration(f.random.Int64N(int64(fault.Jitter)))
		}
		return &fault
	}
	return nil
}

func (line *scripted) fits(route Route) bool {
	return line.Route == Any || line.Route == route || line.Route == Authenticate && isGrant(route)
}

func isGrant(route Route) bool {
	return slices.Contains([]Route{Exchange, Refresh, DevicePoll, SelectOrganization}, route)
}

// replaces says whether the fault answers in the route's place.
func (f *Fault) replaces() bool {
	return !f.AfterWork && (f.Status != 0 || f.Body != nil)
}

// String names what the fault does, for the log.
func (f *Fault) String() string {
	var what []string
	for name, on := range map[string]bool{
		"latency": f.Latency > 0, "drop-" + string(f.Drop): f.Drop != "", "status": f.Status != 0, "body": f.Body != nil,
		"patch": len(f.Patch) > 0, "header": len(f.Header) > 0, "truncate": f.Truncate > 0, "trickle": f.Trickle > 0,
	} {
		if on {
			what = append(what, name)
		}
	}
	slices.Sort(what)
	return strings.Join(what, "+")
}

// wait pauses, unless the client leaves or the server closes first.
func (s *Server) wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.closing:
	}
}

// trickle sends byte by byte.
func (s *Server) trickle(w http.ResponseWriter, r *http.Request, body []byte, pause time.Duration) {
	flusher := http.NewResponseController(w)
	for i := range body {
		if _, err := w.Write(body[i : i+1]); err != nil || flusher.Flush() != nil || r.Context().Err() != nil {
			return
		}
		s.wait(r.Context(), pause)
		select {
		case <-s.closing:
			panic(http.ErrAbortHandler)
		default:
		}
	}
}
