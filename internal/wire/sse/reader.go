package sse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// ErrTooLong is returned when one event exceeds the reader's limit.
var ErrTooLong = errors.New("sse: event exceeds the size limit")

// DefaultMaxEvent bounds one event, in bytes. Pictures inside events reach
// several megabytes.
const DefaultMaxEvent = 32 << 20

const minBuffer = 4 << 10

// Reader splits a byte stream into events. It is not safe for concurrent use.
type Reader struct {
	r     io.Reader
	buf   []byte // buf[start:end] is read and not yet returned
	start int
	end   int
	seen  int // buf[start:seen] holds no end of an event
	max   int
	err   error
	first bool // a BOM may still come
	frame Frame
}

// NewReader returns a reader over r. buf, if not nil, is used as the first
// buffer; it grows when an event does not fit, up to maxEvent bytes
// (DefaultMaxEvent when 0).
func NewReader(r io.Reader, buf []byte, maxEvent int) *Reader {
	if maxEvent <= 0 {
		maxEvent = DefaultMaxEvent
	}
	return &Reader{r: r, buf: buf[:cap(buf)], max: maxEvent, first: true}
}

// Next returns the next event. At the end of the stream it returns io.EOF; an
// event that the end cut short is returned first, with its bytes in Raw, and
// then io.ErrUnexpectedEOF. The frame is valid until the next call.
func (r *Reader) Next() (*Frame, error) {
	for {
		if n := r.eventEnd(); n > 0 {
			r.frame.parse(r.buf[r.start : r.start+n])
			r.start += n
			r.seen = r.start
			return &r.frame, nil
		}
		if r.err != nil {
			return r.finish()
		}
		r.fill()
	}
}

// Buffered reports whether a whole event is already in memory, so that Next
// would not block.
func (r *Reader) Buffered() bool { return r.eventEnd() > 0 }

// Buffer returns the reader's present buffer for reuse after the last Next.
func (r *Reader) Buffer() []byte { return r.buf }

func (r *Reader) finish() (*Frame, error) {
	if r.start < r.end && errors.Is(r.err, io.EOF) {
		r.frame.parse(r.buf[r.start:r.end])
		r.start, r.seen = r.end, r.end
		r.err = io.ErrUnexpectedEOF
		return &r.frame, nil
	}
	return nil, r.err
}

// fill reads more bytes, moving or growing the buffer first when it is full.
func (r *Reader) fill() {
	if r.start == r.end {
		r.start, r.end, r.seen = 0, 0, 0
	}
	if r.end == len(r.buf) {
		r.makeRoom()
		if r.err != nil {
			return
		}
	}
	n, err := r.r.Read(r.buf[r.end:])
	r.end += n
	if r.first && r.end-r.start >= 3 {
		r.first = false
		if bytes.HasPrefix(r.buf[r.start:r.end], []byte("\xef\xbb\xbf")) {
			r.start += 3
			r.seen = max(r.seen, r.start)
		}
	}
	if err != nil {
		r.err = err
	}
}

func (r *Reader) makeRoom() {
	if r.start > 0 {
		n := copy(r.buf, r.buf[r.start:r.end])
		r.seen -= r.start
		r.start, r.end = 0, n
		return
	}
	if len(r.buf) >= r.max {
		r.err = fmt.Errorf("%w (%d bytes)", ErrTooLong, r.max)
		return
	}
	grown := make([]byte, min(max(minBuffer, 2*len(r.buf)), r.max))
	copy(grown, r.buf[:r.end])
	r.buf = grown
}

// eventEnd returns the length of the first whole event in the buffer, or 0.
// An event ends with a blank line, however lines are ended.
func (r *Reader) eventEnd() int {
	b := r.buf[r.start:r.end]
	i := max(r.seen-r.start, 0)
	for i < len(b) {
		j := indexLineEnd(b[i:])
		if j < 0 {
			break
		}
		i += j
		n := blankAfter(b[i:], r.err != nil)
		if n == needMore {
			r.seen = r.start + i
			return 0
		}
		if n > 0 {
			return i + n
		}
		if i == 0 { // a leading blank line is an event of its own
			return lineEndLen(b)
		}
		i += lineEndLen(b[i:])
	}
	// Stay on the last byte: it may be the first half of a line end.
	r.seen = r.start + max(len(b)-1, 0)
	return 0
}

const needMore = -1

// blankAfter: b starts with a line end; it returns the length of that line end
// and the blank line behind it, 0 if the next line is not blank, or needMore.
func blankAfter(b []byte, atEnd bool) int {
	n := lineEndLen(b)
	if b[0] == '\r' && len(b) == 1 && !atEnd {
		return needMore
	}
	if n >= len(b) {
		if atEnd {
			return 0
		}
		return needMore
	}
	switch b[n] {
	case '\n':
		return n + 1
	case '\r':
		if n+1 == len(b) && !atEnd {
			return needMore
		}
		return n + lineEndLen(b[n:])
	}
	return 0
}

func lineEndLen(b []byte) int {
	if len(b) > 1 && b[0] == '\r' && b[1] == '\n' {
		return 2
	}
	return 1
}

func indexLineEnd(b []byte) int {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return bytes.IndexByte(b, '\r')
	}
	if j := bytes.IndexByte(b[:i], '\r'); j >= 0 {
		return j
	}
	return i
}
