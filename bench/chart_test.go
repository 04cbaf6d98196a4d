package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
)

var charted = results{Sections: []section{{Rows: []row{
	{What: "all three", Chart: "a < b & c", Unit: seconds, Ours: sample{2e-6}.stat(), Peer: sample{3e-4, 5e-4}.stat(), Limit: sample{1e-9}.stat()},
	{What: "ours alone", Chart: "alone", Unit: seconds, Ours: sample{2e-3}.stat()},
	{What: "in the table only", Unit: seconds, Ours: sample{9e9}.stat()},
	{What: "memory", Chart: "memory", Unit: memory, Ours: sample{7 << 20}.stat(), Peer: sample{55 << 20}.stat()},
}}}}

// elements reads the chart as XML, which a browser refuses when it is not well formed.
func elements(t *testing.T, svg string) (all []xml.StartElement, text string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all, text
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			all = append(all, token.Copy())
		case xml.CharData:
			text += string(token) + "\n"
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func TestTheChartShowsEveryRowThatHasANameInIt(t *testing.T) {
	all, text := elements(t, charted.chart())
	for _, want := range []string{"a < b & c", "alone", "memory", "Time: shorter is better", "2 µs", "55 MiB", "200 ×", "1 ns", "1 ms"} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the chart does not say %q", want)
		}
	}
	for _, unwanted := range []string{"in the table only", "Rate", "NaN", "Inf"} {
		if strings.Contains(text, unwanted) {
			t.Errorf("the chart says %q", unwanted)
		}
	}
	count := map[string]int{}
	for _, e := range all {
		if e.Name.Local == "circle" {
			count[attribute(e, "class")]++
		}
	}
	if count["ours"] != 3+1 || count["peer"] != 2+1 { // and one each in the legend
		t.Errorf("%v circles", count)
	}
}

func TestTheChartsAxisKeepsTheOrderOfTheValues(t *testing.T) {
	all, _ := elements(t, charted.chart())
	var at []float64
	for _, e := range all {
		class := attribute(e, "class")
		if e.Name.Local != "circle" || (class != "ours" && class != "peer") {
			continue
		}
		x, err := strconv.ParseFloat(attribute(e, "cx"), 64)
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, x)
	}
	at = at[2:] // after the legend: the peer's 400 µs, ours of 2 µs, ours of 2 ms
	if !(at[1] < at[0] && at[0] < at[2]) {
		t.Errorf("the circles stand at %v", at)
	}
	for _, x := range at {
		if x < plotLeft || x > plotRight {
			t.Errorf("a circle stands at %v, outside of the plot", x)
		}
	}
}
