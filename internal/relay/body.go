package relay

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// buffer is a pooled byte buffer. Buffers are pooled by size class, so that a
// small request never keeps a large buffer alive. Classes are quarters of a
// power of two: a body of just over one megabyte takes 1.25, not 2.
type buffer struct {
	b     []byte
	class int // -1: not pooled
}

const (
	minLog     = 11 // 2 KiB
	maxLog     = 22 // buffers beyond 7 MiB are left to the collector
	classCount = (maxLog - minLog + 1) * 4
)

var buffers [classCount]sync.Pool

// classOf returns the smallest class that holds n bytes, and its size.
func classOf(n int) (class, size int) {
	log := max(bits.Len(uint(max(n-1, 1)))-1, minLog)
	step := 1 << (log - 2)
	quarter := 0
	if over := n - 1<<log; over > 0 {
		quarter = (over + step - 1) / step
	}
	return (log-minLog)*4 + quarter, 1<<log + quarter*step
}

// newBuffer returns an empty buffer with room for at least n bytes.
func newBuffer(n int) *buffer {
	class, size := classOf(n)
	if class >= classCount {
		return &buffer{b: make([]byte, 0, n), class: -1}
	}
	if v, ok := buffers[class].Get().(*buffer); ok {
		return v
	}
	return &buffer{b: make([]byte, 0, size), class: class}
}

// free gives the buffer back; nobody may hold its bytes any longer.
func (b *buffer) free() {
	if b == nil || b.class < 0 {
		return
	}
	b.b = b.b[:0]
	buffers[b.class].Put(b)
}

// grow makes room for one more byte at least.
func (b *buffer) grow() {
	bigger := newBuffer(2 * cap(b.b))
	bigger.b = append(bigger.b, b.b...)
	*b, *bigger = *bigger, *b
	bigger.free()
}

// readBody reads the request's body, decompressed, into x.body.
func (x *exchange) readBody() *llm.Error {
	limit := x.snap.MaxBodyBytes
	if x.req.ContentLength > limit {
		return tooLarge(limit)
	}
	src, closer, e := x.decoded(limit)
	if e != nil {
		return e
	}
	defer closer()
	size := int(max(x.req.ContentLength, 0))
	x.body = newBuffer(size + 1) // one more, so that the last read sees the end
	for {
		if len(x.body.b) == cap(x.body.b) {
			x.body.grow()
		}
		n, err := src.Read(x.body.b[len(x.body.b):cap(x.body.b)])
		x.body.b = x.body.b[:len(x.body.b)+n]
		if int64(len(x.body.b)) > limit {
			return tooLarge(limit)
		}
		if errors.Is(err, io.EOF) {
			x.rec.RequestBytes = int64(len(x.body.b))
			return nil
		}
		if err != nil {
			return x.readError(err, limit)
		}
	}
}

// zstdWindow is the window every decoder is to support (RFC 8878 section
// 3.1.1.1.2), in bytes; more would let a client take memory.
const zstdWindow = 8 << 20

// decoded returns the body behind its content encoding.
func (x *exchange) decoded(limit int64) (io.Reader, func(), *llm.Error) {
	// Reading one byte past the limit is what tells "too large" from "just fits".
	body := http.MaxBytesReader(x.w, x.req.Body, limit+1)
	v := x.req.Header["Content-Encoding"]
	if len(v) == 0 {
		return body, func() {}, nil
	}
	switch strings.ToLower(strings.TrimSpace(v[0])) {
	case "", "identity":
		return body, func() {}, nil
	case "gzip", "x-gzip":
		r, err := gzip.NewReader(body)
		if err != nil {
			return nil, nil, badEncoding("gzip")
		}
		return r, func() { _ = r.Close() }, nil // closing a reader loses nothing
	case "zstd":
		// Only the window is bounded here: what comes out is bounded by the
		// reader, and a small text may have been packed with a large window.
		r, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, nil, badEncoding("zstd")
		}
		return r, r.Close, nil
	}
	e := llm.Errorf(llm.KindUnsupported, "unsupported_content_encoding", "content-encoding %.50q is not served here; use gzip, zstd or none", v[0])
	e.Param = "content-encoding"
	return nil, nil, e
}

func (x *exchange) readError(err error, limit int64) *llm.Error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(limit)
	}
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded) {
		e := badEncoding("zstd")
		e.Message = fmt.Sprintf("the body's zstd window is larger than %d bytes; compress with a smaller one", zstdWindow)
		return e
	}
	if x.ctx().Err() != nil {
		return llm.Errorf(llm.KindCanceled, "client_closed_request", "the client closed the connection while sending the body")
	}
	if enc := x.req.Header["Content-Encoding"]; len(enc) > 0 {
		return badEncoding(strings.ToLower(enc[0]))
	}
	e := llm.Errorf(llm.KindInvalid, "incomplete_body", "the body ended early or could not be read")
	e.Cause = err
	return e
}

func tooLarge(limit int64) *llm.Error {
	return llm.Errorf(llm.KindTooLarge, "request_too_large", "the body is larger than %d bytes, this gateway's server.max_body_bytes", limit)
}

func badEncoding(name string) *llm.Error {
	e := llm.Errorf(llm.KindInvalid, "invalid_content_encoding", "the body is not valid %.20s, though content-encoding says so", name)
	e.Param = "content-encoding"
	return e
}
