package gemini

import (
	"bytes"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// heard is what an answer has said so far. Every chunk of a stream counts the
// tokens anew, so the counts stay text until somebody asks for them.
type heard struct {
	seen     wire.Seen
	usage    []byte // the last usageMetadata
	finish   string // the last finishReason
	blocked  string // why the prompt was refused
	called   bool   // a function of the client's
	searches int64
}

// tell returns what has been heard in canonical words.
func (h *heard) tell() *wire.Seen {
	s := &h.seen
	s.Usage = nil
	if len(h.usage) > 0 && wirejson.Check(h.usage) == nil { // not cut short
		if u, err := decodeUsage(h.usage); err == nil {
			u.Searches = h.searches
			s.Usage = &u
		}
	}
	switch {
	case h.finish != "":
		s.Finish, s.FinishRaw = finishOf(h.finish, h.called), h.finish
	case h.blocked != "":
		s.Finish, s.FinishRaw = llm.FinishContentFilter, h.blocked
	}
	return s
}

// reasonIn returns a reason, or "" for none; the API has a word for none, too.
func reasonIn(raw llm.Raw) string {
	switch s, _ := wirejson.Text(raw); s {
	case "FINISH_REASON_UNSPECIFIED", "BLOCKED_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED":
		return ""
	default:
		return s
	}
}

// isError reports whether an "error" member tells of one.
func isError(raw llm.Raw) bool {
	switch wirejson.KindOf(raw) {
	case '{':
		return countMembers(raw) > 0
	case '"':
		s, _ := wirejson.Text(raw)
		return s != ""
	}
	return false
}

// errorOf reads an error inside an answer. body is what is kept of the
// upstream's words; it must not alias a buffer of the reader's.
func errorOf(raw llm.Raw, body []byte) *llm.UpstreamError {
	s := readStatus(raw)
	up := s.toError(&llm.UpstreamError{Status: s.code, Body: body}).Upstream
	if s.code == 0 {
		up.Code = ""
	}
	return up
}

// maxUsage bounds what is kept of one count, in bytes; a count has some hundred.
const maxUsage = 64 << 10

// streamTap reads a stream of chunks. The protocol has no end of its own: the
// counts may follow the finish, so no frame is known to be the last.
type streamTap struct{ heard }

// Seen returns what has been read so far.
func (t *streamTap) Seen() *wire.Seen { return t.tell() }

// Frame reads one event.
func (t *streamTap) Frame(f *sse.Frame) wire.Verdict {
	var v wire.Verdict
	for name, raw := range wirejson.Members(f.Data) {
		switch string(name) {
		case "candidates":
			if t.candidates(raw) {
				v = wire.Meaningful
			}
		case "usageMetadata":
			if wirejson.KindOf(raw) == '{' && len(raw) <= maxUsage {
				t.usage = append(t.usage[:0], raw...)
			}
		case "modelVersion":
			if t.seen.Model == "" {
				t.seen.Model, _ = wirejson.Text(raw)
			}
		case "responseId":
			if t.seen.ID == "" {
				t.seen.ID, _ = wirejson.Text(raw)
			}
		case "promptFeedback":
			if r := reasonIn(wirejson.Member(raw, "blockReason")); r != "" {
				t.blocked, v = r, wire.Meaningful
			}
		case "error":
			if isError(raw) {
				return t.failed(raw, f.Data)
			}
		}
	}
	return v
}

func (t *streamTap) failed(raw llm.Raw, data []byte) wire.Verdict {
	if t.seen.Err == nil {
		t.seen.Err = errorOf(raw, bytes.Clone(data[:min(len(data), maxErrorBody)]))
	}
	return wire.Meaningful | wire.Failed
}

// candidates reads the candidates of a chunk and reports whether there is
// something in them to show.
func (t *streamTap) candidates(raw llm.Raw) (meaningful bool) {
	for _, c := range wirejson.Elements(raw) {
		for name, v := range wirejson.Members(c) {
			switch string(name) {
			case "content":
				meaningful = t.parts(wirejson.Member(v, "parts")) || meaningful
			case "finishReason":
				if r := reasonIn(v); r != "" {
					t.finish, meaningful = r, true
				}
			case "groundingMetadata":
				t.searches = max(t.searches, searches(v))
			}
		}
	}
	return meaningful
}

func (t *streamTap) parts(raw llm.Raw) (meaningful bool) {
	for _, p := range wirejson.Elements(raw) {
		for name, v := range wirejson.Members(p) {
			switch string(name) {
			case "thought": // it says of what kind the text beside it is
			case "text":
				meaningful = meaningful || string(v) != `""`
			case "functionCall":
				t.called = t.called || countMembers(v) > 0 // else the end mark of one told in pieces
				meaningful = true
			default:
				meaningful = true
			}
		}
	}
	return meaningful
}
