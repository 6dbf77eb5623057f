package ollama

import (
	"bytes"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// What the taps look for, in the order of answerPaths.
const (
	atPrompt = iota
	atEval
	atReason
	atModel
	atError
	atDone
	atCall
)

var answerPaths = jsonspan.NewPaths(
	metricPrompt, metricEval, "done_reason", "model", "error", "done", "message.tool_calls.*.function.name",
)

var (
	needleDone  = []byte(`"done"`)
	needleError = []byte(`"error"`)
	needleCalls = []byte(`"tool_calls"`)
)

// streamTap reads a stream of lines. Most are decided by looking for a few
// words; only those that hold one are decoded.
type streamTap struct {
	started bool // the first line has been read for its model
	called  bool
	seen    wire.Seen
}

// Seen returns what has been read so far.
func (t *streamTap) Seen() *wire.Seen { return &t.seen }

// Frame reads one line.
func (t *streamTap) Frame(f *sse.Frame) wire.Verdict {
	data := f.Data
	if len(data) == 0 || data[0] != '{' {
		return 0
	}
	if t.started && !isTrue(data, needleDone) && !bytes.Contains(data, needleError) && !bytes.Contains(data, needleCalls) {
		return wire.Meaningful
	}
	return t.decode(data)
}

func (t *streamTap) decode(data []byte) wire.Verdict {
	w := jsonspan.NewWatch(answerPaths)
	w.Feed(data)
	if !t.started {
		t.started = true
		t.seen.Model = openai.Text(w.Value(atModel))
	}
	if openai.IsError(w.Value(atError)) {
		t.seen.Err = cloneOf(data)
		return wire.Meaningful | wire.Failed
	}
	t.called = t.called || len(w.Value(atCall)) > 0
	if done, _ := wirejson.Bool(w.Value(atDone)); !done {
		return wire.Meaningful
	}
	setEnd(&t.seen, w, t.called)
	return wire.Meaningful | wire.Last
}

// setEnd reads what the last line, or the whole answer, says of its end.
func setEnd(s *wire.Seen, w *jsonspan.Watch, called bool) {
	if u := usageOf(w.Value(atPrompt), w.Value(atEval)); u != nil {
		s.Usage = u
	}
	s.FinishRaw = openai.Text(w.Value(atReason))
	s.Finish = finishOf(s.FinishRaw, called)
}

// isTrue reports whether data has the quoted name with the value true. A name
// inside a JSON string has escaped quotes and is not found.
func isTrue(data, name []byte) bool {
	for {
		i := bytes.Index(data, name)
		if i < 0 {
			return false
		}
		data = data[i+len(name):]
		if bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n:"), []byte("true")) {
			return true
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
	s.Model = openai.Text(t.watch.Value(atModel))
	if done, _ := wirejson.Bool(t.watch.Value(atDone)); done {
		setEnd(s, t.watch, len(t.watch.Value(atCall)) > 0)
	}
	if e := t.watch.Value(atError); openai.IsError(e) {
		s.Err = cloneOf(errorBody(e))
		s.Finish = llm.FinishNone
	}
	return s
}

// errorBody puts a value back where an error stands.
func errorBody(v []byte) []byte { return append(append([]byte(`{"error":`), v...), '}') }
