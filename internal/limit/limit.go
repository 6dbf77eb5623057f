// Package limit bounds how much a key may do at a time: requests per minute
// and requests in flight. State is in memory and follows the key over reloads.
package limit

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Rule is what a key may do. Zero means unlimited.
type Rule struct {
	RequestsPerMinute int
	MaxConcurrency    int
}

// Limiter holds the state of all keys. The zero value is ready.
type Limiter struct {
	states sync.Map // key id → *state
}

// state is one key's use. next is the theoretical arrival time of GCRA in Unix
// nanoseconds: the time at which the next request would be exactly on pace.
type state struct {
	inFlight atomic.Int64
	next     atomic.Int64
}

// Slot is an admitted request's place. Its zero value holds nothing.
type Slot struct{ s *state }

// Release gives the place back. It must be called once per admitted request.
func (s Slot) Release() {
	if s.s != nil {
		s.s.inFlight.Add(-1)
	}
}

// Acquire admits a request of the key or says which limit refuses it and when
// to come back. A refused request uses nothing up.
//
// Requests per minute are a leaky bucket of one minute's depth (GCRA): a burst
// of the whole minute's allowance passes, after which requests pass at pace.
func (l *Limiter) Acquire(keyID, keyName string, r Rule, now time.Time) (Slot, *llm.Error) {
	if r == (Rule{}) {
		return Slot{}, nil
	}
	v, ok := l.states.Load(keyID)
	if !ok {
		v, _ = l.states.LoadOrStore(keyID, new(state))
	}
	s := v.(*state) //nolint:errcheck // the map holds nothing else
	if n := s.inFlight.Add(1); r.MaxConcurrency > 0 && n > int64(r.MaxConcurrency) {
		s.inFlight.Add(-1)
		e := llm.Errorf(llm.KindRateLimit, "concurrency_limit",
			"key %q has %d requests in flight, its max_concurrency; wait for one to end", keyName, r.MaxConcurrency)
		e.RetryAfter = time.Second
		return Slot{}, e
	}
	if wait := s.take(r.RequestsPerMinute, now); wait > 0 {
		s.inFlight.Add(-1)
		e := llm.Errorf(llm.KindRateLimit, "requests_per_minute",
			"key %q is over its requests_per_minute of %d; try again in %s", keyName, r.RequestsPerMinute, wait.Round(time.Millisecond))
		e.RetryAfter = wait
		return Slot{}, e
	}
	return Slot{s}, nil
}

// take uses one request's share of the minute, or returns how long until one
// is free.
func (s *state) take(perMinute int, now time.Time) time.Duration {
	if perMinute <= 0 {
		return 0
	}
	const depth = int64(time.Minute)
	pace := depth / int64(perMinute)
	at := now.UnixNano()
	for {
		old := s.next.Load()
		if old > at+2*depth { // the clock was set back: nobody is to wait that out
			s.next.CompareAndSwap(old, at+depth)
			continue
		}
		next := max(old, at) + pace
		if over := next - at - depth; over > 0 {
			return time.Duration(over)
		}
		if s.next.CompareAndSwap(old, next) {
			return 0
		}
	}
}

// Forget drops the state of keys that are gone. Keys with requests in flight
// are kept.
func (l *Limiter) Forget(keep func(keyID string) bool) {
	l.states.Range(func(k, v any) bool {
		if id, ok := k.(string); ok && !keep(id) && v.(*state).inFlight.Load() == 0 { //nolint:errcheck // see Acquire
			l.states.Delete(k)
		}
		return true
	})
}
