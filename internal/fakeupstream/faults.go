package fakeupstream

import (
	"crypto/tls"
	"net"
	"net/http"
	"slices"
)

// bodyWriter sees what a reply writes.
type bodyWriter struct {
	http.ResponseWriter
	write func([]byte) (int, error)
	flush func()
}

// Write implements http.ResponseWriter.
func (w *bodyWriter) Write(b []byte) (int, error) { return w.write(b) }

// Flush implements http.Flusher.
func (w *bodyWriter) Flush() {
	if w.flush != nil {
		w.flush()
		return
	}
	flush(w.ResponseWriter)
}

// Unwrap serves http.ResponseController.
func (w *bodyWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// atByte calls hit once, when n bytes of h's body have been written and
// flushed, or when h ends before.
func atByte(n int, h http.Handler, hit func(w http.ResponseWriter, r *http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		left, done := n, false
		strike := func() {
			if !done {
				done = true
				flush(w)
				hit(w, r)
			}
		}
		h.ServeHTTP(&bodyWriter{ResponseWriter: w, write: func(b []byte) (int, error) {
			if done || len(b) < left {
				left -= len(b)
				return w.Write(b)
			}
			if _, err := w.Write(b[:left]); err != nil {
				return 0, err
			}
			rest := b[left:]
			strike()
			_, err := w.Write(rest)
			return len(b), err
		}}, r)
		strike()
	})
}

// CutAfter ends the connection without a proper end of the body, once n bytes
// of h's body are out.
func CutAfter(n int, h http.Handler) http.Handler {
	return atByte(n, h, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

// ResetAfter resets the TCP connection (RST) once n bytes of h's body are out;
// bytes still in flight may be lost with it. Over HTTP/2 it resets the stream.
func ResetAfter(n int, h http.Handler) http.Handler {
	return atByte(n, h, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if secure, ok := conn.(*tls.Conn); ok {
			conn = secure.NetConn()
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // it fails only on a connection that is gone already
		}
		_ = conn.Close()
		panic(http.ErrAbortHandler)
	})
}

// StallAfter pauses once n bytes of h's body are out, until release is closed
// or the client goes away. With n = 0 the head is out already.
func StallAfter(n int, release <-chan struct{}, h http.Handler) http.Handler {
	return atByte(n, h, func(_ http.ResponseWriter, r *http.Request) { wait(release, r) })
}

// Stall sends nothing until release is closed, then replies by h. A client
// that goes away first gets nothing. A nil release is never closed.
func Stall(release <-chan struct{}, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait(release, r)
		h.ServeHTTP(w, r)
	})
}

// wait ends the reply when the client has gone.
func wait(release <-chan struct{}, r *http.Request) {
	select {
	case <-release:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	}
}

// Drip flushes the body of h byte by byte.
func Drip(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(&bodyWriter{ResponseWriter: w, write: func(b []byte) (int, error) {
			for i := range b {
				if _, err := w.Write(b[i : i+1]); err != nil {
					return i, err
				}
				flush(w)
			}
			return len(b), nil
		}}, r)
	})
}

// SplitAt flushes the body of h at exactly the given offsets and at its end,
// and nowhere else. In process (upstream.InProcess) each part is one read;
// over a connection parts may meet again on the way.
func SplitAt(h http.Handler, offsets ...int) http.Handler {
	cuts := slices.Clone(offsets)
	slices.Sort(cuts)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body []byte
		h.ServeHTTP(&bodyWriter{
			ResponseWriter: w,
			write:          func(b []byte) (int, error) { body = append(body, b...); return len(b), nil },
			flush:          func() {},
		}, r)
		from := 0
		for _, to := range append(slices.Clone(cuts), len(body)) {
			to = min(max(to, from), len(body))
			if to == from {
				continue
			}
			if _, err := w.Write(body[from:to]); err != nil {
				return
			}
			flush(w)
			from = to
		}
	})
}
