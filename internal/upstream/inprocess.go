package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// ErrHandlerPanic is what reading an in-process response meets when its
// handler panicked; errors.Is finds it. http.ErrAbortHandler gives
// io.ErrUnexpectedEOF instead, as it would over a connection.
var ErrHandlerPanic = errors.New("upstream: in-process handler panicked")

// InProcess serves requests by the handler in this process, with the manners
// of a connection: the response is returned when its head is written, its body
// streams as it is written, cancelling the request or closing the body cancels
// the handler's context, and the handler is served in one goroutine that ends
// when the handler returns.
func InProcess(h http.Handler) http.RoundTripper { return inProcess{h} }

type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	pr, pw := io.Pipe()
	w := &pipeWriter{header: http.Header{}, body: pw, head: make(chan head, 1)}
	in := serverRequest(ctx, req)
	// A reader that waits must learn of the cancellation even if the handler
	// does not look at its context.
	stop := context.AfterFunc(ctx, func() { pw.CloseWithError(context.Cause(ctx)) })
	go func() {
		defer cancel(nil)
		defer stop()
		defer in.Body.Close() //nolint:errcheck // the request is over, and the client has its answer
		pw.CloseWithError(serve(p.handler, w, in))
	}()

	select {
	case hd := <-w.head:
		return response(req, hd, &pipeBody{PipeReader: pr, cancel: cancel}), nil
	case <-ctx.Done():
	}
	err := context.Cause(req.Context())
	if err == nil { // the handler has returned
		select {
		case hd := <-w.head:
			return response(req, hd, &pipeBody{PipeReader: pr, cancel: cancel}), nil
		default:
			err = w.failure()
		}
	}
	pr.CloseWithError(err)
	return nil, err
}

// serverRequest makes what a server would have read from the client's request.
func serverRequest(ctx context.Context, req *http.Request) *http.Request {
	in := req.Clone(ctx)
	in.RequestURI = req.URL.RequestURI()
	in.RemoteAddr = "in-process"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if in.Host == "" {
		in.Host = req.URL.Host
	}
	return in
}

// serve runs the handler and returns how its body ended: nil for a proper end.
func serve(h http.Handler, w *pipeWriter, r *http.Request) (err error) {
	defer func() {
		v := recover()
		abort, _ := v.(error)
		switch {
		case v == nil:
		case errors.Is(abort, http.ErrAbortHandler):
			err = io.ErrUnexpectedEOF
		default:
			err = fmt.Errorf("%w: %v", ErrHandlerPanic, v)
		}
		w.fail(err)
	}()
	h.ServeHTTP(w, r)
	if cause := context.Cause(r.Context()); cause != nil {
		return cause // it returned because it was told to: that is no answer
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func response(req *http.Request, hd head, body io.ReadCloser) *http.Response {
	length := int64(-1)
	if n, err := strconv.ParseInt(hd.header.Get("Content-Length"), 10, 64); err == nil && n >= 0 {
		length = n
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", hd.status, http.StatusText(hd.status)),
		StatusCode: hd.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: hd.header, Body: body, ContentLength: length, Request: req,
	}
}

type head struct {
	status int
	header http.Header
}

// pipeWriter is the handler's side of an in-process exchange.
type pipeWriter struct {
	header http.Header
	body   *io.PipeWriter
	head   chan head
	wrote  bool

	mu  sync.Mutex
	err error
}

// Header implements http.ResponseWriter.
func (w *pipeWriter) Header() http.Header { return w.header }

// WriteHeader hands the head to the waiting RoundTrip. Informational statuses
// are not passed on.
func (w *pipeWriter) WriteHeader(status int) {
	if w.wrote || status < http.StatusOK {
		return
	}
	w.wrote = true
	w.head <- head{status: status, header: w.header.Clone()}
}

// Write implements http.ResponseWriter. It returns when the reader has taken
// all of b, or has gone.
func (w *pipeWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b) //nolint:wrapcheck // a ResponseWriter's error belongs to its handler
}

// Flush implements http.Flusher: it sends the head; the body needs no flushing.
func (w *pipeWriter) Flush() { w.WriteHeader(http.StatusOK) }

func (w *pipeWriter) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

func (w *pipeWriter) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		return io.ErrUnexpectedEOF
	}
	return w.err
}

// pipeBody is the client's side: closing it cancels the handler.
type pipeBody struct {
	*io.PipeReader
	cancel context.CancelCauseFunc
}

// Close implements io.Closer.
func (b *pipeBody) Close() error {
	defer b.cancel(context.Canceled)
	return b.PipeReader.Close() //nolint:wrapcheck // it is always nil
}
