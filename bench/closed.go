package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plexus-gateway/plexus/bench/load"
	"github.com/plexus-gateway/plexus/bench/report"
)

// meter collects the rounds of one target.
type meter struct {
	rates []float64 // answers per second
	cpus  []float64 // nanoseconds per unit of work
}

// cpuOf runs work, waits for what it left behind and returns the CPU time it
// cost the target.
func (t *target) cpuOf(ctx context.Context, work func() error) (time.Duration, error) {
	before, err := t.CPU()
	if err != nil {
		return 0, err
	}
	if err := work(); err != nil {
		return 0, err
	}
	if err := t.settle(ctx); err != nil {
		return 0, err
	}
	after, err := t.CPU()
	return after - before, err
}

// closedRounds interleaves closed-loop windows of one body size over the two
// gateways.
func (b *bench) closedRounds(ctx context.Context, size, conns int) (proxy, gateway meter, err error) {
	p, g, err := b.pair(ctx)
	if err != nil {
		return meter{}, meter{}, err
	}
	defer func() { err = errors.Join(err, stopAll(g, p)) }()
	targets := []*target{p, g}
	meters := make([]meter, 2)
	for _, t := range targets {
		if _, err := b.closedRound(ctx, t, t.request("bench-json", false, size), conns, b.warm); err != nil {
			return meter{}, meter{}, fmt.Errorf("warm %s: %w", t.name, err)
		}
	}
	err = interleave(b.rounds, targets, func(i int) error {
		r, err := b.closedRound(ctx, targets[i], targets[i].request("bench-json", false, size), conns, b.window)
		if err != nil {
			return err
		}
		meters[i].rates = append(meters[i].rates, r.rate)
		meters[i].cpus = append(meters[i].cpus, r.cpu)
		return nil
	})
	return meters[0], meters[1], err
}

type closedRound struct{ rate, cpu float64 }

func (b *bench) closedRound(ctx context.Context, t *target, req load.Request, conns int, d time.Duration) (_ closedRound, err error) {
	fleet, err := load.NewFleet(ctx, t.addr, conns)
	if err != nil {
		return closedRound{}, err
	}
	defer func() { err = errors.Join(err, fleet.Close()) }()
	var out load.Closed
	cpu, err := t.cpuOf(ctx, func() (err error) {
		out, err = fleet.Closed(ctx, req, d)
		return err
	})
	if err != nil {
		return closedRound{}, err
	}
	return closedRound{rate: out.Rate(), cpu: float64(cpu.Nanoseconds()) / float64(out.Requests)}, nil
}

// throughput measures small requests over 64 connections.
func (b *bench) throughput(ctx context.Context) ([]report.Row, error) {
	p, g, err := b.closedRounds(ctx, smallBody, connections)
	if err != nil {
		return nil, err
	}
	return []report.Row{
		{
			Name: fmt.Sprintf("requests/s, %d connections", connections), Unit: report.Number,
			Direct: report.None(), Proxy: report.Median(p.rates), Gateway: report.Median(g.rates),
			Rounds: report.Ratios(g.rates, p.rates),
		},
		cpuRow("CPU per request", p, g, report.Goal{Kind: report.RatioMost, Bound: 1.5}),
	}, nil
}

// bodies measures large requests.
func (b *bench) bodies(ctx context.Context) ([]report.Row, error) {
	var rows []report.Row
	for _, c := range []struct {
		name string
		size int
	}{{"CPU per request, 100 KB body", body100K}, {"CPU per request, 1 MB body", body1M}} {
		p, g, err := b.closedRounds(ctx, c.size, bodyConns)
		if err != nil {
			return nil, err
		}
		rows = append(rows, cpuRow(c.name, p, g, report.Goal{Kind: report.RatioMost, Bound: 1.2}))
	}
	return rows, nil
}

func cpuRow(name string, proxy, gateway meter, goal report.Goal) report.Row {
	return report.Row{
		Name: name, Unit: report.Micros, Goal: goal,
		Direct: report.None(), Proxy: report.Median(proxy.cpus), Gateway: report.Median(gateway.cpus),
		Rounds: report.Ratios(gateway.cpus, proxy.cpus),
	}
}
