package openaichat

import (
	"bytes"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// What the taps look for, in the order of bodyPaths.
const (
	atUsage = iota
	atFinish
	atModel
	atID
	atError
	atChoices
)

var bodyPaths = jsonspan.NewPaths("usage", "choices.*.finish_reason", "model", "id", "error")

// framePaths takes the choices as a whole: a frame is small, and whether it
// has any choice is what tells the usage chunk from the others.
var framePaths = jsonspan.NewPaths("usage", "-", "model", "id", "error", "choices")

var (
	needleUsage  = []byte(`"usage"`)
	needleFinish = []byte(`"finish_reason"`)
	needleError  = []byte(`"error"`)
	doneData     = []byte("[DONE]")
)

// finishes maps the protocol's finish reasons.
var finishes = map[string]llm.Finish{
	"stop": llm.FinishStop, "length": llm.FinishLength, "tool_calls": llm.FinishToolUse,
	"function_call": llm.FinishToolUse, "content_filter": llm.FinishContentFilter,
}

// streamTap reads a stream of chunks. Most frames are decided by looking for
// three words; only those that hold one are decoded.
type streamTap struct {
	hide    bool
	started bool // the first chunk has been read for its id and model
	told    bool // a chunk has said something, so that the next ones need not be looked into
	seen    wire.Seen
}

// Seen returns what has been read so far.
func (t *streamTap) Seen() *wire.Seen { return &t.seen }

// Frame reads one event.
func (t *streamTap) Frame(f *sse.Frame) wire.Verdict {
	data := f.Data
	if len(data) == 0 || data[0] != '{' {
		if bytes.Equal(bytes.TrimSpace(data), doneData) {
			return wire.Last
		}
		return 0
	}
	if t.told && !hasValue(data, needleUsage) && !hasValue(data, needleFinish) && !hasValue(data, needleError) {
		return wire.Meaningful
	}
	return t.decode(data)
}

func (t *streamTap) decode(data []byte) wire.Verdict {
	w := jsonspan.NewWatch(framePaths)
	w.Feed(data)
	if !t.started {
		t.started = true
		t.seen.Model, t.seen.ID = openai.Text(w.Value(atModel)), openai.Text(w.Value(atID))
	}
	if openai.IsError(w.Value(atError)) {
		// A copy: data is the reader's, and the error outlives it.
		t.seen.Err = openai.DecodeError(0, bytes.Clone(data))
		return wire.Meaningful | wire.Failed
	}
	empty := noChoices(w.Value(atChoices), len(data))
	if !empty {
		c := jsonspan.NewWatch(bodyPaths)
		c.Feed(data)
		setFinish(&t.seen, c.Value(atFinish))
	}
	if u := openai.ParseUsage(w.Value(atUsage)); u != nil {
		t.seen.Usage = u
		if empty && t.hide {
			return wire.Hide
		}
	}
	if empty || !t.told && silent(w.Value(atChoices)) {
		return 0
	}
	t.told = true
	return wire.Meaningful
}

// silences are deltas that open an answer without saying any of it.
var silences = [...]string{
	`{"role":"assistant"}`, `{"role":"assistant","content":""}`, `{"role":"assistant","content":null}`,
	`{"content":"","role":"assistant"}`, `{"role":"assistant","content":"","refusal":null}`,
	`{"role":"assistant","content":null,"refusal":null}`, `{}`,
}

// silent reports whether the first choice only opens the answer: an error may
// still follow, which another target could mend.
func silent(choices []byte) bool {
	w := jsonspan.NewWatch(deltaPaths)
	w.Feed(choices)
	if f := w.Value(1); len(f) > 0 && string(f) != "null" {
		return false
	}
	delta := string(bytes.ReplaceAll(w.Value(0), []byte(" "), nil))
	return slices.Contains(silences[:], delta)
}

var deltaPaths = jsonspan.NewPaths("*.delta", "*.finish_reason")

// maxUsageChunk bounds what can be a chunk of usage alone, in bytes. Choices
// that are longer than a Watch keeps look as if there were none: a chunk with a
// picture must not be taken for one.
const maxUsageChunk = 16 << 10

// noChoices reports whether a chunk of size bytes holds no choice.
func noChoices(choices []byte, size int) bool {
	return size <= maxUsageChunk && (len(bytes.Trim(choices, "[] \t\r\n")) == 0 || bytes.Equal(choices, []byte("null")))
}

// hasValue reports whether data has the quoted name with a value other than
// null. A name inside a JSON string has escaped quotes and is not found.
func hasValue(data, name []byte) bool {
	for {
		i := bytes.Index(data, name)
		if i < 0 {
			return false
		}
		data = data[i+len(name):]
		rest := bytes.TrimLeft(data, " \t\r\n:")
		if !bytes.HasPrefix(rest, []byte("null")) {
			return true
		}
	}
}

func setFinish(s *wire.Seen, raw []byte) {
	if r := openai.Text(raw); r != "" {
		s.FinishRaw = r
		s.Finish = finishes[r]
		if s.Finish == llm.FinishNone {
			s.Finish = llm.FinishStop
		}
	}
}

type bodyTap struct {
	watch *jsonspan.Watch
	seen  wire.Seen
}

// Write takes the next bytes of the answer.
func (t *bodyTap) Write(p []byte) { t.watch.Feed(p) }

// Seen returns what the answer said.
func (t *bodyTap) Seen() *wire.Seen {
	s := &t.seen
	s.Usage = openai.ParseUsage(t.watch.Value(atUsage))
	s.Model, s.ID = openai.Text(t.watch.Value(atModel)), openai.Text(t.watch.Value(atID))
	setFinish(s, t.watch.Value(atFinish))
	if e := t.watch.Value(atError); openai.IsError(e) {
		s.Err = openai.DecodeError(0, append(append([]byte(`{"error":`), e...), '}'))
	}
	return s
}
