package main

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// The chart's measures, in pixels.
const (
	chartWidth = 900
	plotLeft   = 215
	plotRight  = 600
	oursAt     = 690 // right edges of the columns of figures
	peerAt     = 785
	gainAt     = 880
	rowHeight  = 26
)

// style draws in the colors of the reader's theme, on a ground of its own, so that it can be read wherever it is shown.
const style = `<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
.quiet { fill: #59636e; font-size: 12px } .strong { font-weight: 600 } .end { text-anchor: end } .middle { text-anchor: middle }
.ground { fill: #ffffff; stroke: #d1d9e0 } .grid { stroke: #d1d9e0 } .span { stroke: #d1d9e0; stroke-width: 3 }
.ours { fill: #0969da; stroke: #0969da } .peer { fill: #ffffff; stroke: #bc4c00; stroke-width: 2 } .limit { stroke: #59636e; stroke-width: 2 }
.spread { stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .quiet { fill: #9198a1 } .ground { fill: #0d1117; stroke: #30363d } .grid { stroke: #30363d } .span { stroke: #30363d }
.ours { fill: #4493f8; stroke: #4493f8 } .peer { fill: #0d1117; stroke: #f0883e } .limit { stroke: #9198a1 }
}
</style>
`

// panel is the rows that share an axis.
type panel struct {
	title string
	unit  unit
	rows  []row
	low   int // the axis, in powers of ten of the unit in which it is written
	high  int
}

// chart draws what the results measured in time, rate and memory.
func (r *results) chart() string {
	var panels []*panel
	for _, p := range []*panel{{title: "Time: shorter is better", unit: seconds}, {title: "Rate: more is better", unit: perSecond}, {title: "Memory: less is better", unit: memory}} {
		for _, s := range r.Sections {
			for _, row := range s.Rows {
				if row.Chart != "" && row.Unit == p.unit {
					p.rows = append(p.rows, row)
				}
			}
		}
		if len(p.rows) > 0 {
			p.setAxis()
			panels = append(panels, p)
		}
	}
	var out strings.Builder
	y := 58
	for _, p := range panels {
		p.draw(&out, y)
		y += p.height()
	}
	head := fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-labelledby=\"title\">\n<title id=\"title\">%s</title>\n",
		chartWidth, y, chartWidth, y, "authkit beside its peers and the machine's limits; the figures are in the tables of the page")
	ground := fmt.Sprintf("<rect class=\"ground\" x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n", chartWidth-1, y-1)
	return head + style + ground + legend() + out.String() + "</svg>\n"
}

func legend() string {
	return "<circle class=\"ours\" cx=\"26\" cy=\"28\" r=\"5\"/><text x=\"38\" y=\"32\">authkit</text>\n" +
		"<circle class=\"peer\" cx=\"116\" cy=\"28\" r=\"5\"/><text x=\"128\" y=\"32\">peer</text>\n" +
		"<path class=\"limit\" d=\"M186 20v16\"/><text x=\"196\" y=\"32\">the machine's limit</text>\n" +
		"<text class=\"quiet\" x=\"336\" y=\"32\">median; the line is from the 10th to the 90th percentile</text>\n"
}

func (p *panel) height() int { return len(p.rows)*rowHeight + 70 }

// stats are what a row has, ours first.
func (r row) stats() []*stat {
	var all []*stat
	for _, s := range []*stat{r.Ours, r.Peer, r.Limit} {
		if s != nil {
			all = append(all, s)
		}
	}
	return all
}

// base is what one unit of the axis is: memory counts in MiB, so that its decades are round.
func (p *panel) base() float64 {
	if p.unit == memory {
		return 1 << 20
	}
	return 1
}

func (p *panel) setAxis() {
	least, most := math.Inf(1), math.Inf(-1)
	for _, r := range p.rows {
		for _, s := range r.stats() {
			least, most = min(least, s.Low, s.Median), max(most, s.High, s.Median)
		}
	}
	p.low, p.high = int(math.Floor(math.Log10(least/p.base()))), int(math.Ceil(math.Log10(most/p.base())))
	p.high = max(p.high, p.low+1)
}

// x is where a value stands on the axis, which is logarithmic.
func (p *panel) x(v float64) float64 {
	at := (math.Log10(v/p.base()) - float64(p.low)) / float64(p.high-p.low)
	return plotLeft + at*(plotRight-plotLeft)
}

func (p *panel) draw(out *strings.Builder, y int) {
	fmt.Fprintf(out, "<text class=\"strong\" x=\"20\" y=\"%d\">%s</text>\n", y+16, escape(p.title))
	for at, name := range map[int]string{oursAt: "authkit", peerAt: "peer", gainAt: "better by"} {
		fmt.Fprintf(out, "<text class=\"quiet end\" x=\"%d\" y=\"%d\">%s</text>\n", at, y+16, name)
	}
	top, bottom := y+26, y+26+len(p.rows)*rowHeight
	every := 1
	if p.high-p.low > 5 {
		every = 3
	}
	for power := p.low; power <= p.high; power++ {
		x := p.x(math.Pow10(power) * p.base())
		fmt.Fprintf(out, "<path class=\"grid\" d=\"M%.1f %dV%d\"/>\n", x, top, bottom)
		if power%every == 0 {
			fmt.Fprintf(out, "<text class=\"quiet middle\" x=\"%.1f\" y=\"%d\">%s</text>\n", x, bottom+16, escape(value(math.Pow10(power)*p.base(), p.unit)))
		}
	}
	for i, r := range p.rows {
		p.drawRow(out, r, top+i*rowHeight+rowHeight/2)
	}
}

func (p *panel) drawRow(out *strings.Builder, r row, y int) {
	fmt.Fprintf(out, "<text x=\"20\" y=\"%d\">%s</text>\n", y+4, escape(r.Chart))
	first, last := math.Inf(1), math.Inf(-1)
	for _, s := range r.stats() {
		first, last = min(first, p.x(s.Median)), max(last, p.x(s.Median))
	}
	fmt.Fprintf(out, "<path class=\"span\" d=\"M%.1f %dH%.1f\"/>\n", first, y, last)
	if r.Limit != nil {
		fmt.Fprintf(out, "<path class=\"limit\" d=\"M%.1f %dv16\"/>\n", p.x(r.Limit.Median), y-8)
	}
	p.drawStat(out, "peer", r.Peer, y, peerAt)
	p.drawStat(out, "ours", r.Ours, y, oursAt)
	if gain := r.gain(); gain != 0 {
		fmt.Fprintf(out, "<text class=\"end\" x=\"%d\" y=\"%d\">%s ×</text>\n", gainAt, y+4, figure(gain))
	}
}

func (p *panel) drawStat(out *strings.Builder, class string, s *stat, y, column int) {
	if s == nil {
		fmt.Fprintf(out, "<text class=\"quiet end\" x=\"%d\" y=\"%d\">–</text>\n", column, y+4)
		return
	}
	fmt.Fprintf(out, "<path class=\"%s spread\" d=\"M%.1f %dH%.1f\"/><circle class=\"%s\" cx=\"%.1f\" cy=\"%d\" r=\"5\"/>\n",
		class, p.x(s.Low), y, p.x(s.High), class, p.x(s.Median), y)
	fmt.Fprintf(out, "<text class=\"end\" x=\"%d\" y=\"%d\">%s</text>\n", column, y+4, escape(value(s.Median, p.unit)))
}

func escape(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text)) // a strings.Builder takes everything
	return out.String()
}
