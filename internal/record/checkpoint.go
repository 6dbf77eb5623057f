package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
)

// position is a place between two frames of the journal.
type position struct {
	seq     uint64 // segment
	off     int64  // byte offset in it
	ordinal uint64 // records before it, ever
}

// The checkpoint file holds the mover's position: magic u32 | seq u64 | offset
// u64 | ordinal u64 | CRC-32C u32. It is overwritten in place and not synced:
// losing an update, or all of it, only makes the mover insert some records
// again, which the database ignores by id.
const (
	checkpointMagic = 0x504b4c50 // "PLKP"
	checkpointSize  = 32
)

func readCheckpoint(f *os.File) (at position, ok bool) {
	var b [checkpointSize]byte
	if _, err := f.ReadAt(b[:], 0); err != nil {
		return position{}, false
	}
	if binary.LittleEndian.Uint32(b[:]) != checkpointMagic ||
		crc32.Checksum(b[:28], castagnoli) != binary.LittleEndian.Uint32(b[28:]) {
		return position{}, false
	}
	return position{
		seq:     binary.LittleEndian.Uint64(b[4:]),
		off:     int64(binary.LittleEndian.Uint64(b[12:])), //nolint:gosec // written from an int64
		ordinal: binary.LittleEndian.Uint64(b[20:]),
	}, true
}

// advance makes at the position from which a restart continues, and deletes
// the segments that lie wholly before it. The caller vouches that every record
// before it is durable in the database.
func (j *Journal) advance(at position) error {
	var b [checkpointSize]byte
	binary.LittleEndian.PutUint32(b[:], checkpointMagic)
	binary.LittleEndian.PutUint64(b[4:], at.seq)
	binary.LittleEndian.PutUint64(b[12:], uint64(at.off)) //nolint:gosec // never negative
	binary.LittleEndian.PutUint64(b[20:], at.ordinal)
	binary.LittleEndian.PutUint32(b[28:], crc32.Checksum(b[:28], castagnoli))
	if _, err := j.checkpoint.WriteAt(b[:], 0); err != nil {
		return fmt.Errorf("record: write checkpoint: %w", err)
	}
	j.mu.Lock()
	j.moved = at
	var done []uint64
	for len(j.segs) > 1 && j.segs[0].seq < at.seq {
		done = append(done, j.segs[0].seq)
		j.bytes -= j.segs[0].size
		j.segs = j.segs[1:]
	}
	if len(done) > 0 && errors.Is(j.err, ErrJournalFull) {
		j.err = nil
	}
	j.mu.Unlock()
	var err error
	for _, seq := range done {
		err = errors.Join(err, os.Remove(segmentName(j.dir, seq)))
	}
	if err != nil {
		return fmt.Errorf("record: delete finished segments: %w", err)
	}
	return nil
}
