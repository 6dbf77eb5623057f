package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/plexus-gateway/plexus/bench/report"
)

// startGoal is from the start of the process to its first answer.
const startGoal = float64(200 * time.Millisecond)

// starting measures starts, into an empty data directory and into one that has
// been used, and the size of the binary.
func (b *bench) starting(ctx context.Context) ([]report.Row, error) {
	kinds := []kind{b.proxy(), b.plexus()}
	fresh, again := make([][]float64, 2), make([][]float64, 2)
	for range b.starts {
		for i, k := range kinds {
			dir, err := os.MkdirTemp(b.dir, "start-")
			if err != nil {
				return nil, fmt.Errorf("make a data directory: %w", err)
			}
			for _, seen := range []*[]float64{&fresh[i], &again[i]} {
				took, err := b.startOnce(ctx, k, dir)
				if err != nil {
					return nil, err
				}
				*seen = append(*seen, float64(took.Nanoseconds()))
			}
		}
	}
	goal := report.Goal{Kind: report.ValueMost, Bound: startGoal}
	rows := []report.Row{
		{
			Name: "start to first answer, new data directory", Unit: report.Millis, Goal: goal,
			Direct: report.None(), Proxy: report.Median(fresh[0]), Gateway: report.Median(fresh[1]),
		},
		{
			Name: "start to first answer, used data directory", Unit: report.Millis, Goal: goal,
			Direct: report.None(), Proxy: report.Median(again[0]), Gateway: report.Median(again[1]),
		},
	}
	size, err := b.binarySize()
	if err != nil {
		return nil, err
	}
	return append(rows, size), nil
}

func (b *bench) startOnce(ctx context.Context, k kind, dir string) (time.Duration, error) {
	began := time.Now()
	t, err := b.startIn(ctx, k, dir)
	if err != nil {
		return 0, err
	}
	took := time.Since(began)
	return took, t.Stop()
}

func (b *bench) binarySize() (report.Row, error) {
	path := b.gateway
	if path == standIn {
		path = b.self
	}
	info, err := os.Stat(path)
	if err != nil {
		return report.Row{}, fmt.Errorf("size of the binary: %w", err)
	}
	return report.Row{
		Name: "binary size", Unit: report.MiB, Direct: report.None(), Proxy: report.None(), Gateway: float64(info.Size()),
		Goal: report.Goal{Kind: report.ValueMost, Bound: 45 << 20},
	}, nil
}
