package relay

import (
	"errors"
	"io"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/upstream"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// streaming is the state of one stream that passes to the client.
type streaming struct {
	a    *attempt
	resp *http.Response
	tap  wire.StreamTap
	out  *outflow
	last bool // the protocol's own end has been seen
}

// stream relays an answer that is a stream of events, as they arrive: each
// event is written whole and flushed at once, unless the next one is in memory
// already, in which case both leave together.
func (l rawLane) stream(a *attempt, resp *http.Response, body io.Reader) *llm.Error {
	if !a.x.meta.Stream {
		return a.garbage("it answered with a stream that was not asked for")
	}
	buf := newBuffer(streamBuffer)
	defer buf.free()
	resp.ContentLength = -1 // what is hidden or added changes it
	s := &streaming{a: a, resp: resp, tap: l.raw.StreamTap(a.hideUsage)}
	s.out = newOutflow(a.x, framesOf(resp.Header, body, buf.b), s.commit)
	defer s.out.end()
	for {
		f, err := s.out.next()
		if err != nil {
			return s.finish(err)
		}
		if e, done := s.frame(f); done {
			return e
		}
	}
}

func (s *streaming) commit() {
	s.a.commitRaw(s.resp)
	s.a.letGo()
}

// frame handles one event; done reports that the stream is over.
func (s *streaming) frame(f *sse.Frame) (e *llm.Error, done bool) {
	// Half an event says nothing, and would spoil the error event behind it.
	cut := cutShort(f)
	if cut && (len(f.Data) == 0 || f.Data[0] == '{') {
		return nil, false
	}
	v := s.tap.Frame(f)
	if cut && v&wire.Last == 0 {
		return nil, false
	}
	if v&wire.Failed != 0 && !s.a.x.committed {
		s.a.x.setUsage(s.tap.Seen())
		return s.a.failure(s.tap.Seen()), true
	}
	if v&wire.Meaningful != 0 {
		s.a.firstByte()
	}
	raw := f.Raw
	switch {
	case v&wire.Failed != 0:
		raw = s.failed(f)
	case v&wire.Last != 0:
		s.last = true
		s.settle(len(raw))
	case v&wire.Hide != 0:
		return nil, false
	case v&wire.Meaningful == 0 && s.out.hold(f.Raw):
		return nil, false
	}
	if !s.out.write(raw) {
		s.a.x.setUsage(s.tap.Seen())
		return s.a.clientGone(), true
	}
	return nil, false
}

// cutShort reports whether the end of the bytes cut the event in its last
// line, so that its data is not a JSON document.
func cutShort(f *sse.Frame) bool {
	if n := len(f.Raw); n == 0 || f.Raw[n-1] == '\n' || f.Raw[n-1] == '\r' {
		return false
	}
	return !jsontext.Value(f.Data).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// failed settles a stream whose answer turned out to be an error, before the
// client sees the event and leaves, and returns the event to send: the
// upstream's own without our credentials, or ours where they are its subject.
func (s *streaming) failed(f *sse.Frame) []byte {
	s.settle(len(f.Raw))
	if e := s.a.failure(s.tap.Seen()); e.Upstream == nil || e.Upstream.Body == nil {
		return s.a.x.dialect.EncodeStreamError(e)
	}
	return s.a.provider.scrub(f.Raw)
}

// settle records the stream as complete with the next bytes that leave, of
// which there will be so many besides those held.
func (s *streaming) settle(coming int) {
	s.a.x.rec.ResponseBytes += int64(len(s.out.held) + coming)
	s.a.keepTapped(s.tap)
	s.a.complete(s.tap.Seen(), s.resp.StatusCode)
}

// finish ends a stream whose bytes have ended.
func (s *streaming) finish(err error) *llm.Error {
	seen := s.tap.Seen()
	clean := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case s.last:
		return nil
	case s.a.x.settled: // its error has been passed on
		return nil
	case clean && (seen.Finish != llm.FinishNone || seen.Err != nil):
		// Some upstreams end without the protocol's own end; the answer is
		// whole, or its error has been passed on.
		s.settle(0)
		if !s.a.x.committed && !s.out.write(nil) {
			return s.a.clientGone()
		}
		return nil
	}
	e := s.a.cutOff(err, clean)
	s.a.x.setUsage(seen) // another attempt forgets it
	if !s.a.x.committed {
		return e
	}
	if stop := s.a.x.stopped(); stop != nil {
		e = stop
	}
	s.out.breakOff(e, s.a.x.dialect.EncodeStreamError(e))
	return nil
}

// cutOff says why a stream's bytes ended before its answer did.
func (a *attempt) cutOff(err error, clean bool) *llm.Error {
	if errors.Is(err, sse.ErrTooLong) {
		return a.garbage("an event of its stream is too large")
	}
	if !clean {
		return a.classify(err)
	}
	e := llm.Errorf(llm.KindUpstream, upstream.CodeCut, "provider %q: the stream ended before the answer did", a.provider.Slug)
	e.Scope = llm.ScopeModel
	return e
}
