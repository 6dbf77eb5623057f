package record_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/record"
)

var errDown = errors.New("connection refused")

// start runs a mover until the test or stop ends it.
func start(t testing.TB, m *record.Mover) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(t, <-done)
		}
	}
	t.Cleanup(stop)
	return stop
}

func TestMoverBatchesByTimeAndByRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, err := record.Open(t.TempDir(), record.Options{})
		require.NoError(t, err)
		var sizes []int
		began := time.Now()
		var at []time.Duration
		sink := &memory{fail: func(rs []record.Record) error {
			sizes, at = append(sizes, len(rs)), append(at, time.Since(began))
			return nil
		}}
		stop := start(t, record.NewMover(j, sink, record.MoverOptions{BatchRows: 10}))
		time.Sleep(time.Minute)
		synctest.Wait()
		sink.look(func() {
			require.Empty(t, sizes, "nothing to move, nothing inserted")
			began = time.Now()
		})
		appendAll(t, j, 0, 3)
		time.Sleep(time.Second)
		synctest.Wait()
		sink.look(func() {
			require.Equal(t, []int{3}, sizes)
			require.Equal(t, []time.Duration{250 * time.Millisecond}, at, "waits for company, but not longer")
		})
		appendAll(t, j, 3, 28)
		synctest.Wait()
		sink.look(func() { require.Equal(t, []int{3, 10, 10}, sizes, "full batches go at once") })
		time.Sleep(time.Second)
		synctest.Wait()
		sink.look(func() { require.Equal(t, []int{3, 10, 10, 5}, sizes) })
		stop()
		require.NoError(t, j.Close(t.Context()))
	})
}

func TestMoverOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, err := record.Open(t.TempDir(), record.Options{SegmentBytes: 4 << 10})
		require.NoError(t, err)
		var up atomic.Bool
		var tries []time.Time
		sink := &memory{fail: func([]record.Record) error {
			if !up.Load() {
				tries = append(tries, time.Now())
				return errDown
			}
			return nil
		}}
		var failures atomic.Int64
		m := record.NewMover(j, sink, record.MoverOptions{
			MaxBackoff: 10 * time.Second, Jitter: func() float64 { return 0 }, OnError: func(error) { failures.Add(1) },
		})
		stop := start(t, m)
		appendAll(t, j, 0, 100)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, uint64(100), j.Health().Lag)
		status := m.Status()
		require.ErrorIs(t, status.Err, errDown)
		require.Positive(t, status.Failures)
		require.Equal(t, int64(status.Failures), failures.Load())
		sink.look(func() {
			require.Equal(t, 100*time.Millisecond, tries[1].Sub(tries[0]))
			require.Equal(t, 200*time.Millisecond, tries[2].Sub(tries[1]))
		})

		time.Sleep(time.Hour)
		synctest.Wait()
		var longest time.Duration
		sink.look(func() {
			require.Less(t, len(tries), 4000, "backs off")
			for i := 1; i < len(tries); i++ {
				longest = max(longest, tries[i].Sub(tries[i-1]))
			}
		})
		require.Equal(t, 10*time.Second, longest)
		require.Zero(t, m.Status().Rejected, "an outage costs no record")
		appendAll(t, j, 100, 120)

		up.Store(true)
		time.Sleep(11 * time.Second)
		synctest.Wait()
		require.Equal(t, numbers(0, 120), sink.ids())
		require.NoError(t, m.Status().Err)
		require.Equal(t, uint64(120), m.Status().Moved)
		require.Zero(t, j.Health().Lag)
		stop()
		require.NoError(t, j.Close(t.Context()))
	})
}

func TestMoverJitterStaysInBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, err := record.Open(t.TempDir(), record.Options{})
		require.NoError(t, err)
		var tries []time.Time
		sink := &memory{fail: func([]record.Record) error { tries = append(tries, time.Now()); return errDown }}
		stop := start(t, record.NewMover(j, sink, record.MoverOptions{MaxBackoff: 100 * time.Millisecond}))
		appendAll(t, j, 0, 1)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		stop()
		for i := 1; i < len(tries); i++ {
			d := tries[i].Sub(tries[i-1])
			require.LessOrEqual(t, d, 100*time.Millisecond)
			if d > 0 { // a probe of single records follows at once
				require.GreaterOrEqual(t, d, 50*time.Millisecond)
			}
		}
		require.NoError(t, j.Close(t.Context()))
	})
}

// TestMoverPoison: whatever records the sink refuses, with or without saying
// that they are to blame, all others arrive, and the refused are kept.
func TestMoverPoison(t *testing.T) {
	for _, says := range []bool{true, false} {
		t.Run(fmt.Sprintf("sink says so=%t", says), func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				bad := rapid.SliceOfNDistinct(rapid.IntRange(0, 59), 1, 6, rapid.ID[int]).Draw(rt, "bad")
				testPoison(t, bad, says)
			})
		})
	}
}

// TestMoverPoisonInEveryHalf: however the batch is halved, both halves hold a
// bad record until the first one stands alone, so that the sink has taken
// nothing yet when it is to be judged.
func TestMoverPoisonInEveryHalf(t *testing.T) {
	testPoison(t, []int{0, 1, 3, 7, 15, 30}, false)
	testPoison(t, []int{0, 2, 6, 14, 29, 59}, false)
}

func testPoison(t *testing.T, bad []int, says bool) {
	poison := map[uuid.UUID]bool{}
	for _, n := range bad {
		poison[typical(n).ID] = true
	}
	sink := &memory{fail: func(rs []record.Record) error {
		for _, r := range rs {
			if poison[r.ID] && says {
				return fmt.Errorf("%w: out of range", record.ErrRejected)
			} else if poison[r.ID] {
				return errors.New("some error")
			}
		}
		return nil
	}}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		j, err := record.Open(dir, record.Options{Fsync: record.FsyncNever})
		require.NoError(t, err)
		m := record.NewMover(j, sink, record.MoverOptions{})
		stop := start(t, m)
		appendAll(t, j, 0, 60)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Zero(t, j.Health().Lag)
		require.Len(t, sink.ids(), 60-len(bad))
		require.Equal(t, uint64(len(bad)), m.Status().Rejected)
		require.Equal(t, uint64(60-len(bad)), m.Status().Moved)
		require.Equal(t, uint64(len(bad)), j.Health().Quarantined)
		stop()
		require.NoError(t, j.Close(t.Context()))
	})
	kept, err := os.ReadFile(filepath.Join(dir, "quarantine", "rejected.frames"))
	require.NoError(t, err)
	require.Contains(t, string(kept), "kimi-k2-turbo")
}

// TestMoverFlappingDatabase: a database that comes and goes at random never
// costs a record, although it takes some and refuses others of a batch.
func TestMoverFlappingDatabase(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ups := rapid.SliceOfN(rapid.Bool(), 200, 200).Draw(rt, "up")
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			j, err := record.Open(dir, record.Options{Fsync: record.FsyncNever})
			require.NoError(t, err)
			calls := 0
			// The state lasts for three calls: judging a record takes three in
			// a row, of which the middle one succeeds.
			sink := &memory{fail: func([]record.Record) error {
				calls++
				if i := calls / 3; i < len(ups) && !ups[i] {
					return errDown
				}
				return nil
			}}
			m := record.NewMover(j, sink, record.MoverOptions{})
			stop := start(t, m)
			appendAll(t, j, 0, 16)
			time.Sleep(10 * time.Hour)
			synctest.Wait()
			require.Zero(t, m.Status().Rejected)
			require.Len(t, sink.ids(), 16)
			require.Zero(t, j.Health().Lag)
			stop()
			require.NoError(t, j.Close(t.Context()))
		})
	})
}

// TestMoverSetsAsideOnce: a record that was set aside stays so while the rest
// of its batch is tried again and again.
func TestMoverSetsAsideOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, err := record.Open(t.TempDir(), record.Options{})
		require.NoError(t, err)
		bad := typical(0).ID
		var up atomic.Bool
		sink := &memory{fail: func(rs []record.Record) error {
			switch {
			case rs[0].ID == bad:
				return record.ErrRejected
			case !up.Load():
				return errDown
			}
			return nil
		}}
		m := record.NewMover(j, sink, record.MoverOptions{})
		stop := start(t, m)
		appendAll(t, j, 0, 4)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, uint64(1), m.Status().Rejected)
		up.Store(true)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, numbers(1, 4), sink.ids())
		require.Equal(t, record.MoverStatus{Moved: 3, Batches: 1, Rejected: 1, ErrAt: m.Status().ErrAt}, m.Status())
		stop()
		require.NoError(t, j.Close(t.Context()))
	})
}

// TestMoverLonePoison: a single record that fails is not judged while there is
// nothing to compare it with; the next record is the proof.
func TestMoverLonePoison(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, err := record.Open(t.TempDir(), record.Options{})
		require.NoError(t, err)
		bad := typical(0).ID
		sink := &memory{fail: func(rs []record.Record) error {
			for _, r := range rs {
				if r.ID == bad {
					return errDown
				}
			}
			return nil
		}}
		m := record.NewMover(j, sink, record.MoverOptions{})
		stop := start(t, m)
		appendAll(t, j, 0, 1)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Zero(t, m.Status().Rejected)
		require.Equal(t, uint64(1), j.Health().Lag)
		appendAll(t, j, 1, 2)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, numbers(1, 2), sink.ids())
		require.Equal(t, uint64(1), m.Status().Rejected)
		stop()
		require.NoError(t, j.Close(t.Context()))
	})
}

func TestMoverStopsInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, record.Options{})
	appendAll(t, j, 0, 10)
	ctx, cancel := context.WithCancel(t.Context())
	sink := &memory{fail: func([]record.Record) error { return context.Canceled }}
	sink.after = func(context.Context, []record.Record) { cancel() }
	m := record.NewMover(j, sink, record.MoverOptions{BatchWait: time.Nanosecond})
	require.NoError(t, m.Run(ctx))
	require.Equal(t, uint64(10), j.Health().Lag)
	sink.fail = nil
	require.NoError(t, m.Drain(t.Context()))
	require.Equal(t, numbers(0, 10), sink.ids())
}

func TestMoverDrainReportsErrors(t *testing.T) {
	j := open(t, t.TempDir(), record.Options{})
	appendAll(t, j, 0, 10)
	m := record.NewMover(j, &memory{fail: func([]record.Record) error { return errDown }}, record.MoverOptions{})
	require.ErrorIs(t, m.Drain(t.Context()), errDown)
	require.Equal(t, uint64(10), j.Health().Lag)
}

func TestMoverFeedsTail(t *testing.T) {
	j := open(t, t.TempDir(), record.Options{})
	var tail record.Tail
	live, cancel := tail.Subscribe(10)
	defer cancel()
	sink := &memory{}
	appendAll(t, j, 0, 3)
	require.NoError(t, record.NewMover(j, sink, record.MoverOptions{Tail: &tail}).Drain(t.Context()))
	for i := range 3 {
		require.Equal(t, typical(i), <-live)
	}
}

func TestTail(t *testing.T) {
	var tail record.Tail
	tail.Publish([]record.Record{typical(0)}) // nobody there
	fast, cancelFast := tail.Subscribe(10)
	slow, cancelSlow := tail.Subscribe(0)
	require.Equal(t, 2, tail.Subscribers())
	tail.Publish([]record.Record{typical(1), typical(2), typical(3)})
	require.Len(t, fast, 3)
	require.Len(t, slow, 1, "a slow one misses records")
	require.Equal(t, uint64(2), tail.Dropped())
	cancelSlow()
	cancelSlow()
	require.Equal(t, typical(1), <-slow)
	_, ok := <-slow
	require.False(t, ok, "the channel is closed")
	tail.Publish([]record.Record{typical(4)})
	require.Len(t, fast, 4)
	cancelFast()
	require.Zero(t, tail.Subscribers())
}

func TestTailConcurrently(t *testing.T) {
	var tail record.Tail
	var seen atomic.Int64
	done := make(chan struct{})
	for range 4 {
		c, cancel := tail.Subscribe(1)
		go func() {
			for range c {
				if seen.Add(1)%100 == 0 {
					cancel()
				}
			}
			done <- struct{}{}
		}()
	}
	for tail.Subscribers() > 0 {
		tail.Publish([]record.Record{typical(1), typical(2)})
	}
	for range 4 {
		<-done
	}
	require.Positive(t, seen.Load())
}

func BenchmarkMove(b *testing.B) {
	j := open(b, b.TempDir(), record.Options{Fsync: record.FsyncNever, MaxBytes: 64 << 30})
	appendAll(b, j, 0, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	drain(b, j, nothing{})
}

type nothing struct{}

func (nothing) InsertRecords(context.Context, []record.Record) error { return nil }

func BenchmarkPublishToNobody(b *testing.B) {
	var tail record.Tail
	rs := []record.Record{typical(1)}
	for b.Loop() {
		tail.Publish(rs)
	}
}
