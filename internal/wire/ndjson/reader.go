// Package ndjson reads newline-delimited JSON, the framing of Ollama's streams
// (https://github.com/ndjson/ndjson-spec), without copying and without losing a
// byte: a relay can forward Frame.Raw and still know what the line said. Its
// frames are those of package sse, so that what reads streams reads both.
package ndjson

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

const minBuffer = 4 << 10

// Reader splits a byte stream into lines. It is not safe for concurrent use.
type Reader struct {
	r     io.Reader
	buf   []byte // buf[start:end] is read and not yet returned
	start int
	end   int
	seen  int // buf[start:seen] holds no end of a line
	max   int
	err   error
	frame sse.Frame
}

// NewReader returns a reader over r. buf, if not nil, is used as the first
// buffer; it grows when a line does not fit, up to maxLine bytes
// (sse.DefaultMaxEvent when 0).
func NewReader(r io.Reader, buf []byte, maxLine int) *Reader {
	if maxLine <= 0 {
		maxLine = sse.DefaultMaxEvent
	}
	return &Reader{r: r, buf: buf[:cap(buf)], max: maxLine}
}

// Next returns the next line: Raw with its line feed, Data without white space
// around it; a blank line has no data. At the end of the stream it returns
// io.EOF; a line that has no line feed is returned first, and then
// io.ErrUnexpectedEOF. A line that exceeds the limit is sse.ErrTooLong. The
// frame is valid until the next call.
func (r *Reader) Next() (*sse.Frame, error) {
	for {
		if n := r.lineEnd(); n > 0 {
			return r.take(n), nil
		}
		if r.err != nil {
			return r.finish()
		}
		r.fill()
	}
}

// Buffered reports whether a whole line is already in memory, so that Next
// would not block.
func (r *Reader) Buffered() bool { return r.lineEnd() > 0 }

// Buffer returns the reader's present buffer for reuse after the last Next.
func (r *Reader) Buffer() []byte { return r.buf }

// take returns the next n bytes as a frame.
func (r *Reader) take(n int) *sse.Frame {
	raw := r.buf[r.start : r.start+n]
	data := bytes.TrimSpace(raw)
	r.frame = sse.Frame{Raw: raw, Data: data, HasData: len(data) > 0}
	r.start += n
	r.seen = r.start
	return &r.frame
}

func (r *Reader) finish() (*sse.Frame, error) {
	if r.start < r.end && errors.Is(r.err, io.EOF) {
		r.err = io.ErrUnexpectedEOF
		return r.take(r.end - r.start), nil
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
		r.err = fmt.Errorf("ndjson: %w (%d bytes)", sse.ErrTooLong, r.max)
		return
	}
	grown := make([]byte, min(max(minBuffer, 2*len(r.buf)), r.max))
	copy(grown, r.buf[:r.end])
	r.buf = grown
}

// lineEnd returns the length of the first whole line in the buffer, or 0.
func (r *Reader) lineEnd() int {
	i := bytes.IndexByte(r.buf[r.seen:r.end], '\n')
	if i < 0 {
		r.seen = r.end
		return 0
	}
	r.seen += i // found again at once
	return r.seen + 1 - r.start
}
