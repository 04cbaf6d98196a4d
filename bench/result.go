package main

import "slices"

// unit tells how a value is written, and on which axis of the chart it stands.
type unit string

const (
	seconds   unit = "s"
	memory    unit = "bytes"
	perSecond unit = "per second"
	number    unit = "" // stands in the tables only
)

// row compares one thing: ours, the peer's, and what the machine allows.
type row struct {
	What  string `json:"what"`
	Unit  unit   `json:"unit"`
	Ours  *stat  `json:"ours,omitempty"`
	Peer  *stat  `json:"peer,omitempty"`  // nil: the peer has nothing like it
	Limit *stat  `json:"limit,omitempty"` // nil: nothing physical bounds it

	LimitIs string `json:"limit_is,omitempty"` // empty: What says it
	Goal    *goal  `json:"goal,omitempty"`
	Chart   string `json:"chart,omitempty"` // the row's name in the chart; empty: not drawn
}

// goal is what was aimed at, in words, and whether it was reached.
type goal struct {
	Words string `json:"words"`
	Met   bool   `json:"met"`
}

func aim(words string, met bool) *goal { return &goal{words, met} }

// section is one benchmark's part of the report.
type section struct {
	Name  string   `json:"name"`
	Title string   `json:"title"`
	Peer  string   `json:"peer"`
	Rows  []row    `json:"rows"`
	Notes []string `json:"notes,omitempty"` // what a reader must know to read the numbers right

	Machine *machine `json:"machine,omitempty"` // nil: that of the whole run
}

// results is a whole run, as it is kept in results.json.
type results struct {
	Machine  machine   `json:"machine"`
	Sections []section `json:"sections"`
}

// take puts the sections of a later run in the place of the same ones, or behind the others, and keeps the rest.
func (r *results) take(fresh *results) {
	for _, s := range fresh.Sections {
		s.Machine = &fresh.Machine
		at := slices.IndexFunc(r.Sections, func(old section) bool { return old.Name == s.Name })
		if at < 0 {
			r.Sections = append(r.Sections, s)
		} else {
			r.Sections[at] = s
		}
	}
}

// gain is how many times better ours is than the peer's; below 1 it is worse. 0: there is nothing to compare.
func (r row) gain() float64 {
	if r.Ours == nil || r.Peer == nil || r.Ours.Median <= 0 || r.Peer.Median <= 0 {
		return 0
	}
	if r.Unit == perSecond {
		return r.Ours.Median / r.Peer.Median
	}
	return r.Peer.Median / r.Ours.Median
}
