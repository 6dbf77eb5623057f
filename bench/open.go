package main

import (
	"context"
	"errors"
	"time"

	"github.com/plexus-gateway/plexus/bench/load"
	"github.com/plexus-gateway/plexus/bench/report"
)

// quantiles are the medians over rounds of two quantiles, in nanoseconds.
type quantiles struct{ p50s, p99s []float64 }

func (q *quantiles) add(samples []time.Duration) {
	q.p50s = append(q.p50s, report.Quantile(samples, 0.50))
	q.p99s = append(q.p99s, report.Quantile(samples, 0.99))
}

func (q *quantiles) p50() float64 { return report.Median(q.p50s) }
func (q *quantiles) p99() float64 { return report.Median(q.p99s) }

// latencies measures an open loop through the mock alone and through both
// gateways; what a gateway adds is its quantile minus the mock's.
func (b *bench) latencies(ctx context.Context) (_ []report.Row, err error) {
	p, g, err := b.pair(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stopAll(g, p)) }()
	targets := []*target{b.mock, p, g}
	seen := make([]quantiles, len(targets))
	for _, t := range targets {
		if _, err := openRound(ctx, t, b.warm); err != nil {
			return nil, err
		}
	}
	err = interleave(b.latency.rounds, targets, func(i int) error {
		samples, err := openRound(ctx, targets[i], b.latency.window)
		if err != nil {
			return err
		}
		seen[i].add(samples)
		return nil
	})
	if err != nil {
		return nil, err
	}
	direct, proxy, gateway := &seen[0], &seen[1], &seen[2]
	return []report.Row{
		{
			Name: "added p50, 500 requests/s open loop", Unit: report.Micros,
			Direct: direct.p50(), Proxy: proxy.p50() - direct.p50(), Gateway: gateway.p50() - direct.p50(),
		},
		{
			Name: "added p99, 500 requests/s open loop", Unit: report.Micros,
			Direct: direct.p99(), Proxy: proxy.p99() - direct.p99(), Gateway: gateway.p99() - direct.p99(),
			Goal: report.Goal{Kind: report.OverMost, Bound: float64(time.Millisecond)},
		},
	}, nil
}

func openRound(ctx context.Context, t *target, d time.Duration) (_ []time.Duration, err error) {
	fleet, err := load.NewFleet(ctx, t.addr, openConns)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, fleet.Close()) }()
	return fleet.Open(ctx, t.request("bench-json", false, smallBody), openRate, d)
}
