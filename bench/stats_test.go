package main

import (
	"math"
	"testing"
)

func TestQuantilesLieBetweenTheMeasurements(t *testing.T) {
	s := sample{40, 10, 30, 20, 50}
	for q, want := range map[float64]float64{0: 10, 0.1: 14, 0.25: 20, 0.5: 30, 0.9: 46, 1: 50} {
		if got := s.quantile(q); math.Abs(got-want) > 1e-9 {
			t.Errorf("quantile %v of %v is %v, want %v", q, s, got, want)
		}
	}
	if s[0] != 40 {
		t.Error("the order of the measurements was changed")
	}
}

func TestAnEmptySampleIsNoStat(t *testing.T) {
	if got := (sample{}).stat(); got != nil {
		t.Errorf("got %v", got)
	}
	if got := *(sample{7}).stat(); got != (stat{Median: 7, Low: 7, High: 7, Count: 1}) {
		t.Errorf("one measurement: %v", got)
	}
}
