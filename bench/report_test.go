package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestValuesAreWrittenInTheUnitThatSuitsThem(t *testing.T) {
	for _, c := range []struct {
		value float64
		unit  unit
		want  string
	}{
		{0.85e-9, seconds, "0.85 ns"},
		{58.04e-9, seconds, "58.0 ns"},
		{999.7e-9, seconds, "1.00 µs"},
		{214.2e-6, seconds, "214 µs"},
		{-11.1e-3, seconds, "−11.1 ms"},
		{1.449, seconds, "1.45 s"},
		{25 << 20, memory, "25 MiB"},
		{1234567, perSecond, "1,234,567 /s"},
		{999.6, perSecond, "1,000 /s"},
		{32, number, "32"},
		{1.046, number, "1.05"},
	} {
		if got := value(c.value, c.unit); got != c.want {
			t.Errorf("%v %s is written %q, want %q", c.value, c.unit, got, c.want)
		}
	}
}

func TestASpreadIsWrittenWhereThereIsOne(t *testing.T) {
	if got := cell(&stat{Median: 0.002, Low: 0.0015, High: 0.0125}, seconds); got != "2 ms (1.50–12.5)" {
		t.Error(got)
	}
	if got := cell(&stat{Median: 1, Low: 1, High: 1}, number); got != "1" {
		t.Error(got)
	}
}

func TestWorseIsSaidPlainly(t *testing.T) {
	for _, c := range []struct {
		unit       unit
		ours, peer float64
		want       string
	}{
		{seconds, 1, 10, "10 ×"},
		{perSecond, 10, 1, "10 ×"},
		{seconds, 10, 1, "**worse, 0.10 ×**"},
		{perSecond, 1, 10, "**worse, 0.10 ×**"},
		{number, 0, 31, ""}, // nothing can be divided by none
	} {
		r := row{Unit: c.unit, Ours: sample{c.ours}.stat(), Peer: sample{c.peer}.stat()}
		if got := r.better(); got != c.want {
			t.Errorf("%v beside %v %s: %q, want %q", c.ours, c.peer, c.unit, got, c.want)
		}
	}
	if got := aim("≤ 20 ms", false).String(); got != "**≤ 20 ms: missed**" {
		t.Error(got)
	}
}

func TestMissesAreListedFirst(t *testing.T) {
	r := &results{Sections: []section{{Title: "Saves", Peer: "theirs", Rows: []row{
		{What: "good", Unit: seconds, Ours: sample{1}.stat(), Peer: sample{2}.stat(), Goal: aim("≤ 1 s", true)},
		{What: "late", Unit: seconds, Ours: sample{2}.stat(), Goal: aim("≤ 1 s", false)},
		{What: "slow", Unit: perSecond, Ours: sample{1}.stat(), Peer: sample{2}.stat()},
	}}}}
	want := "\nNot as good as it should be, in this run:\n\n- *Saves*, late: the target ≤ 1 s was missed.\n- *Saves*, slow: worse than theirs.\n"
	if got := r.misses(); got != want {
		t.Errorf("got\n%s", got)
	}
	r.Sections[0].Rows = r.Sections[0].Rows[:1]
	if got := r.misses(); got != "\nEvery target was met, and nothing is worse than a peer's.\n" {
		t.Errorf("got\n%s", got)
	}
}

func TestALaterRunOfSomeKeepsTheRest(t *testing.T) {
	r := &results{Machine: machine{Commit: "old"}, Sections: []section{{Name: "token", Title: "Old"}, {Name: "save", Title: "Kept"}}}
	r.take(&results{Machine: machine{Commit: "new"}, Sections: []section{{Name: "token", Title: "Fresh"}, {Name: "window", Title: "More"}}})
	var got []string
	for _, s := range r.Sections {
		commit := r.Machine.Commit
		if s.Machine != nil {
			commit = s.Machine.Commit
		}
		got = append(got, s.Title+" "+commit)
	}
	if want := []string{"Fresh new", "Kept old", "More new"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if page := r.markdown(); strings.Count(page, "at commit old") != 1 || strings.Count(page, "at commit new") != 2 {
		t.Errorf("the page does not say which run each table is of:\n%s", page)
	}
}

func TestATableLeavesOutEmptyColumns(t *testing.T) {
	got := table([][]string{{"", "authkit", "peer", "target"}, {"a", "1 µs", "", "met"}, {"bc", "", "", ""}})
	want := "|    | authkit | target |\n|----|---------|--------|\n| a  | 1 µs    | met    |\n| bc |         |        |\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestOnlyThePartBetweenTheMarksIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte("# By hand\n"+from+"\nold\n"+until+"\nBy hand too.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // again makes no difference
		if err := writeInto(path, "new\n"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "# By hand\n" + from + "\n\nnew\n\n" + until + "\nBy hand too.\n"; string(got) != want {
		t.Errorf("got\n%s", got)
	}
}

func TestAPageWithoutMarksIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte("By hand.\n"+from+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeInto(path, "new"); err == nil || !strings.Contains(err.Error(), until) {
		t.Errorf("writeInto = %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "By hand.\n"+from+"\n" {
		t.Errorf("got\n%s", got)
	}
}
