package record

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/plexus-gateway/plexus/internal/errs"
	"github.com/plexus-gateway/plexus/internal/record/filelock"
)

// Errors of Append.
var (
	// ErrJournalFull: the journal has reached MaxBytes, because its records
	// are not being moved. The record was not kept; the caller decides what
	// that means for the request.
	ErrJournalFull = errors.New("record: journal is full")
	// ErrClosed: the journal was closed.
	ErrClosed = errors.New("record: journal is closed")
)

// Journal is a crash-safe, append-only log of records in a directory of its
// own, in segment files. Records leave it through a Mover.
//
// Damage is dealt with like this. A torn tail of the newest segment, the mark
// of a crash in the middle of an append, is cut off when the journal is
// opened: nobody was told that it succeeded. Damage anywhere else (a bad disk)
// does not stop the gateway: the mover copies the damaged bytes to the
// quarantine folder, reports file and offset, and goes on with the next record
// whose checksum holds. A damaged segment header is written anew. Only a
// segment of another format version is refused, by Open.
//
// A Journal is safe for concurrent use.
type Journal struct {
	dir  string
	o    Options
	lock *filelock.Lock

	mu       sync.Mutex
	segs     []segment // oldest first; the last one is written to
	file     file      // of the last segment
	open     *batch    // collects records for the next write
	writing  bool      // a leader is writing; it alone touches file then
	inFlight int64     // bytes of the batch being written
	bytes    int64     // of all segments
	next     uint64    // ordinal of the next record
	moved    position  // everything before it is in the database
	repair   bool      // garbage may follow the last frame: truncate first
	rollNext bool      // the last segment is not to be trusted: start another
	closed   bool
	idle     chan struct{} // closed by the last leader after Close

	quarantined uint64
	err         error // of the last failure; nil after the next success
	errAt       time.Time

	wakeAt  uint64 // ordinal the mover waits for; 0 when it does not
	wake    chan struct{}
	batches sync.Pool

	checkpoint *os.File

	syncMu   sync.Mutex // one sync at a time
	dirty    bool       // a sync is due
	dirtyC   chan struct{}
	retired  []file // finished segments not yet synced and closed
	stop     chan struct{}
	stopOnce sync.Once
	wg       sync.WaitGroup
}

// Open opens the journal in dir, creating it if need be, and repairs what a
// crash left. It fails with filelock.ErrHeld when another process has the journal open,
// and when a segment is of another format version, naming the file.
func Open(dir string, o Options) (j *Journal, err error) {
	defer errs.Wrap(&err, "record: open journal %s", dir)
	o, err = o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := filelock.TryLock(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	j = &Journal{dir: dir, o: o, lock: lock, wake: make(chan struct{}, 1), dirtyC: make(chan struct{}, 1), stop: make(chan struct{})}
	j.batches.New = func() any { return new(batch) }
	j.open = j.newBatch()
	if err := j.recover(); err != nil {
		return nil, errors.Join(err, j.release())
	}
	if o.Fsync == FsyncInterval {
		j.wg.Go(j.syncLoop)
	}
	return j, nil
}

// recover reads what is on disk into the journal's state.
func (j *Journal) recover() error {
	segs, err := listSegments(j.dir)
	if err != nil {
		return err
	}
	j.checkpoint, err = os.OpenFile(filepath.Join(j.dir, "checkpoint"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	at, known := readCheckpoint(j.checkpoint)
	if len(segs) == 0 {
		j.next = at.ordinal
		if err := j.addSegment(at.seq + 1); err != nil {
			return err
		}
		return j.advance(position{seq: at.seq + 1, off: segmentHeader, ordinal: at.ordinal})
	}
	j.segs = segs
	if err := j.repairHeaders(at); err != nil {
		return err
	}
	if err := j.recoverLast(); err != nil {
		return err
	}
	for _, s := range j.segs {
		j.bytes += s.size
	}
	return j.recoverPosition(at, known)
}

// repairHeaders gives segments whose header was lost in a power cut, or whose
// creation a crash cut short, a new one.
func (j *Journal) repairHeaders(at position) error {
	for i := range j.segs {
		s := &j.segs[i]
		if !s.damaged {
			continue
		}
		name := segmentName(j.dir, s.seq)
		s.first, s.damaged = at.ordinal, false
		if i > 0 {
			_, frames, err := scanSegment(segmentName(j.dir, j.segs[i-1].seq))
			if err != nil {
				return err
			}
			s.first = j.segs[i-1].first + frames
		}
		if s.size > 0 {
			j.o.Logger.Warn("journal: wrote a damaged segment header anew", "segment", name)
		}
		s.size = max(s.size, segmentHeader)
		f, err := j.o.openFile(name)
		if err != nil {
			return err
		}
		if err := errors.Join(writeHeader(f, s.first), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// recoverLast opens the newest segment and cuts its torn tail off.
func (j *Journal) recoverLast() (err error) {
	last := &j.segs[len(j.segs)-1]
	name := segmentName(j.dir, last.seq)
	j.file, err = j.o.openFile(name)
	if err != nil {
		return err
	}
	end, frames, err := scanSegment(name)
	if err != nil {
		return err
	}
	if torn := last.size - end; torn > 0 {
		j.o.Logger.Warn("journal: cut off the torn tail a crash left", "segment", name, "offset", end, "bytes", torn)
		if err := j.file.Truncate(end); err != nil {
			return err
		}
	}
	last.size, j.next = end, last.first+frames
	return nil
}

// recoverPosition finds where the mover stopped. The position may point past
// what a power cut left of the journal; it is then drawn back and written
// again, so that no later record can land before it and be skipped.
func (j *Journal) recoverPosition(at position, known bool) error {
	oldest, last := j.segs[0], j.segs[len(j.segs)-1]
	if !known || at.seq < oldest.seq || at.seq > last.seq {
		at = position{seq: oldest.seq, off: segmentHeader, ordinal: oldest.first}
	}
	if at.seq == last.seq && at.off > last.size {
		at.off, at.ordinal = last.size, j.next
	}
	at.ordinal = min(at.ordinal, j.next)
	return j.advance(at)
}

// Health is the state of a journal.
type Health struct {
	Bytes       int64  // of all segments on disk
	MaxBytes    int64  // the bound; at it Append fails with ErrJournalFull
	Segments    int    // files
	Lag         uint64 // records not yet moved to the database
	Full        bool   // the last Append was refused for want of room
	Quarantined uint64 // damaged or rejected records set aside since Open
	Err         error  // of the last write or sync; nil after a later success
	ErrAt       time.Time
}

// Health returns the journal's state.
func (j *Journal) Health() Health {
	j.mu.Lock()
	defer j.mu.Unlock()
	return Health{
		Bytes: j.bytes, MaxBytes: j.o.MaxBytes, Segments: len(j.segs),
		Lag: j.next - j.moved.ordinal, Full: errors.Is(j.err, ErrJournalFull),
		Quarantined: j.quarantined, Err: j.err, ErrAt: j.errAt,
	}
}

// Close refuses further appends, waits for those under way, forces everything
// to disk and gives the directory up. A Mover must be stopped before. When ctx
// ends first Close returns its error and the journal stays open, refusing
// appends; Close may be called again.
func (j *Journal) Close(ctx context.Context) error {
	j.mu.Lock()
	j.closed = true
	if j.lock == nil {
		j.mu.Unlock()
		return nil
	}
	idle := j.idle
	if j.writing && idle == nil {
		idle = make(chan struct{})
		j.idle = idle
	}
	j.mu.Unlock()
	if idle != nil {
		select {
		case <-idle:
		case <-ctx.Done():
			return fmt.Errorf("record: close journal: %w", ctx.Err())
		}
	}
	j.stopOnce.Do(func() { close(j.stop) })
	j.wg.Wait()
	err := errors.Join(j.syncNow(), j.release())
	if err != nil {
		return fmt.Errorf("record: close journal: %w", err)
	}
	return nil
}

// release closes the files and gives the lock up.
func (j *Journal) release() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var err error
	if j.file != nil {
		err = j.file.Close()
	}
	if j.checkpoint != nil {
		err = errors.Join(err, j.checkpoint.Close())
	}
	if j.lock != nil {
		err = errors.Join(err, j.lock.Unlock())
	}
	j.file, j.checkpoint, j.lock = nil, nil, nil
	return err
}

// fail notes a failure; the caller holds mu.
func (j *Journal) fail(err error) {
	j.err, j.errAt = err, j.o.Clock()
}

// report tells the operator of a failure that no caller is there to hear.
func (j *Journal) report(msg string, err error, attrs ...any) {
	j.o.Logger.Error("journal trouble", append(attrs, "doing", msg, "err", err)...)
	j.o.OnError(fmt.Errorf("record: %s: %w", msg, err))
}
