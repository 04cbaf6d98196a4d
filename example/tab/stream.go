package tab

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
)

// Stream tells browser tabs what happens, as server-sent events. Wails' own channel to a tab lies outside of the
// middleware, so nothing would guard it, and it loses what happens before it is connected; a page of this stream asks
// for the state whenever it connects.
type Stream struct {
	life context.Context // ends all connections, which would otherwise keep a server from shutting down

	mu   sync.Mutex
	tabs map[chan []byte]struct{}
}

// backlog is how many events wait for a slow tab. An event more, and the tab is sent away: it connects again and asks.
const backlog = 16

// NewStream makes a stream whose connections end with life.
func NewStream(life context.Context) *Stream {
	return &Stream{life: life, tabs: map[chan []byte]struct{}{}}
}

// Emit sends to every tab and reports whether there is one. It never blocks.
func (s *Stream) Emit(name string, data any) bool {
	content, err := json.Marshal(data)
	if err != nil {
		return false
	}
	frame := fmt.Appendf(nil, "event: %s\ndata: %s\n\n", name, content)
	s.mu.Lock()
	defer s.mu.Unlock()
	for tab := range s.tabs {
		select {
		case tab <- frame:
		default:
			delete(s.tabs, tab)
			close(tab)
		}
	}
	return len(s.tabs) > 0
}

func (s *Stream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	flusher, ok := w.(http.Flusher)
	if !ok {
		http.Error(w, "this server cannot stream", http.StatusInternalServerError)
		return
	}
	tab := s.join()
	defer s.leave(tab)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	frame := []byte("retry: 500\n\n")
	for more := true; more; {
		if _, err := w.Write(frame); err != nil {
			return
		}
		flusher.Flush()
		select {
		case frame, more = <-tab:
		case <-r.Context().Done():
			return
		case <-s.life.Done():
			return
		}
	}
}

func (s *Stream) join() chan []byte {
	tab := make(chan []byte, backlog)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tabs[tab] = struct{}{}
	return tab
}

func (s *Stream) leave(tab chan []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tabs, tab)
}
