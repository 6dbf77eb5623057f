package fakeupstream

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
)

// Request is what the upstream was sent.
type Request struct {
	Method string
	Path   string
	Query  string // raw
	Host   string
	Proto  string // "HTTP/1.1", "HTTP/2.0"
	Header http.Header
	Body   []byte // exact bytes
	// BodyErr is why the body ended early, nil when it was whole.
	BodyErr error
}

// Fake is the double. It is safe for concurrent use.
type Fake struct {
	mu       sync.Mutex
	script   []http.Handler
	fallback http.Handler
	requests []Request

	arrived      chan Request
	disconnected chan Request
	closing      chan struct{}
	closeOnce    sync.Once
}

// eventBuffer bounds the notifications a test has not read; further ones are
// dropped, so that a test that does not look is not blocked.
const eventBuffer = 4096

// New returns a double that answers as OpenAI does.
func New() *Fake {
	return &Fake{
		fallback:     OpenAI(),
		arrived:      make(chan Request, eventBuffer),
		disconnected: make(chan Request, eventBuffer),
		closing:      make(chan struct{}),
	}
}

// Script appends replies; each answers one request, in order of arrival. When
// the script is at its end, the fallback answers.
func (f *Fake) Script(replies ...http.Handler) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script = append(f.script, replies...)
}

// Fallback sets what answers when the script has nothing to say.
func (f *Fake) Fallback(h http.Handler) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fallback = h
}

// Requests returns what was received so far, in order of arrival.
func (f *Fake) Requests() []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Request(nil), f.requests...)
}

// Reset forgets the requests received and the script not yet played.
func (f *Fake) Reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests, f.script = nil, nil
}

// Arrived delivers each request once its body has been read, before it is
// answered.
func (f *Fake) Arrived() <-chan Request { return f.arrived }

// Disconnected delivers each request whose client went away before its reply
// was complete.
func (f *Fake) Disconnected() <-chan Request { return f.disconnected }

// Close releases every stalled reply. It may be called more than once.
func (f *Fake) Close() { f.closeOnce.Do(func() { close(f.closing) }) }

// ServeHTTP implements http.Handler.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	captured := Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Host: r.Host, Proto: r.Proto,
		Header: r.Header.Clone(), Body: body, BodyErr: err,
	}
	reply := f.take(captured)
	offer(f.arrived, captured)

	gone := r.Context()
	stop := context.AfterFunc(gone, func() {
		select {
		case <-f.closing: // the server is closing, not the client
		default:
			offer(f.disconnected, captured)
		}
	})
	defer stop()
	// Stalls end when the test does.
	ctx, cancel := context.WithCancel(gone)
	defer cancel()
	released := make(chan struct{})
	defer close(released)
	go func() {
		select {
		case <-f.closing:
			cancel()
		case <-released:
		}
	}()

	r = r.WithContext(ctx)
	r.Body = io.NopCloser(bytes.NewReader(body))
	reply.ServeHTTP(w, r)
}

// take records the request and returns what answers it.
func (f *Fake) take(r Request) http.Handler {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, r)
	if len(f.script) == 0 {
		return f.fallback
	}
	reply := f.script[0]
	f.script = f.script[1:]
	return reply
}

func offer(ch chan<- Request, r Request) {
	select {
	case ch <- r:
	default:
	}
}
