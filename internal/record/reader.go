package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// readChunk is how much the reader takes from a segment at once, in bytes.
const readChunk = 64 << 10

// recordsPerYield is how many records are decoded, in about 0.05 ms, before
// requests get a turn.
const recordsPerYield = 64

// reader reads records from the journal, behind its appenders. It is used by
// one goroutine.
type reader struct {
	j   *Journal
	f   *os.File // of segment seq, or nil
	seq uint64
	buf []byte
}

// limit returns how far segment seq may be read, and the segment after it;
// last means that there is none yet.
func (j *Journal) limit(seq uint64) (size int64, next segment, last bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, s := range j.segs {
		if s.seq != seq {
			continue
		}
		if i == len(j.segs)-1 {
			return s.size, segment{}, true, nil
		}
		return s.size, j.segs[i+1], false, nil
	}
	return 0, segment{}, false, fmt.Errorf("record: journal segment %d is gone", seq)
}

// read appends up to n records that follow from to dst and returns the
// position after them. Fewer come only at the journal's end. Damaged bytes are
// quarantined and skipped.
func (rd *reader) read(dst []Record, from position, n int) ([]Record, position, error) {
	at := from
	for want := len(dst) + n; len(dst) < want; {
		size, next, last, err := rd.j.limit(at.seq)
		if err != nil {
			return dst, at, err
		}
		if at.off >= size {
			if last {
				return dst, at, nil
			}
			at = position{seq: next.seq, off: segmentHeader, ordinal: next.first}
			continue
		}
		chunk, err := rd.chunk(at, size, readChunk)
		if err != nil {
			return dst, at, err
		}
		if dst, at, err = rd.parse(dst, at, chunk, size, want); err != nil {
			return dst, at, err
		}
	}
	return dst, at, nil
}

// chunk reads up to n bytes at a position, within size.
func (rd *reader) chunk(at position, size int64, n int) ([]byte, error) {
	if rd.f == nil || rd.seq != at.seq {
		if err := rd.close(); err != nil {
			return nil, err
		}
		f, err := os.Open(segmentName(rd.j.dir, at.seq))
		if err != nil {
			return nil, fmt.Errorf("record: read journal: %w", err)
		}
		rd.f, rd.seq = f, at.seq
	}
	n = int(min(int64(n), size-at.off))
	if cap(rd.buf) < n {
		rd.buf = make([]byte, n)
	}
	b := rd.buf[:n]
	got, err := rd.f.ReadAt(b, at.off)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("record: read journal: %w", err)
	}
	clear(b[got:]) // a file cut short behind our back reads as damage
	return b, nil
}

// parse takes whole frames from chunk, which was read at a position of a
// segment of size bytes.
func (rd *reader) parse(dst []Record, at position, chunk []byte, size int64, want int) ([]Record, position, error) {
	start := at.off
	for len(dst) < want {
		rest := chunk[at.off-start:]
		if len(rest) == 0 {
			break
		}
		payload, err := frameAt(rest)
		switch {
		case errors.Is(err, errShortFrame) && at.off > start && at.off+int64(len(rest)) < size:
			return dst, at, nil // the next chunk starts with it
		case errors.Is(err, errShortFrame) && len(chunk) <= readChunk && at.off+int64(len(rest)) < size:
			chunk, err = rd.chunk(at, size, frameHeader+maxPayload)
			if err != nil {
				return dst, at, err
			}
			continue // the frame is larger than a chunk
		case err != nil:
			at, err = rd.skipDamage(at, size)
			return dst, at, err
		}
		dst = append(dst, Record{})
		if err := dst[len(dst)-1].UnmarshalBinary(payload); err != nil {
			dst = dst[:len(dst)-1]
			if err := rd.j.quarantineDamage(at, rest[:frameHeader+len(payload)], err); err != nil {
				return dst, at, err
			}
		}
		at.off += int64(frameHeader + len(payload))
		at.ordinal++
		if at.ordinal%recordsPerYield == 0 {
			runtime.Gosched() // a gateway on one core serves requests in between
		}
	}
	return dst, at, nil
}

// skipDamage sets the bytes from a damaged frame to the next whole one aside.
func (rd *reader) skipDamage(at position, size int64) (position, error) {
	b, err := rd.chunk(at, size, int(size-at.off))
	if err != nil {
		return at, err
	}
	defer func() { rd.buf = nil }() // it may have grown to a whole segment
	n := resync(b)
	if err := rd.j.quarantineDamage(at, b[:n], errBadFrame); err != nil {
		return at, err
	}
	at.off += int64(n)
	return at, nil
}

func (rd *reader) close() error {
	if rd.f == nil {
		return nil
	}
	err := rd.f.Close()
	rd.f = nil
	return err
}
