// Package report turns the rounds of a run into one markdown table: absolute
// values, ratios, and beside each row the goal and whether it is met.
package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// Unit says how a value is written.
type Unit int

// The units. Values are held in nanoseconds, bytes or a plain number.
const (
	Number Unit = iota
	Micros
	Millis
	KiB
	MiB
)

// String writes v in the unit; a value that was not measured is a dash.
func (u Unit) String(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	switch u {
	case Micros:
		return fmt.Sprintf("%.1f µs", v/1e3)
	case Millis:
		return fmt.Sprintf("%.2f ms", v/1e6)
	case KiB:
		return fmt.Sprintf("%.1f KB", v/1024)
	case MiB:
		return fmt.Sprintf("%.1f MB", v/(1<<20))
	default:
		return fmt.Sprintf("%.0f", v)
	}
}

// Kind says what of a row the goal bounds.
type Kind int

// The kinds of goals.
const (
	NoGoal    Kind = iota
	RatioMost      // gateway / proxy
	OverMost       // gateway - proxy
	ValueMost      // gateway
)

// Goal is an upper bound on a row.
type Goal struct {
	Kind  Kind
	Bound float64
}

// Row is one measure. A value that does not apply is NaN: see None.
type Row struct {
	Name    string
	Unit    Unit
	Direct  float64 // the mock asked without a gateway
	Proxy   float64 // the bare ReverseProxy
	Gateway float64
	Rounds  []float64 // gateway / proxy of each pair of adjacent rounds, where there are such
	Goal    Goal
}

// None is the value of what was not measured.
func None() float64 { return math.NaN() }

// Ratio returns gateway / proxy, or NaN. Where the rounds were taken in pairs
// it is the median of the pairs' ratios: what the machine does to both halves
// of a pair cancels.
func (r Row) Ratio() float64 {
	if len(r.Rounds) > 0 {
		return Median(r.Rounds)
	}
	if r.Proxy == 0 {
		return math.NaN()
	}
	return r.Gateway / r.Proxy
}

// Met says whether the goal is met; a row without a goal is met.
func (r Row) Met() bool {
	switch r.Goal.Kind {
	case RatioMost:
		return r.Ratio() <= r.Goal.Bound
	case OverMost:
		return r.Gateway-r.Proxy <= r.Goal.Bound
	case ValueMost:
		return r.Gateway <= r.Goal.Bound
	default:
		return true
	}
}

func (r Row) goal() (text, verdict string) {
	switch r.Goal.Kind {
	case RatioMost:
		text = fmt.Sprintf("≤ %.2f ×", r.Goal.Bound)
	case OverMost:
		text = "≤ proxy + " + r.Unit.String(r.Goal.Bound)
	case ValueMost:
		text = "≤ " + r.Unit.String(r.Goal.Bound)
	default:
		return "", ""
	}
	switch {
	case r.Met():
		return text, "ok"
	case math.IsNaN(r.Gateway):
		return text, "**not measured**"
	default:
		return text, "**over**"
	}
}

// Ratios returns a[i] / b[i] for the rounds both have.
func Ratios(a, b []float64) []float64 {
	var out []float64
	for i := range min(len(a), len(b)) {
		out = append(out, a[i]/b[i])
	}
	return out
}

// Table is the outcome of a run.
type Table struct {
	Facts   []string // what machine, how pinned, how long
	Gateway string   // heading of the gateway's column
	Rows    []Row
}

// Over returns the names of the rows that miss their goal.
func (t Table) Over() []string {
	var out []string
	for _, r := range t.Rows {
		if !r.Met() {
			out = append(out, r.Name)
		}
	}
	return out
}

// WriteTo writes the table as markdown.
func (t Table) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	for _, f := range t.Facts {
		fmt.Fprintf(&b, "%s  \n", f)
	}
	fmt.Fprintf(&b, "\n| measure | direct | ReverseProxy | %s | ratio | goal | |\n", t.Gateway)
	b.WriteString("|---|--:|--:|--:|--:|--:|---|\n")
	for _, r := range t.Rows {
		ratio := "–"
		if v := r.Ratio(); !math.IsNaN(v) {
			ratio = fmt.Sprintf("%.2f ×", v)
		}
		goal, verdict := r.goal()
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.Name,
			r.Unit.String(r.Direct), r.Unit.String(r.Proxy), r.Unit.String(r.Gateway), ratio, goal, verdict)
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// Median returns the middle of the values, or NaN when there is none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	s := slices.Clone(values)
	slices.Sort(s)
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// Quantile returns the q-quantile (0 to 1, nearest rank) of the samples in
// nanoseconds, or NaN when there is none.
func Quantile(samples []time.Duration, q float64) float64 {
	if len(samples) == 0 {
		return math.NaN()
	}
	s := slices.Clone(samples)
	slices.SortFunc(s, cmp.Compare)
	rank := int(math.Ceil(q*float64(len(s)))) - 1
	return float64(s[min(max(rank, 0), len(s)-1)])
}
