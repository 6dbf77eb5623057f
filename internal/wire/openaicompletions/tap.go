package openaicompletions

import (
	"bytes"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// What the taps look for, in the order of the paths.
const (
	atUsage = iota
	atFinish
	atStop // vLLM: the stop sequence, or the number of a token
	atModel
	atID
	atError
	atObject
	atChoices // as a whole; in a body there is no room for them
)

// errorNames are the members of an error that is not in an "error" member
// (vLLM); in a body they stand in the paths from atObject on.
var errorNames = []string{"object", "message", "type", "code"}

var bodyPaths = jsonspan.NewPaths(append([]string{
	"usage", "choices.*.finish_reason", "choices.*.stop_reason", "model", "id", "error",
}, errorNames...)...)

// framePaths takes the choices as a whole: whether a chunk has any is what
// tells the usage chunk from the others.
var framePaths = jsonspan.NewPaths("usage", "-", "-", "model", "id", "error", "object", "choices")

var (
	needleUsage  = []byte(`"usage"`)
	needleFinish = []byte(`"finish_reason"`)
	needleError  = []byte(`"error"`) // a member, or an object's kind
)

// streamTap reads a stream of chunks. Most are decided by looking for three
// words; only those that hold one are decoded.
type streamTap struct {
	hide    bool
	started bool // the first chunk has been read for its id and model
	ended   bool
	seen    wire.Seen
}

// Seen returns what has been read so far.
func (t *streamTap) Seen() *wire.Seen { return &t.seen }

// Frame reads one event.
func (t *streamTap) Frame(f *sse.Frame) wire.Verdict {
	data := bytes.TrimSpace(f.Data)
	isError := string(f.Event) == "error"
	switch {
	case t.ended:
		return 0
	case bytes.Equal(data, doneData):
		t.ended = true
		return wire.Last
	case len(data) == 0 || data[0] != '{' && !isError:
		return 0
	case isError:
		return t.failed(data)
	case t.started && !hasValue(data, needleUsage) && !hasValue(data, needleFinish) && !hasValue(data, needleError):
		return wire.Meaningful
	}
	return t.decode(data)
}

func (t *streamTap) decode(data []byte) wire.Verdict {
	w := jsonspan.NewWatch(framePaths)
	w.Feed(data)
	if isError(w) {
		return t.failed(data)
	}
	if !t.started {
		t.started = true
		t.seen.Model, t.seen.ID = openai.Text(w.Value(atModel)), openai.Text(w.Value(atID))
	}
	empty := noChoices(w.Value(atChoices), len(data))
	if !empty {
		c := jsonspan.NewWatch(bodyPaths)
		c.Feed(data)
		setFinish(&t.seen, c)
	}
	if u := openai.ParseUsage(w.Value(atUsage)); u != nil {
		t.seen.Usage = u
		if empty && t.hide {
			return wire.Hide
		}
	}
	if empty {
		return 0
	}
	return wire.Meaningful
}

func (t *streamTap) failed(data []byte) wire.Verdict {
	t.ended = true
	t.seen.Err = errorOf(data)
	return wire.Meaningful | wire.Failed
}

// isError reports whether an answer or a chunk is an error.
func isError(w *jsonspan.Watch) bool {
	return openai.IsError(w.Value(atError)) || openai.Text(w.Value(atObject)) == "error"
}

// errorOf reads an error of either shape. It keeps a copy of data, which is the
// reader's.
func errorOf(data []byte) *llm.UpstreamError {
	if e := openai.ErrorIn(data); e != nil {
		return e.Upstream
	}
	// An event of the name in words of its own.
	if e := openai.ErrorIn(slices.Concat([]byte(`{"error":`), data, []byte{'}'})); e != nil {
		e.Upstream.Body = bytes.Clone(data)
		return e.Upstream
	}
	return &llm.UpstreamError{Body: bytes.Clone(data)}
}

// maxUsageChunk bounds what can be a chunk of usage alone, in bytes. Choices
// that are longer than a Watch keeps look as if there were none.
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
		if !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n:"), []byte("null")) {
			return true
		}
	}
}

func setFinish(s *wire.Seen, w *jsonspan.Watch) {
	if raw := openai.Text(w.Value(atFinish)); raw != "" {
		s.FinishRaw, s.Finish = raw, finishOf(raw, openai.Text(w.Value(atStop)))
	}
}

// bodyTap reads one whole answer.
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
	setFinish(s, t.watch)
	switch e := t.watch.Value(atError); {
	case openai.IsError(e):
		s.Err = errorOf(slices.Concat([]byte(`{"error":`), e, []byte{'}'}))
	case isError(t.watch):
		s.Err = errorOf(t.flatError())
	}
	return s
}

// flatError puts an error together again whose members stand in the body itself.
func (t *bodyTap) flatError() []byte {
	w := wirejson.Writer{B: []byte{'{'}}
	for i, name := range errorNames {
		if v := t.watch.Value(atObject + i); len(v) > 0 {
			w.Raw(name, v)
		}
	}
	w.Close('}')
	return w.B
}
