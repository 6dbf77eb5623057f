//go:build !linux

package load

import "time"

// pace calls fire n times, tick apart, with the time each call was due.
// Latencies hold the grain of the runtime's timers, about a millisecond.
func pace(tick time.Duration, n int, fire func(due time.Time)) error {
	start := time.Now()
	for i := range n {
		due := start.Add(time.Duration(i+1) * tick)
		time.Sleep(time.Until(due))
		fire(due)
	}
	return nil
}
