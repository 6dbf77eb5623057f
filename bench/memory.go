package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plexus-gateway/plexus/bench/load"
	"github.com/plexus-gateway/plexus/bench/report"
)

// footprint is what one kind of process takes, in bytes.
type footprint struct {
	idle      float64 // after the first answers
	perStream float64 // of an open stream in which nothing happens
	bodies    float64 // highest, under 1 MB bodies
}

// memories measures fresh processes: one that was loaded before has memory
// from before that hides what it takes now.
func (b *bench) memories(ctx context.Context) ([]report.Row, error) {
	p, err := b.footprint(ctx, b.proxy())
	if err != nil {
		return nil, err
	}
	g, err := b.footprint(ctx, b.plexus())
	if err != nil {
		return nil, err
	}
	return []report.Row{
		memoryRow("memory per idle stream, 2,000 streams", report.KiB, p.perStream, g.perStream, 60<<10),
		memoryRow("RSS idle", report.MiB, p.idle, g.idle, 40<<20),
		memoryRow("RSS peak, 1 MB bodies, 64 connections", report.MiB, p.bodies, g.bodies, 200<<20),
	}, nil
}

func memoryRow(name string, u report.Unit, proxy, gateway, bound float64) report.Row {
	return report.Row{
		Name: name, Unit: u, Direct: report.None(), Proxy: proxy, Gateway: gateway,
		Goal: report.Goal{Kind: report.ValueMost, Bound: bound},
	}
}

func (b *bench) footprint(ctx context.Context, k kind) (footprint, error) {
	idle, perStream, err := b.idleMemory(ctx, k)
	if err != nil {
		return footprint{}, fmt.Errorf("%s: %w", k.name, err)
	}
	bodies, err := b.bodyMemory(ctx, k)
	if err != nil {
		return footprint{}, fmt.Errorf("%s: %w", k.name, err)
	}
	return footprint{idle: idle, perStream: perStream, bodies: bodies}, nil
}

func (b *bench) idleMemory(ctx context.Context, k kind) (idle, perStream float64, err error) {
	t, err := b.start(ctx, k)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, t.Stop()) }()
	before, err := t.restingRSS(ctx, b.idle)
	if err != nil {
		return 0, 0, err
	}
	fleet, err := load.NewFleet(ctx, t.addr, holdCount)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, fleet.Close()) }()
	if err := fleet.Hold(ctx, t.request("bench-hold", true, smallBody)); err != nil {
		return 0, 0, err
	}
	after, err := t.restingRSS(ctx, b.idle)
	if err != nil {
		return 0, 0, err
	}
	return float64(before), float64(after-before) / holdCount, nil
}

// restingRSS waits for what was left to be done, and a while longer.
func (t *target) restingRSS(ctx context.Context, wait time.Duration) (int64, error) {
	if err := t.settle(ctx); err != nil {
		return 0, err
	}
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(wait):
	}
	return t.RSS()
}

func (b *bench) bodyMemory(ctx context.Context, k kind) (peak float64, err error) {
	t, err := b.start(ctx, k)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, t.Stop()) }()
	if _, err := b.closedRound(ctx, t, t.request("bench-json", false, body1M), connections, b.memory); err != nil {
		return 0, err
	}
	rss, err := t.PeakRSS()
	return float64(rss), err
}
