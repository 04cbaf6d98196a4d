package main

import (
	"fmt"
	"sync"
	"time"
)

// wait shows that something is being waited for, and how long it may take, on a terminal only. Call stop before the
// next thing is said for good; it may be called twice.
type wait struct {
	screen   *screen
	deadline time.Time
	stopped  chan struct{}
	ended    sync.WaitGroup
	once     sync.Once

	mu   sync.Mutex // guards what
	what string
}

func (s *screen) wait(what string, deadline time.Time) *wait {
	w := &wait{screen: s, deadline: deadline, what: what, stopped: make(chan struct{})}
	if s.file != nil {
		w.ended.Go(w.spin)
	}
	return w
}

// say changes what is being waited for. Without a terminal it is said once.
func (w *wait) say(what string) {
	w.mu.Lock()
	was := w.what
	w.what = what
	w.mu.Unlock()
	if w.screen.file == nil && was != what {
		w.screen.say("%s", what)
	}
}

func (w *wait) stop() {
	w.once.Do(func() { close(w.stopped) })
	w.ended.Wait()
}

func (w *wait) spin() {
	defer w.screen.move("")
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	for i := 0; ; i = (i + 1) % len(frames) {
		w.screen.move(w.frame(frames[i]))
		select {
		case <-tick.C:
		case <-w.stopped:
			return
		}
	}
}

// frame fits into the terminal's width: a line that wraps cannot be erased.
func (w *wait) frame(mark rune) string {
	w.mu.Lock()
	text := []rune(fmt.Sprintf("%c %s (%s left, Ctrl-C cancels)", mark, w.what, left(time.Until(w.deadline))))
	w.mu.Unlock()
	if room := w.screen.width() - 1; room > 0 && len(text) > room {
		text = text[:room]
	}
	return w.screen.dim(string(text))
}

func left(d time.Duration) string {
	d = max(d, 0).Round(time.Second)
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}
