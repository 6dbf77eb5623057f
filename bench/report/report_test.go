package report_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/bench/report"
)

func TestGoals(t *testing.T) {
	t.Parallel()
	ms := float64(time.Millisecond)
	for _, c := range []struct {
		name string
		row  report.Row
		met  bool
	}{
		{"no goal", report.Row{Proxy: 1, Gateway: 100}, true},
		{"ratio at the bound", report.Row{Proxy: 2, Gateway: 3, Goal: report.Goal{Kind: report.RatioMost, Bound: 1.5}}, true},
		{"ratio over", report.Row{Proxy: 2, Gateway: 3.1, Goal: report.Goal{Kind: report.RatioMost, Bound: 1.5}}, false},
		{"ratio of pairs wins", report.Row{Proxy: 2, Gateway: 9, Rounds: []float64{9, 1.1, 1}, Goal: report.Goal{Kind: report.RatioMost, Bound: 1.5}}, true},
		{"ratio to nothing", report.Row{Gateway: 3, Goal: report.Goal{Kind: report.RatioMost, Bound: 1.5}}, false},
		{"over the proxy, within", report.Row{Proxy: ms, Gateway: 2 * ms, Goal: report.Goal{Kind: report.OverMost, Bound: ms}}, true},
		{"over the proxy, beyond", report.Row{Proxy: ms, Gateway: 2*ms + 1, Goal: report.Goal{Kind: report.OverMost, Bound: ms}}, false},
		{"value within", report.Row{Proxy: report.None(), Gateway: 5, Goal: report.Goal{Kind: report.ValueMost, Bound: 5}}, true},
		{"value beyond", report.Row{Proxy: report.None(), Gateway: 6, Goal: report.Goal{Kind: report.ValueMost, Bound: 5}}, false},
		{"not measured", report.Row{Gateway: report.None(), Goal: report.Goal{Kind: report.ValueMost, Bound: 5}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.met, c.row.Met())
		})
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	table := report.Table{
		Facts: []string{"Machine: two cores"}, Gateway: "Plexus",
		Rows: []report.Row{
			{Name: "CPU per request", Unit: report.Micros, Direct: report.None(), Proxy: 50e3, Gateway: 80e3, Goal: report.Goal{Kind: report.RatioMost, Bound: 1.5}},
			{Name: "added p99", Unit: report.Micros, Direct: 1e5, Proxy: 2e5, Gateway: 3e5, Goal: report.Goal{Kind: report.OverMost, Bound: 1e6}},
			{Name: "start", Unit: report.Millis, Direct: report.None(), Proxy: 5e6, Gateway: 120e6, Goal: report.Goal{Kind: report.ValueMost, Bound: 200e6}},
			{Name: "stream", Unit: report.KiB, Direct: report.None(), Proxy: 50 << 10, Gateway: 40 << 10},
			{Name: "binary", Unit: report.MiB, Direct: report.None(), Proxy: report.None(), Gateway: 20 << 20},
			{Name: "rate", Unit: report.Number, Direct: report.None(), Proxy: 1000, Gateway: 900},
		},
	}
	var b strings.Builder
	n, err := table.WriteTo(&b)
	require.NoError(t, err)
	require.EqualValues(t, b.Len(), n)
	require.Equal(t, `Machine: two cores  

| measure | direct | ReverseProxy | Plexus | ratio | goal | |
|---|--:|--:|--:|--:|--:|---|
| CPU per request | – | 50.0 µs | 80.0 µs | 1.60 × | ≤ 1.50 × | **over** |
| added p99 | 100.0 µs | 200.0 µs | 300.0 µs | 1.50 × | ≤ proxy + 1000.0 µs | ok |
| start | – | 5.00 ms | 120.00 ms | 24.00 × | ≤ 200.00 ms | ok |
| stream | – | 50.0 KB | 40.0 KB | 0.80 × |  |  |
| binary | – | – | 20.0 MB | – |  |  |
| rate | – | 1000 | 900 | 0.90 × |  |  |
`, b.String())
	require.Equal(t, []string{"CPU per request"}, table.Over())
}

func TestMedianAndQuantile(t *testing.T) {
	t.Parallel()
	require.True(t, math.IsNaN(report.Median(nil)))
	require.InDelta(t, 2.0, report.Median([]float64{3, 1, 2}), 0)
	require.InDelta(t, 2.5, report.Median([]float64{4, 1, 2, 3}), 0)
	samples := make([]time.Duration, 100)
	for i := range samples {
		samples[i] = time.Duration(100 - i)
	}
	require.InDelta(t, 50, report.Quantile(samples, 0.5), 0)
	require.InDelta(t, 99, report.Quantile(samples, 0.99), 0)
	require.InDelta(t, 100, report.Quantile(samples, 1), 0)
	require.True(t, math.IsNaN(report.Quantile(nil, 0.5)))
	require.Equal(t, []float64{2, 3}, report.Ratios([]float64{4, 9, 7}, []float64{2, 3}))
}
