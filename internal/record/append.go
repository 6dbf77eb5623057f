package record

import (
	"fmt"
	"os"
	"sync/atomic"
)

// maxSpareBatch bounds the buffers kept for reuse, in bytes.
const maxSpareBatch = 256 << 10

// batch is the records of one write. The first appender to find nobody writing
// leads: it writes its batch, while others add to the next one. When it is
// done it hands the lead to one of those, so that no appender writes more than
// the batch it is in.
type batch struct {
	buf  []byte
	n    uint64        // records in buf
	refs atomic.Int32  // appenders that still look at it
	lead chan struct{} // wakes the follower that shall lead; made by the first follower
	done chan struct{} // closed when err is final; likewise
	err  error
}

func (j *Journal) newBatch() *batch {
	b, ok := j.batches.Get().(*batch)
	if !ok || cap(b.buf) > maxSpareBatch {
		return new(batch)
	}
	b.buf, b.n, b.lead, b.done, b.err = b.buf[:0], 0, nil, nil, nil
	return b
}

// leave is called by each appender of a batch when it needs it no more.
func (j *Journal) leave(b *batch) {
	if b.refs.Add(-1) == 0 {
		j.batches.Put(b)
	}
}

// Append adds a record. When it returns nil the bytes are in the kernel, so
// that the end of this process cannot lose them, and with FsyncAlways on the
// disk. Concurrent appends share one write and one sync; a lone one pays one
// write and no goroutine switch. r is not kept.
//
// It fails with ErrJournalFull, ErrTooLarge, ErrClosed, or the error of the
// write or the sync. After a failed write the record is not in the journal;
// after a failed sync it is, and may or may not survive a power cut.
func (j *Journal) Append(r *Record) error {
	j.mu.Lock()
	b, err := j.admit(r)
	if err != nil {
		j.mu.Unlock()
		return err
	}
	if !j.writing {
		j.writing = true
		return j.leadBatch(b)
	}
	if b.done == nil {
		b.lead, b.done = make(chan struct{}, 1), make(chan struct{})
	}
	j.mu.Unlock()
	select {
	case <-b.done:
		err := b.err
		j.leave(b)
		return err
	case <-b.lead:
		j.mu.Lock()
		return j.leadBatch(b)
	}
}

// admit encodes r into the open batch; the caller holds mu.
func (j *Journal) admit(r *Record) (*batch, error) {
	if j.closed {
		return nil, ErrClosed
	}
	b := j.open
	before := len(b.buf)
	var err error
	if b.buf, err = appendFrame(b.buf, r); err != nil {
		return nil, err
	}
	if j.bytes+j.inFlight+int64(len(b.buf))+segmentHeader > j.o.MaxBytes {
		b.buf = b.buf[:before]
		j.fail(ErrJournalFull)
		return nil, ErrJournalFull
	}
	b.n++
	b.refs.Add(1)
	return b, nil
}

// leadBatch writes b, tells its followers, and passes the lead on. The caller
// holds mu and has set writing; leadBatch releases mu.
func (j *Journal) leadBatch(b *batch) error {
	j.open = j.newBatch()
	j.inFlight = int64(len(b.buf))
	j.mu.Unlock()
	written, err := j.writeBatch(b)
	j.mu.Lock()
	j.inFlight = 0
	if written {
		j.commit(b)
	}
	if err != nil {
		j.fail(err)
	} else {
		j.err = nil
	}
	b.err = err
	if b.done != nil {
		close(b.done)
	}
	if j.open.n > 0 {
		j.open.lead <- struct{}{}
	} else {
		j.writing = false
		if j.idle != nil {
			close(j.idle)
			j.idle = nil
		}
	}
	j.mu.Unlock()
	j.leave(b)
	return err
}

// commit makes a written batch visible to the mover; the caller holds mu.
func (j *Journal) commit(b *batch) {
	n := int64(len(b.buf))
	j.segs[len(j.segs)-1].size += n
	j.bytes += n
	j.next += b.n
	if j.wakeAt != 0 && j.next >= j.wakeAt {
		j.wakeAt = 0
		notify(j.wake)
	}
	if j.o.Fsync == FsyncInterval && !j.dirty {
		j.dirty = true
		notify(j.dirtyC)
	}
}

// notify sends on a channel of capacity one, unless a signal waits there.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// writeBatch writes b behind the last frame. Only the leader calls it, without
// mu; it alone changes the file and the list's end while writing is set.
func (j *Journal) writeBatch(b *batch) (written bool, err error) {
	j.mu.Lock()
	last, repair, roll := j.segs[len(j.segs)-1], j.repair, j.rollNext
	j.mu.Unlock()
	if repair {
		if err := j.cutBack(last); err != nil {
			return false, err
		}
	}
	if roll || (last.size > segmentHeader && last.size+int64(len(b.buf)) > j.o.SegmentBytes) {
		if err := j.roll(last); err != nil {
			return false, err
		}
		last = segment{seq: last.seq + 1, size: segmentHeader}
	}
	if _, err := j.file.WriteAt(b.buf, last.size); err != nil {
		err = fmt.Errorf("record: write %s at %d: %w", segmentName(j.dir, last.seq), last.size, err)
		// A part of the frames may be there. It must go before anything is
		// written; if that fails now it is tried again by the next append.
		j.setRepair(j.file.Truncate(last.size) != nil)
		return false, err
	}
	if j.o.Fsync == FsyncAlways {
		if err := j.file.Sync(); err != nil {
			// After a failed fsync the kernel may have dropped the pages and
			// will report success next time: leave this file alone.
			j.mu.Lock()
			j.rollNext = true
			j.mu.Unlock()
			return true, fmt.Errorf("record: sync %s: %w", segmentName(j.dir, last.seq), err)
		}
	}
	return true, nil
}

func (j *Journal) cutBack(last segment) error {
	if err := j.file.Truncate(last.size); err != nil {
		return fmt.Errorf("record: cut %s back to %d after a failed write: %w", segmentName(j.dir, last.seq), last.size, err)
	}
	j.setRepair(false)
	return nil
}

func (j *Journal) setRepair(v bool) {
	j.mu.Lock()
	j.repair = v
	j.mu.Unlock()
}

// roll starts a new segment after last.
func (j *Journal) roll(last segment) error {
	old := j.file
	if err := j.addSegment(last.seq + 1); err != nil {
		return err
	}
	if j.o.Fsync == FsyncInterval {
		j.mu.Lock()
		j.retired = append(j.retired, old) // the sync loop closes it
		j.mu.Unlock()
		return nil
	}
	if err := old.Close(); err != nil {
		j.report("close a finished segment", err)
	}
	return nil
}

// addSegment creates a segment that continues at the next ordinal and makes it
// the one written to.
func (j *Journal) addSegment(seq uint64) error {
	name := segmentName(j.dir, seq)
	f, err := j.o.openFile(name)
	if err != nil {
		return fmt.Errorf("record: new segment: %w", err)
	}
	j.mu.Lock()
	first := j.next
	j.mu.Unlock()
	err = writeHeader(f, first)
	if err == nil && j.o.Fsync == FsyncAlways {
		err = syncDir(j.dir)
	}
	if err != nil {
		_ = f.Close()       // the file is given up; the error that matters is err
		_ = os.Remove(name) // and a leftover is overwritten by the next try
		return fmt.Errorf("record: new segment %s: %w", name, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.file, j.rollNext, j.repair = f, false, false
	j.segs = append(j.segs, segment{seq: seq, first: first, size: segmentHeader})
	j.bytes += segmentHeader
	return nil
}
