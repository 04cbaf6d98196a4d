//go:build gtk3

package main

import (
	"context"
	"time"
)

// Bench is what the page can call.
type Bench struct {
	change  func(context.Context, order) error // to another account; in the empty app, only to another name
	clock   clock
	painted chan struct{}
	shown   chan shown
}

// shown is what a window has in its document.
type shown struct{ window, person string }

// Nothing is an empty call.
func (*Bench) Nothing() {}

// Painted is called in the first frame after the person is in the document.
func (b *Bench) Painted() { b.painted <- struct{}{} }

// Shown is called when a person is in a window's document.
func (b *Bench) Shown(window, person string) { b.shown <- shown{window, person} }

// timeChange gives the seconds that a change takes until all windows show it.
func (b *Bench) timeChange(ctx context.Context, o order, windows int) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	start := time.Now()
	if err := b.change(ctx, o); err != nil {
		return 0, err
	}
	for there := map[string]bool{}; len(there) < windows; {
		select {
		case s := <-b.shown:
			if s.person == o.Email {
				there[s.window] = true
			} else {
				delete(there, s.window)
			}
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return time.Since(start).Seconds(), nil
}
