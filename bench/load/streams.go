package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// Stamp precedes, inside the data of an event, the wall-clock time in Unix
// nanoseconds at which the upstream wrote it. Both processes are on one
// machine and read one clock.
const Stamp = "at="

// Sent returns the time stamped into an event's data, if there is one.
func Sent(data []byte) (time.Time, bool) {
	_, digits, ok := bytes.Cut(data, []byte(Stamp))
	if !ok {
		return time.Time{}, false
	}
	n := 0
	for n < len(digits) && digits[n] >= '0' && digits[n] <= '9' {
		n++
	}
	ns, err := strconv.ParseInt(string(digits[:n]), 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	return time.Unix(0, ns), true
}

// Streams runs one stream on every connection, started evenly over spread, and
// returns the delay of every stamped event. A stream with a number of stamped
// events other than want fails the round: a chunk was lost.
func (f *Fleet) Streams(ctx context.Context, req Request, want int, spread time.Duration) ([]time.Duration, error) {
	if err := f.deadline(ctx, spread); err != nil {
		return nil, err
	}
	delays := make([][]time.Duration, len(f.conns))
	var g errgroup.Group
	for i, c := range f.conns {
		time.Sleep(spread / time.Duration(len(f.conns)))
		delays[i] = make([]time.Duration, 0, want)
		g.Go(func() error {
			err := c.Stream(req, func(data []byte) error {
				if at, ok := Sent(data); ok {
					delays[i] = append(delays[i], time.Since(at))
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("stream: %w", err)
			}
			if len(delays[i]) != want {
				return fmt.Errorf("stream: %d chunks came, want %d", len(delays[i]), want)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var out []time.Duration
	for _, d := range delays {
		out = append(out, d...)
	}
	return out, nil
}

// errHeld ends the reading of a stream that is to stay open.
var errHeld = errors.New("first event seen")

// Hold starts one stream on every connection and returns when each has
// received its first event; the streams stay open until Close.
func (f *Fleet) Hold(ctx context.Context, req Request) error {
	if err := f.deadline(ctx, 0); err != nil {
		return err
	}
	var g errgroup.Group
	g.SetLimit(64) // a burst of thousands of handshakes is not what is measured
	for _, c := range f.conns {
		g.Go(func() error {
			err := c.Stream(req, func([]byte) error { return errHeld })
			if errors.Is(err, errHeld) {
				return nil
			}
			if err == nil {
				return errors.New("hold: the stream ended without an event")
			}
			return fmt.Errorf("hold: %w", err)
		})
	}
	return g.Wait()
}
