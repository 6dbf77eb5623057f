package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// grace is how long an answer may be overdue before the round fails.
const grace = 30 * time.Second

// Fleet is a set of open connections to one address. Connections are dialled
// before a measured window, so that a window holds only requests.
type Fleet struct{ conns []*Conn }

// NewFleet opens n connections to addr.
func NewFleet(ctx context.Context, addr string, n int) (*Fleet, error) {
	f := &Fleet{}
	for range n {
		c, err := Dial(ctx, addr)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		f.conns = append(f.conns, c)
	}
	return f, nil
}

// Close closes every connection.
func (f *Fleet) Close() error {
	var errs []error
	for _, c := range f.conns {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Closed is the outcome of a closed-loop window.
type Closed struct {
	Requests int
	Elapsed  time.Duration
}

// Rate returns the answers per second.
func (c Closed) Rate() float64 { return float64(c.Requests) / c.Elapsed.Seconds() }

// Closed keeps every connection busy with req for d. A failed request fails
// the window: a bench of errors would measure nothing.
func (f *Fleet) Closed(ctx context.Context, req Request, d time.Duration) (Closed, error) {
	if err := f.deadline(ctx, d); err != nil {
		return Closed{}, err
	}
	start := time.Now()
	counts := make([]int, len(f.conns))
	var g errgroup.Group
	for i, c := range f.conns {
		g.Go(func() error {
			for time.Since(start) < d {
				if err := c.Do(req); err != nil {
					return fmt.Errorf("closed loop: %w", err)
				}
				counts[i]++
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return Closed{}, err
	}
	out := Closed{Elapsed: time.Since(start)}
	for _, n := range counts {
		out.Requests += n
	}
	return out, nil
}

// Open sends req rate times a second for d, on whichever connection is free,
// and returns one latency for each, counted from the time the schedule gave it.
func (f *Fleet) Open(ctx context.Context, req Request, rate int, d time.Duration) ([]time.Duration, error) {
	if err := f.deadline(ctx, d); err != nil {
		return nil, err
	}
	total := int(d.Seconds() * float64(rate))
	tick := time.Second / time.Duration(rate)
	due := make(chan time.Time, total) // holds the whole schedule: the pacer never waits for the fleet
	samples := make([][]time.Duration, len(f.conns))
	var g errgroup.Group
	g.Go(func() error {
		defer close(due)
		return pace(tick, total, func(at time.Time) { due <- at })
	})
	for i, c := range f.conns {
		g.Go(func() error {
			for at := range due {
				if err := c.Do(req); err != nil {
					return fmt.Errorf("open loop: %w", err)
				}
				samples[i] = append(samples[i], time.Since(at))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := make([]time.Duration, 0, total)
	for _, s := range samples {
		out = append(out, s...)
	}
	return out, nil
}

// deadline bounds a window of length d and whatever ctx says, so that a hung
// gateway ends the bench with an error and not with a wait.
func (f *Fleet) deadline(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := time.Now().Add(d + grace)
	for _, c := range f.conns {
		if err := c.Deadline(t); err != nil {
			return fmt.Errorf("set deadline: %w", err)
		}
	}
	return nil
}
