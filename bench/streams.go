package main

import (
	"context"
	"errors"
	"time"

	"github.com/plexus-gateway/plexus/bench/load"
	"github.com/plexus-gateway/plexus/bench/report"
)

// Streams are those of the mock's default pace.
const (
	streamChunks = 100
	streamGap    = 10 * time.Millisecond
)

// streams measures 200 streams at once: the CPU time of a chunk and how long
// a chunk takes from the upstream's write to the client's read.
func (b *bench) streams(ctx context.Context) (_ []report.Row, err error) {
	p, g, err := b.pair(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stopAll(g, p)) }()
	targets := []*target{b.mock, p, g}
	meters := make([]meter, len(targets))
	delays := make([]quantiles, len(targets))
	round := func(i int) error {
		cpu, samples, err := pacedRound(ctx, targets[i])
		if err != nil {
			return err
		}
		meters[i].cpus = append(meters[i].cpus, cpu)
		delays[i].add(samples)
		return nil
	}
	for _, t := range targets {
		if _, _, err := pacedRound(ctx, t); err != nil {
			return nil, err
		}
	}
	if err := interleave(b.streamRounds, targets, round); err != nil {
		return nil, err
	}
	return []report.Row{
		cpuRow("CPU per chunk, 200 streams × 100 × 10 ms", meters[1], meters[2],
			report.Goal{Kind: report.RatioMost, Bound: 1.25}),
		{
			Name: "chunk delay p50", Unit: report.Micros,
			Direct: delays[0].p50(), Proxy: delays[1].p50(), Gateway: delays[2].p50(),
		},
		{
			Name: "chunk delay p99", Unit: report.Micros,
			Direct: delays[0].p99(), Proxy: delays[1].p99(), Gateway: delays[2].p99(),
		},
	}, nil
}

// pacedRound is a round of the streams whose delay is measured, too.
func pacedRound(ctx context.Context, t *target) (perChunk float64, delays []time.Duration, err error) {
	return streamRound(ctx, t, t.request("bench-stream", true, smallBody), streamCount, streamChunks, streamGap)
}

// streamRound runs the streams at once and returns the CPU time of a chunk, in
// nanoseconds, and the delay of each.
func streamRound(ctx context.Context, t *target, req load.Request, streams, chunks int, gap time.Duration) (perChunk float64, delays []time.Duration, err error) {
	fleet, err := load.NewFleet(ctx, t.addr, streams)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, fleet.Close()) }()
	cpu, err := t.cpuOf(ctx, func() (err error) {
		delays, err = fleet.Streams(ctx, req, chunks, gap)
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	return float64(cpu.Nanoseconds()) / float64(len(delays)), delays, nil
}
