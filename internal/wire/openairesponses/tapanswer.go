package openairesponses

import (
	"bytes"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// What the taps look for in a response object, in the order of answerPaths.
const (
	atUsage = iota
	atStatus
	atReason
	atModel
	atID
	atError
)

var answerPaths = jsonspan.NewPaths("usage", "status", "incomplete_details.reason", "model", "id", "error")

// answer reads a response object that passes by in pieces. It may be large
// (pictures, the request's own tools), so it is watched and not decoded.
type answer struct {
	watch *jsonspan.Watch
	items outputItems
}

func newAnswer() answer { return answer{watch: jsonspan.NewWatch(answerPaths)} }

func (a *answer) write(p []byte) {
	a.watch.Feed(p)
	a.items.write(p)
}

// tell fills s with what the object said. status is what its event says of it,
// or "". It reports whether the response failed.
func (a *answer) tell(s *wire.Seen, status string) (failed bool) {
	if id := textOf(a.watch.Value(atID)); id != "" {
		s.ID = id
	}
	if model := textOf(a.watch.Value(atModel)); model != "" {
		s.Model = model
	}
	if u := a.usage(); u != nil {
		s.Usage = u
	}
	if status == "" {
		status = textOf(a.watch.Value(atStatus))
	}
	failure := a.watch.Value(atError)
	if status == statusFailed || openai.IsError(failure) && status != statusCancelled {
		s.Finish, s.FinishRaw = llm.FinishError, statusFailed
		if s.Err == nil {
			s.Err = failureOf(failure, errorBody(failure))
		}
		return true
	}
	if status == "" && a.items.ended { // some servers say it only by the output
		status = statusCompleted
	}
	if status != "" {
		s.Finish, s.FinishRaw = finishOf(status, textOf(a.watch.Value(atReason)), a.items.seen)
	}
	return false
}

// usage returns the usage with the searches that the items tell.
func (a *answer) usage() *llm.Usage {
	var u *llm.Usage
	if raw := a.watch.Value(atUsage); wirejson.Check(raw) == nil { // not cut short
		u = decodeUsage(raw)
	}
	if n := a.items.seen.searches; n > 0 {
		if u == nil {
			u = &llm.Usage{}
		}
		u.Searches = n
	}
	return u
}

// failureOf reads an error object, or text, inside an answer. body is what is
// kept of the upstream's words; it must not alias a buffer of the reader's.
func failureOf(raw, body []byte) *llm.UpstreamError {
	u := readError(raw)
	if text, ok := wirejson.Text(raw); ok {
		u.message = text
	}
	if code := wirejson.Member(raw, "code"); wirejson.KindOf(code) == '0' {
		u.code = string(code) // gateways put the status there that would have been
	}
	if u.message == "" {
		u.message = "The response failed, and the upstream did not say why."
	}
	return &llm.UpstreamError{Type: u.kind, Code: u.code, Message: u.message, Body: body}
}

// errorBody returns the body of an answer that has no more than this error.
func errorBody(raw []byte) []byte {
	if len(raw) == 0 {
		raw = []byte("null")
	}
	return append(append([]byte(`{"error":`), raw...), '}')
}

type bodyTap struct {
	answer answer
	seen   wire.Seen
	keep   int
	body   []byte
}

// Write takes the next bytes of the answer.
func (t *bodyTap) Write(p []byte) {
	t.answer.write(p)
	switch {
	case len(t.body)+len(p) <= t.keep:
		t.body = append(t.body, p...)
	default:
		t.keep, t.body = 0, nil
	}
}

// Seen returns what the answer said.
func (t *bodyTap) Seen() *wire.Seen {
	t.seen = wire.Seen{}
	t.answer.tell(&t.seen, "")
	return &t.seen
}

// Final returns the body, see Finalizer.
func (t *bodyTap) Final() []byte {
	if t.Seen().Err != nil {
		return nil
	}
	return whole(bytes.Clone(t.body))
}

// whole returns b if it is a JSON object, else nil.
func whole(b []byte) []byte {
	b = bytes.TrimSpace(b)
	if wirejson.KindOf(b) != '{' || wirejson.Check(b) != nil {
		return nil
	}
	return slices.Clip(b)
}
