package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Status is the outcome of a check.
type Status string

// The outcomes.
const (
	OK      Status = "ok"
	Warning Status = "warning" // sign-in works, but something can go wrong, or looks wrong
	Failed  Status = "failed"  // sign-in does not work, or does not last
	Skipped Status = "skipped" // it could not be tried here; Means says why that is no fault
)

// Check is one thing that was looked at. The texts are for people, and hold no secret.
type Check struct {
	Name   string `json:"name"` // "client id", "API", "clock", "redirect URI", "scheme owner", "link delivery", "keychain", "session file", "lock" or "instance"
	Status Status `json:"status"`
	Found  string `json:"found"`           // what there is
	Means  string `json:"means,omitempty"` // what follows from it, unless all is well
	Fix    string `json:"fix,omitempty"`   // what to do
}

// Report is what Run has found.
type Report struct{ Checks []Check }

// OK says whether no check has failed.
func (r Report) OK() bool {
	for _, c := range r.Checks {
		if c.Status == Failed {
			return false
		}
	}
	return true
}

// MarshalJSON gives {"ok": …, "checks": […]}.
func (r Report) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		OK     bool    `json:"ok"`
		Checks []Check `json:"checks"`
	}{r.OK(), r.Checks})
}

// Print writes the report for people: a line for each check, and below it what a fault means and how to mend it.
func (r Report) Print(w io.Writer) error {
	var text strings.Builder
	for _, c := range r.Checks {
		fmt.Fprintf(&text, "%-8s %-14s %s\n", c.Status, c.Name, c.Found)
		for _, line := range []struct{ label, words string }{{"", c.Means}, {"fix: ", c.Fix}} {
			if line.words != "" {
				fmt.Fprintf(&text, "%23s %s%s\n", "", line.label, line.words)
			}
		}
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func ok(found string, values ...any) Check {
	return Check{Status: OK, Found: fmt.Sprintf(found, values...)}
}

// skipped says what could not be tried, and why.
func skipped(found, why string) Check { return Check{Status: Skipped, Found: found, Means: why} }
