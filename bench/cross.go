package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plexus-gateway/plexus/bench/load"
	"github.com/plexus-gateway/plexus/bench/mock"
	"github.com/plexus-gateway/plexus/bench/report"
)

// crossing is a client's protocol and the upstream's.
type crossing struct{ client, upstream load.Protocol }

// String names it.
func (c crossing) String() string { return fmt.Sprintf("%s→%s", c.client, c.upstream) }

// What is converted, whole and in streams.
func crossings() (whole, streamed []crossing) {
	return []crossing{
		{load.Chat, load.Messages}, {load.Messages, load.Chat}, {load.Responses, load.Messages}, {load.Gemini, load.Chat},
	}, []crossing{
		{load.Chat, load.Messages}, {load.Messages, load.Chat}, {load.Messages, load.Responses}, {load.Messages, load.Gemini},
	}
}

// Long streams, of the mock's pace.
const longStreams = 30

// Goals of a conversion: a multiple of what passing the bytes costs.
const (
	wholeGoal = 3
	chunkGoal = 2.5
)

// request asks in the client's protocol for what the upstream answers in its
// own. The proxy converts nothing: it is asked in the upstream's protocol and
// passes that.
func (c crossing) request(t *target, model string, stream bool) load.Request {
	p, alias := c.client, "bench-"+string(c.upstream)+"-"+model
	if !t.journal {
		p, alias = c.upstream, "mock-"+model
	}
	return load.NewRequest(t.addr, p.Path(alias, stream), benchKey, p.Body(alias, stream, smallBody))
}

// converting measures what it costs to convert between protocols.
func (b *bench) converting(ctx context.Context) (_ []report.Row, err error) {
	p, g, err := b.pair(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stopAll(g, p)) }()
	targets := []*target{p, g}
	whole, streamed := crossings()
	var rows []report.Row
	for _, c := range whole {
		row, err := b.convertingWhole(ctx, targets, c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c, err)
		}
		rows = append(rows, row)
	}
	for _, c := range streamed {
		row, err := b.convertingStream(ctx, targets, c)
		if err != nil {
			return nil, fmt.Errorf("%s stream: %w", c, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (b *bench) convertingWhole(ctx context.Context, targets []*target, c crossing) (report.Row, error) {
	meters := make([]meter, len(targets))
	round := func(i int, d time.Duration) (closedRound, error) {
		return b.closedRound(ctx, targets[i], c.request(targets[i], "json", false), bodyConns, d)
	}
	for i := range targets {
		if _, err := round(i, b.warm); err != nil {
			return report.Row{}, fmt.Errorf("warm %s: %w", targets[i].name, err)
		}
	}
	err := interleave(b.crossRounds, targets, func(i int) error {
		r, err := round(i, b.window)
		meters[i].cpus = append(meters[i].cpus, r.cpu)
		return err
	})
	return cpuRow("CPU per request, "+c.String(), meters[0], meters[1], report.Goal{Kind: report.RatioMost, Bound: wholeGoal}), err
}

func (b *bench) convertingStream(ctx context.Context, targets []*target, c crossing) (report.Row, error) {
	meters := make([]meter, len(targets))
	round := func(i int) (float64, error) {
		cpu, _, err := streamRound(ctx, targets[i], c.request(targets[i], "long", true), longStreams, mock.LongChunks, mock.LongGap)
		return cpu, err
	}
	for i := range targets {
		if _, err := round(i); err != nil {
			return report.Row{}, fmt.Errorf("warm %s: %w", targets[i].name, err)
		}
	}
	err := interleave(b.crossStreamRounds, targets, func(i int) error {
		cpu, err := round(i)
		meters[i].cpus = append(meters[i].cpus, cpu)
		return err
	})
	name := fmt.Sprintf("CPU per chunk, %s, %d streams × %d × %v", c, longStreams, mock.LongChunks, mock.LongGap)
	return cpuRow(name, meters[0], meters[1], report.Goal{Kind: report.RatioMost, Bound: chunkGoal}), err
}
