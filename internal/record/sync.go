package record

import (
	"errors"
	"fmt"
	"time"
)

// syncLoop forces written bytes to disk at most FsyncInterval after the first
// of them was written. It sleeps while nothing is written.
func (j *Journal) syncLoop() {
	timer := time.NewTimer(0)
	<-timer.C
	for {
		select {
		case <-j.stop:
			return
		case <-j.dirtyC:
		}
		timer.Reset(j.o.FsyncInterval)
		select {
		case <-j.stop:
			timer.Stop()
			return
		case <-timer.C:
		}
		if err := j.syncNow(); err != nil {
			j.mu.Lock()
			j.fail(err)
			j.rollNext = true // see writeBatch on failed syncs
			j.mu.Unlock()
			j.report("sync", err)
		}
	}
}

// syncNow forces everything written so far to disk, and closes the finished
// segments.
func (j *Journal) syncNow() error {
	j.syncMu.Lock()
	defer j.syncMu.Unlock()
	j.mu.Lock()
	current, retired := j.file, j.retired
	j.retired, j.dirty = nil, false
	j.mu.Unlock()
	if current == nil {
		return nil
	}
	var err error
	for _, f := range retired {
		err = errors.Join(err, f.Sync(), f.Close())
	}
	// A segment that was finished after current was read is in j.retired now,
	// still open, and synced by the next call: no bytes are forgotten.
	err = errors.Join(err, current.Sync(), syncDir(j.dir))
	if err != nil {
		return fmt.Errorf("record: sync: %w", err)
	}
	return nil
}
