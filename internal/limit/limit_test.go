package limit_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/limit"
	"github.com/plexus-gateway/plexus/internal/llm"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// TestNeverMoreThanDepthAndPace: over any run of requests, at most the depth
// (one minute's allowance) plus what the time has brought is admitted, and a
// request refused with a wait is admitted after it.
func TestNeverMoreThanDepthAndPace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perMinute := rapid.IntRange(1, 200).Draw(t, "per minute")
		steps := rapid.SliceOfN(rapid.Int64Range(0, int64(90*time.Second)), 1, 300).Draw(t, "steps")
		burst := rapid.Bool().Draw(t, "burst")
		var l limit.Limiter
		rule := limit.Rule{RequestsPerMinute: perMinute}
		pace := time.Minute / time.Duration(perMinute)
		now := start
		var admitted []time.Time
		for _, step := range steps {
			if burst {
				step /= int64(perMinute) * 4
			}
			now = now.Add(time.Duration(step))
			_, e := l.Acquire("k", "k", rule, now)
			if e == nil {
				admitted = append(admitted, now)
				continue
			}
			if e.RetryAfter <= 0 || e.RetryAfter > pace {
				t.Fatalf("a wait of %s at a pace of %s", e.RetryAfter, pace)
			}
			if _, again := l.Acquire("k", "k", rule, now.Add(e.RetryAfter-1)); again == nil {
				t.Fatalf("admitted before its time")
			}
			now = now.Add(e.RetryAfter)
			if _, again := l.Acquire("k", "k", rule, now); again != nil {
				t.Fatalf("refused after waiting as told: %v", again)
			}
			admitted = append(admitted, now)
		}
		for i := range admitted {
			for j := i; j < len(admitted); j++ {
				if n, most := j-i+1, float64(time.Minute+admitted[j].Sub(admitted[i]))/float64(pace); float64(n) > most+1e-9 {
					t.Fatalf("%d admitted where %f may be", n, most)
				}
			}
		}
	})
}

func TestARefusedRequestUsesNothingUp(t *testing.T) {
	var l limit.Limiter
	rule := limit.Rule{RequestsPerMinute: 2, MaxConcurrency: 2}
	a, e := l.Acquire("k", "name", rule, start)
	require.Nil(t, e)
	b, e := l.Acquire("k", "name", rule, start)
	require.Nil(t, e)
	for range 100 {
		_, e = l.Acquire("k", "name", rule, start)
		require.Equal(t, "concurrency_limit", e.Code)
		require.Equal(t, llm.KindRateLimit, e.Kind)
		require.Equal(t, time.Second, e.RetryAfter)
		require.Contains(t, e.Message, `"name"`)
	}
	a.Release()
	for range 100 { // refused by the minute: no place is taken
		_, e = l.Acquire("k", "name", rule, start)
		require.Equal(t, "requests_per_minute", e.Code)
		require.Equal(t, 30*time.Second, e.RetryAfter)
	}
	c, e := l.Acquire("k", "name", rule, start.Add(30*time.Second))
	require.Nil(t, e)
	c.Release()
	b.Release()
	_, e = l.Acquire("other", "other", rule, start)
	require.Nil(t, e, "keys do not share")
}

func TestNoRuleNoState(t *testing.T) {
	var l limit.Limiter
	for range 1000 {
		s, e := l.Acquire("k", "k", limit.Rule{}, start)
		require.Nil(t, e)
		s.Release()
	}
	limit.Slot{}.Release()
}

// TestConcurrencyUnderConcurrency: never more than the bound at a time, and
// all places come back.
func TestConcurrencyUnderConcurrency(t *testing.T) {
	const most = 5
	var l limit.Limiter
	var in, admitted atomic.Int64
	var over atomic.Bool
	rule := limit.Rule{MaxConcurrency: most}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				s, e := l.Acquire("k", "k", rule, start)
				if e != nil {
					continue
				}
				admitted.Add(1)
				if in.Add(1) > most {
					over.Store(true)
				}
				in.Add(-1)
				s.Release()
			}
		})
	}
	wg.Wait()
	require.False(t, over.Load())
	require.Positive(t, admitted.Load())
	for range most {
		_, e := l.Acquire("k", "k", rule, start)
		require.Nil(t, e)
	}
	_, e := l.Acquire("k", "k", rule, start)
	require.NotNil(t, e)
}

func TestRateUnderConcurrency(t *testing.T) {
	var l limit.Limiter
	var admitted atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if _, e := l.Acquire("k", "k", limit.Rule{RequestsPerMinute: 60}, start); e == nil {
					admitted.Add(1)
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, int64(60), admitted.Load())
}

// TestAClockThatIsSetBack must not lock a key out until it has caught up.
func TestAClockThatIsSetBack(t *testing.T) {
	var l limit.Limiter
	rule := limit.Rule{RequestsPerMinute: 60}
	_, e := l.Acquire("k", "k", rule, start.Add(24*time.Hour))
	require.Nil(t, e)
	_, e = l.Acquire("k", "k", rule, start)
	require.NotNil(t, e)
	require.Equal(t, time.Second, e.RetryAfter)
	_, e = l.Acquire("k", "k", rule, start.Add(time.Second))
	require.Nil(t, e)
}

func TestForget(t *testing.T) {
	var l limit.Limiter
	rule := limit.Rule{RequestsPerMinute: 1, MaxConcurrency: 1}
	busy, e := l.Acquire("busy", "", rule, start)
	require.Nil(t, e)
	for _, id := range []string{"kept", "gone"} {
		s, e := l.Acquire(id, "", rule, start)
		require.Nil(t, e)
		s.Release()
	}
	l.Forget(func(id string) bool { return id == "kept" })
	code := func(id string) string {
		_, e := l.Acquire(id, "", rule, start)
		if e == nil {
			return ""
		}
		return e.Code
	}
	require.Equal(t, []string{"concurrency_limit", "requests_per_minute", ""}, []string{code("busy"), code("kept"), code("gone")})
	busy.Release()
}
