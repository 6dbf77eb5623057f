package relay

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/upstream"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

const (
	// holdBytes and holdFor bound how much and how long a stream's opening is
	// held back in the hope of an error that another target could mend.
	holdBytes = 64 << 10
	holdFor   = 3 * time.Second

	streamBuffer = 2 << 10
)

// streaming is the state of one stream on its way to the client.
type streaming struct {
	a      *attempt
	resp   *http.Response
	reader *sse.Reader
	tap    wire.StreamTap

	held  []byte    // frames that wait for the first meaningful one
	began time.Time // when the answer's head came
	last  bool      // the protocol's own end has been seen
	open  bool      // the client's last line has no end yet
}

// stream relays an answer that is a stream of events, as they arrive: each
// event is written whole and flushed at once, unless the next one is in memory
// already, in which case both leave together.
func (a *attempt) stream(resp *http.Response, body io.Reader) *llm.Error {
	buf := newBuffer(streamBuffer)
	defer buf.free()
	resp.ContentLength = -1 // what is hidden or added changes it
	s := &streaming{
		a: a, resp: resp, tap: a.raw.StreamTap(a.hideUsage),
		reader: sse.NewReader(body, buf.b, 0),
		began:  a.x.relay.o.Clock(),
	}
	for {
		f, err := s.reader.Next()
		if err != nil {
			return s.finish(err)
		}
		if e, done := s.frame(f); done {
			return e
		}
	}
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
	case v&wire.Meaningful == 0 && !s.a.x.committed && s.hold(f):
		return nil, false
	}
	if !s.write(raw) {
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

// hold keeps a frame back and reports whether it did.
func (s *streaming) hold(f *sse.Frame) bool {
	if len(s.held)+len(f.Raw) > holdBytes || s.a.x.relay.o.Clock().Sub(s.began) > holdFor {
		return false
	}
	s.held = append(s.held, f.Raw...)
	return true
}

// write sends held and new bytes and flushes unless more is at hand.
func (s *streaming) write(p []byte) bool {
	x := s.a.x
	x.extend()
	if !x.committed {
		s.a.commit(s.resp)
		s.a.letGo()
		if len(s.held) > 0 {
			n, err := x.w.Write(s.held)
			x.rec.ResponseBytes += int64(n)
			s.held = nil
			if err != nil {
				return false
			}
		}
	}
	if len(p) > 0 {
		s.open = p[len(p)-1] != '\n' && p[len(p)-1] != '\r'
	}
	n, err := x.w.Write(p)
	x.rec.ResponseBytes += int64(n)
	if err != nil {
		return false
	}
	if s.reader.Buffered() {
		return true
	}
	return x.control.Flush() == nil
}

// settle records the stream as complete with the next bytes that leave, of
// which there will be so many besides those held.
func (s *streaming) settle(coming int) {
	s.a.x.rec.ResponseBytes += int64(len(s.held) + coming)
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
		if !s.a.x.committed && !s.write(nil) {
			return s.a.clientGone()
		}
		return nil
	}
	var e *llm.Error
	if clean {
		e = llm.Errorf(llm.KindUpstream, upstream.CodeCut, "provider %q: the stream ended before the answer did", s.a.provider.Slug)
		e.Scope = llm.ScopeModel
	} else {
		e = s.a.classify(err)
	}
	if !s.a.x.committed {
		return e
	}
	return s.breakOff(e, seen)
}

// breakOff ends a stream the client has seen part of with an error event.
func (s *streaming) breakOff(e *llm.Error, seen *wire.Seen) *llm.Error {
	x := s.a.x
	x.setUsage(seen)
	if x.gone(e) {
		return nil
	}
	x.rec.Status = record.StatusFailed
	x.note(e)
	x.settle()
	end := x.dialect.EncodeStreamError(e)
	if s.open {
		end = append([]byte("\n\n"), end...)
	}
	if _, err := x.w.Write(end); err == nil {
		_ = x.control.Flush() // the request is over either way
	}
	return nil
}

// failure makes a real error of one that came inside a 200 answer. What it
// means for the client is the same as if it had come with a status: above all,
// a refused credential is ours, not the client's.
func (a *attempt) failure(seen *wire.Seen) *llm.Error {
	said := *seen.Err
	said.Body = a.provider.scrub(said.Body)
	if status := statusOf(&said); status != 0 {
		if e := upstream.StatusError(a.provider.Slug, status, nil, nil, time.Time{}); e.Code == upstream.CodeAuth {
			e.Upstream = nil // it may quote the credential in part
			return e
		}
	}
	e := inside(a.provider.Slug, &said)
	a.conceal(e)
	return e
}

// inside says what an error event means. Vendors put an HTTP status into its
// code as often as a word.
func inside(provider string, said *llm.UpstreamError) *llm.Error {
	e := llm.Errorf(llm.KindUpstream, upstream.CodeStatus, "provider %q: it failed inside its answer", provider)
	e.Scope, e.Upstream = llm.ScopeModel, said
	if said.Message != "" {
		e.Message = said.Message
	}
	if status := statusOf(said); status != 0 {
		e.Kind, e.Scope, _ = upstream.ClassifyStatus(status, nil, time.Time{})
	}
	if said.Code != "" {
		e.Code = said.Code
	}
	return e
}

var statusByWord = map[string]int{
	"rate_limit_exceeded": 429, "rate_limit_error": 429, "insufficient_quota": 402, "overloaded_error": 529,
	"overloaded": 529, "invalid_request_error": 400, "context_length_exceeded": 400, "server_error": 500,
	"authentication_error": 401, "invalid_api_key": 401, "permission_error": 403, "not_found_error": 404, "timeout": 504,
}

func statusOf(said *llm.UpstreamError) int {
	for _, word := range []string{said.Code, said.Type} {
		if n := statusByWord[word]; n != 0 {
			return n
		}
		if len(word) == 3 && word >= "400" && word <= "599" {
			return int(word[0]-'0')*100 + int(word[1]-'0')*10 + int(word[2]-'0')
		}
	}
	return 0
}
