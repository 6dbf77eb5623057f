package upstream

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"sync/atomic"
	"time"
)

// Phase is the part of an attempt that a deadline of ours bounds.
type Phase string

// The phases.
const (
	PhaseFirstByte Phase = "first byte" // from sending to the head of the answer
	PhaseIdle      Phase = "idle"       // between two reads of the answer
	PhaseTotal     Phase = "total"      // the whole attempt
)

// TimeoutError says which deadline of ours passed. Give it as the cause when
// cancelling an attempt's context, so that Classify can tell a deadline from a
// client that went away.
type TimeoutError struct {
	Phase Phase
	After time.Duration
}

// Error names the phase and the limit.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("upstream: %s timeout after %s", e.Phase, e.After)
}

// Timeout reports true, as net.Error has it.
func (e *TimeoutError) Timeout() bool { return true }

// The states of an idleBody.
const (
	idleResting int32 = iota
	idleReading
	idleExpired
	idleClosed
)

// idleBody notes when each read began, and a timer looks at the note once per
// duration. That is cheaper than resetting the timer at every read, and exact:
// the timer is set again to the moment the read under way would be overdue.
type idleBody struct {
	body   io.ReadCloser
	after  time.Duration
	cancel context.CancelCauseFunc
	timer  *time.Timer
	made   time.Time
	began  atomic.Int64 // of the last read, as time since made
	state  atomic.Int32
}

// IdleBody bounds the wait for each read of body by after. When it passes,
// cancel is called with a *TimeoutError of PhaseIdle, which must make the read
// return (cancelling the request's context does), and Read returns that error.
// Only waiting counts: the time a slow client takes between reads does not.
// An after of 0 or less returns body itself. Close must be called; reads must
// not run at the same time as each other.
func IdleBody(body io.ReadCloser, after time.Duration, cancel context.CancelCauseFunc) io.ReadCloser {
	if after <= 0 {
		return body
	}
	b := &idleBody{body: body, after: after, cancel: cancel, made: time.Now()}
	// The timer must be in its field before it can fire, hence two steps.
	b.timer = time.AfterFunc(math.MaxInt64, b.check)
	b.timer.Reset(after)
	return b
}

// check runs on the timer.
func (b *idleBody) check() {
	wait := b.after
	switch b.state.Load() {
	case idleClosed, idleExpired:
		return
	case idleReading:
		waited := time.Since(b.made) - time.Duration(b.began.Load())
		if waited < b.after {
			wait = b.after - waited
			break
		}
		if b.state.CompareAndSwap(idleReading, idleExpired) {
			b.cancel(b.err())
			return
		}
	}
	b.timer.Reset(wait)
}

// Read implements io.Reader.
func (b *idleBody) Read(p []byte) (int, error) {
	b.began.Store(int64(time.Since(b.made)))
	if !b.state.CompareAndSwap(idleResting, idleReading) {
		return 0, b.ended(http.ErrBodyReadAfterClose)
	}
	n, err := b.body.Read(p)
	if !b.state.CompareAndSwap(idleReading, idleResting) {
		return n, b.ended(err)
	}
	return n, err //nolint:wrapcheck // io.EOF must stay io.EOF
}

// Close implements io.Closer.
func (b *idleBody) Close() error {
	b.state.CompareAndSwap(idleResting, idleClosed)
	b.state.CompareAndSwap(idleReading, idleClosed)
	b.timer.Stop()
	return b.body.Close() //nolint:wrapcheck // this is the body, to whoever holds it
}

// ended returns the timeout when that is what ended the body, else err.
func (b *idleBody) ended(err error) error {
	if b.state.Load() == idleExpired {
		return b.err()
	}
	return err
}

func (b *idleBody) err() error { return &TimeoutError{Phase: PhaseIdle, After: b.after} }
