package record

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Tail fans finished records out to whoever watches the live list. A watcher
// that does not keep up misses records; nobody ever waits for it. The zero
// value is ready, and without subscribers Publish costs one atomic load.
type Tail struct {
	count   atomic.Int32
	dropped atomic.Uint64

	mu   sync.Mutex
	subs []*subscription
}

type subscription struct{ c chan Record }

// Subscribe returns a channel of the records published from now on, holding up
// to buffer of them (at least one) while the subscriber is busy. cancel ends
// the subscription and closes the channel; it may be called more than once.
func (t *Tail) Subscribe(buffer int) (records <-chan Record, cancel func()) {
	s := &subscription{c: make(chan Record, max(buffer, 1))}
	t.mu.Lock()
	t.subs = append(t.subs, s)
	t.count.Store(int32(len(t.subs))) //nolint:gosec // a handful of open pages
	t.mu.Unlock()
	return s.c, sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.subs = slices.DeleteFunc(t.subs, func(x *subscription) bool { return x == s })
		t.count.Store(int32(len(t.subs))) //nolint:gosec // likewise
		close(s.c)
	})
}

// Publish hands records to every subscriber that has room for them.
func (t *Tail) Publish(rs []Record) {
	if t.count.Load() == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.subs {
		for i := range rs {
			select {
			case s.c <- rs[i]:
			default:
				t.dropped.Add(1)
			}
		}
	}
}

// Subscribers returns how many watch.
func (t *Tail) Subscribers() int { return int(t.count.Load()) }

// Dropped returns how many records slow subscribers have missed in all.
func (t *Tail) Dropped() uint64 { return t.dropped.Load() }
