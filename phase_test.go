package authkit

import (
	"testing"
	"time"
)

// The monotonic clock stands still while a machine sleeps, and somebody may set the wall clock: a token's age is what
// the one says that says more (A16).
func TestA16AgeIsMeasuredByBothClocks(t *testing.T) {
	const lifetime = 5 * time.Minute
	begin := time.Now()
	for name, tt := range map[string]struct {
		runs  time.Duration // by the monotonic clock
		slept time.Duration // by the wall clock alone; negative: set back
		want  phase
	}{
		"just come":                    {0, 0, fresh},
		"three minutes":                {3 * time.Minute, 0, fresh},
		"the last minute":              {4*time.Minute + time.Second, 0, ending},
		"the last ten seconds":         {4*time.Minute + 51*time.Second, 0, ended},
		"asleep overnight":             {time.Second, 9 * time.Hour, ended},
		"asleep for four minutes":      {time.Second, 4 * time.Minute, ending},
		"set back by a day":            {3 * time.Minute, -24 * time.Hour, fresh},
		"set back by a day, and ended": {6 * time.Minute, -24 * time.Hour, ended},
		"set forward by a day":         {time.Second, 24 * time.Hour, ended},
	} {
		l := &live{token: "one"}
		l.clockFrom(begin, begin, lifetime)
		l.seenWall -= int64(tt.slept) // the same as a wall clock that is so much ahead now
		if got := l.phaseAt(begin.Add(tt.runs)); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// A record of another run is linked to now by the wall clock alone.
func TestA16AgeOfATokenFromAnEarlierRun(t *testing.T) {
	const lifetime = 5 * time.Minute
	now := time.Now()
	for name, tt := range map[string]struct {
		ago  time.Duration
		want phase
	}{
		"a minute ago":                     {time.Minute, fresh},
		"yesterday":                        {24 * time.Hour, ended},
		"in the future, by a hair":         {-2 * time.Second, fresh},
		"tomorrow: the clock was set back": {-24 * time.Hour, ended},
	} {
		l := &live{token: "one"}
		l.clockFrom(now, now.Add(-tt.ago).Round(0), lifetime)
		if got := l.phaseAt(now); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
