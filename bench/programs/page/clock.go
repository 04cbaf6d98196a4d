//go:build gtk3

package main

import (
	"net/http"
	"sync"
	"time"
)

// clock notes when the page's calls arrive. The page sends the next one as soon as it has the answer to the last, so the
// time between two arrivals is a whole round trip. WebKit's own clock has steps of a millisecond, which is too coarse.
type clock struct {
	mu       sync.Mutex // guards what follows
	arrivals []time.Time
	missing  int
	done     chan []time.Time
}

// expect gives the times of the next calls, when the last of them has arrived.
func (c *clock) expect(calls int) <-chan []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.arrivals, c.missing, c.done = nil, calls, make(chan []time.Time, 1)
	return c.done
}

func (c *clock) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wails/runtime" {
			c.note(time.Now())
		}
		next.ServeHTTP(w, r)
	})
}

func (c *clock) note(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.missing == 0 {
		return
	}
	c.arrivals = append(c.arrivals, now)
	if c.missing--; c.missing == 0 {
		c.done <- c.arrivals
	}
}

// between gives the times between arrivals, in seconds.
func between(arrivals []time.Time) []float64 {
	var all []float64
	for i, arrival := range arrivals[1:] {
		all = append(all, arrival.Sub(arrivals[i]).Seconds())
	}
	return all
}
