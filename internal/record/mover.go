package record

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// ErrRejected marks a sink's error as the fault of the records: they will
// never get in, however often they are tried (a value out of range, say).
// A sink wraps it; every other error means that the database has trouble.
var ErrRejected = errors.New("record: rejected by the database")

// Sink is where a Mover puts records. InsertRecords inserts all of them or
// none, ignores those whose id is there already, and returns nil only when the
// rows are durable: a power cut may not take them back, for the journal then
// forgets them.
type Sink interface {
	InsertRecords(ctx context.Context, rs []Record) error
}

// The defaults of MoverOptions.
const (
	DefaultBatchRows  = 500
	DefaultBatchWait  = 250 * time.Millisecond
	DefaultMinBackoff = 100 * time.Millisecond
	DefaultMaxBackoff = 30 * time.Second

	// probeEvery is after how many failures in a row a batch is taken apart
	// to see whether one of its records is at fault.
	probeEvery = 6
)

// MoverOptions configures a Mover. The zero value is usable.
type MoverOptions struct {
	BatchRows  int           // most rows of one insert; 0 means DefaultBatchRows
	BatchWait  time.Duration // how long a batch may wait to fill; 0 means DefaultBatchWait
	MinBackoff time.Duration // after the first failure; doubled up to MaxBackoff
	MaxBackoff time.Duration
	Tail       *Tail // told of every record once it is in the database; may be nil
	Logger     *slog.Logger
	// OnError is told of every failed insert, for metrics. It must not block.
	OnError func(error)
	// Jitter returns a random number in [0, 1); nil means math/rand's.
	Jitter func() float64
	Clock  func() time.Time
}

func (o MoverOptions) withDefaults() MoverOptions {
	if o.BatchRows <= 0 {
		o.BatchRows = DefaultBatchRows
	}
	if o.BatchWait <= 0 {
		o.BatchWait = DefaultBatchWait
	}
	if o.MinBackoff <= 0 {
		o.MinBackoff = DefaultMinBackoff
	}
	if o.MaxBackoff < o.MinBackoff {
		o.MaxBackoff = max(DefaultMaxBackoff, o.MinBackoff)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

// Mover moves records from a journal to a sink, in order and in batches, and
// lets the journal delete what has arrived. While the sink fails it tries
// again for ever, ever more slowly, and drops nothing; appends do not notice.
// A record that the sink alone refuses is set aside in the quarantine.
//
// A journal has one mover, and Run and Drain do not overlap.
type Mover struct {
	j    *Journal
	sink Sink
	o    MoverOptions
	rd   reader
	buf  []Record
	// aside are records of the batch at hand that are in the quarantine.
	aside map[uuid.UUID]bool

	mu     sync.Mutex
	status MoverStatus
}

// MoverStatus says how the moving goes.
type MoverStatus struct {
	Moved    uint64 // records put in the database since the start
	Batches  uint64 // successful moves
	Rejected uint64 // records set aside because the database refused them
	Failures int    // failed inserts in a row; 0 means that all is well
	Err      error  // of the last failure, nil when Failures is 0
	ErrAt    time.Time
}

// NewMover returns a mover of j's records to sink.
func NewMover(j *Journal, sink Sink, o MoverOptions) *Mover {
	return &Mover{j: j, sink: sink, o: o.withDefaults(), rd: reader{j: j}, aside: map[uuid.UUID]bool{}}
}

// Status returns how the moving goes.
func (m *Mover) Status() MoverStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status
}

// Run moves records until ctx ends, and then returns nil. It does not move
// what is left; Drain does.
func (m *Mover) Run(ctx context.Context) error {
	failures := 0
	for ctx.Err() == nil {
		if failures == 0 {
			if !m.await(ctx) {
				break
			}
		} else if !sleep(ctx, m.backoff(failures)) {
			break
		}
		if _, err := m.step(ctx, failures); err != nil && ctx.Err() == nil {
			failures++
			m.failed(err, failures)
		} else {
			failures = 0
		}
	}
	if err := m.rd.close(); err != nil {
		return fmt.Errorf("record: mover: %w", err)
	}
	return nil
}

// Drain moves everything that is in the journal now, without waiting for
// batches to fill. It returns the first error; what could not be moved stays
// in the journal for the next start.
func (m *Mover) Drain(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, m.rd.close()) }()
	for {
		n, err := m.step(ctx, 0)
		if err != nil {
			return fmt.Errorf("record: drain journal: %w", err)
		}
		if n == 0 {
			return nil
		}
	}
}

// await waits for a record and then for a full batch or BatchWait, whichever
// is first. It reports false when ctx ended.
func (m *Mover) await(ctx context.Context) bool {
	at := m.j.position().ordinal
	if !m.j.wait(ctx, at+1) {
		return false
	}
	full, cancel := context.WithTimeout(ctx, m.o.BatchWait)
	defer cancel()
	m.j.wait(full, at+uint64(m.o.BatchRows)) //nolint:gosec // positive
	return ctx.Err() == nil
}

// step moves one batch and returns how many records it took from the journal.
func (m *Mover) step(ctx context.Context, failures int) (int, error) {
	from := m.j.position()
	var to position
	var err error
	m.buf, to, err = m.rd.read(m.buf[:0], from, m.o.BatchRows)
	if err != nil {
		return 0, err
	}
	if to == from {
		return 0, nil
	}
	taken := len(m.buf)
	m.dropAside()
	if err := m.insert(ctx, m.buf, failures); err != nil {
		return 0, err
	}
	m.dropAside() // those that insert has judged
	if err := m.j.advance(to); err != nil {
		return 0, err
	}
	m.done(len(m.buf))
	if m.o.Tail != nil {
		m.o.Tail.Publish(m.buf)
	}
	clear(m.buf) // let the strings go
	return max(taken, 1), nil
}

// dropAside takes the records out of the batch that were set aside, in this
// try or in one before it: they are not offered to the sink again.
func (m *Mover) dropAside() {
	if len(m.aside) > 0 {
		m.buf = slices.DeleteFunc(m.buf, func(r Record) bool { return m.aside[r.ID] })
	}
}

// insert puts a batch in the sink; when that looks like the fault of some of
// its records it takes the batch apart.
func (m *Mover) insert(ctx context.Context, rs []Record, failures int) error {
	if len(rs) == 0 {
		return nil
	}
	err := m.sink.InsertRecords(ctx, rs)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if !errors.Is(err, ErrRejected) && (failures+1)%probeEvery != 0 {
		return err
	}
	p := probe{m: m, all: rs}
	return p.isolate(ctx, rs, err)
}

// done notes that a batch, of which n are in the sink, is out of the journal.
func (m *Mover) done(n int) {
	clear(m.aside)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Moved += uint64(n) //nolint:gosec // a length
	if n > 0 {
		m.status.Batches++
	}
	m.status.Failures, m.status.Err = 0, nil
}

func (m *Mover) failed(err error, failures int) {
	m.mu.Lock()
	m.status.Failures, m.status.Err, m.status.ErrAt = failures, err, m.o.Clock()
	m.mu.Unlock()
	m.o.Logger.Warn("journal: could not move records to the database; will try again",
		"error", err, "failures", failures, "lag", m.j.Health().Lag)
	m.o.OnError(err)
}

// backoff returns the pause after so many failures in a row: doubled each
// time, of which a random half is taken off so that replicas do not return to
// a recovering database together.
func (m *Mover) backoff(failures int) time.Duration {
	d := m.o.MaxBackoff
	if shift := failures - 1; shift < 20 {
		d = min(d, m.o.MinBackoff<<shift)
	}
	return d - time.Duration(m.o.Jitter()*float64(d)/2)
}

// position returns where the mover stands.
func (j *Journal) position() position {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.moved
}

// wait returns true when ordinal n-1 has been appended, false when ctx ends.
func (j *Journal) wait(ctx context.Context, n uint64) bool {
	for {
		j.mu.Lock()
		if j.next >= n {
			j.wakeAt = 0
			j.mu.Unlock()
			return true
		}
		j.wakeAt = n
		j.mu.Unlock()
		select {
		case <-ctx.Done():
			return false
		case <-j.wake:
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
