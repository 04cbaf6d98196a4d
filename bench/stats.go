package main

import (
	"math"
	"slices"
	"time"
)

// stat is what a set of measurements comes down to. Times are in seconds, sizes in bytes.
type stat struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`  // a tenth of the measurements are below
	High   float64 `json:"high"` // a tenth are above
	Count  int     `json:"count"`
}

// sample is measurements of one thing, in the order in which they were made.
type sample []float64

// quantile interpolates between the two nearest measurements.
func (s sample) quantile(q float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	at := q * float64(len(sorted)-1)
	below := int(at)
	if below+1 == len(sorted) {
		return sorted[below]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}

func (s sample) median() float64 { return s.quantile(0.5) }

func (s sample) stat() *stat {
	if len(s) == 0 {
		return nil
	}
	return &stat{Median: s.median(), Low: s.quantile(0.1), High: s.quantile(0.9), Count: len(s)}
}

// timed is how long f takes.
func timed(f func() error) (time.Duration, error) {
	start := time.Now()
	err := f()
	return time.Since(start), err
}
