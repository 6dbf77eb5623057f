package openai

import (
	"bytes"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
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

// framePaths takes the choices as a whole: a frame is small, and whether it has
// any choice is what tells the usage chunk from the others.
var framePaths = jsonspan.NewPaths("usage", "-", "-", "model", "id", "error", "object", "choices")

var (
	needleUsage  = []byte(`"usage"`)
	needleFinish = []byte(`"finish_reason"`)
	needleError  = []byte(`"error"`) // a member, or an object's kind
	doneData     = []byte("[DONE]")
)

// Tapping says in what the answers of a protocol of the family differ.
type Tapping struct {
	// Finish says why a choice ended, by the protocol's word and the stop
	// sequence that vLLM tells.
	Finish func(word, stop string) llm.Finish
	// Silent reports whether the choices of a chunk only open the answer, so
	// that it may still fail elsewhere than before the client. Nil: none do.
	Silent func(choices []byte) bool
}

// Chunks makes the tap of one stream.
func (t Tapping) Chunks(hideUsage bool) *ChunkTap { return &ChunkTap{Tapping: t, hide: hideUsage} }

// BodyTap reads one whole answer.
func (t Tapping) BodyTap() wire.BodyTap {
	return &bodyTap{Tapping: t, watch: jsonspan.NewWatch(bodyPaths)}
}

// ChunkTap reads a stream of chunks of chat completions or completions. Most are
// decided by looking for three words; only those that hold one are decoded.
type ChunkTap struct {
	Tapping
	hide    bool
	started bool // the first chunk has been read for its id and model
	told    bool // a chunk has said something, so that the next ones need not be looked into
	ended   bool
	seen    wire.Seen
}

// Seen returns what has been read so far.
func (t *ChunkTap) Seen() *wire.Seen { return &t.seen }

// Chunk reads one event by its name and data. Those behind the end, or behind an
// error, say nothing.
func (t *ChunkTap) Chunk(event, data []byte) wire.Verdict {
	data = bytes.TrimSpace(data)
	isError := string(event) == "error"
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
	case t.told && !hasValue(data, needleUsage) && !hasValue(data, needleFinish) && !hasValue(data, needleError):
		return wire.Meaningful
	}
	return t.decode(data)
}

func (t *ChunkTap) decode(data []byte) wire.Verdict {
	w := jsonspan.NewWatch(framePaths)
	w.Feed(data)
	if tellsError(w) {
		return t.failed(data)
	}
	if !t.started {
		t.started = true
		t.seen.Model, t.seen.ID = Text(w.Value(atModel)), Text(w.Value(atID))
	}
	empty := noChoices(w.Value(atChoices), len(data))
	if !empty {
		c := jsonspan.NewWatch(bodyPaths)
		c.Feed(data)
		t.setFinish(&t.seen, c)
	}
	if u := ParseUsage(w.Value(atUsage)); u != nil {
		t.seen.Usage = u
		if empty && t.hide {
			return wire.Hide
		}
	}
	if empty || !t.told && t.Silent != nil && t.Silent(w.Value(atChoices)) {
		return 0
	}
	t.told = true
	return wire.Meaningful
}

func (t *ChunkTap) failed(data []byte) wire.Verdict {
	t.ended = true
	t.seen.Err = upstreamError(data)
	return wire.Meaningful | wire.Failed
}

// tellsError reports whether an answer or a chunk is an error.
func tellsError(w *jsonspan.Watch) bool {
	return IsError(w.Value(atError)) || Text(w.Value(atObject)) == "error"
}

// upstreamError reads an error of either shape. It keeps a copy of data, which
// is the reader's.
func upstreamError(data []byte) *llm.UpstreamError {
	if e := ErrorIn(data); e != nil {
		return e.Upstream
	}
	// An event of the name in words of its own.
	if e := ErrorIn(slices.Concat([]byte(`{"error":`), data, []byte{'}'})); e != nil {
		e.Upstream.Body = bytes.Clone(data[:min(len(data), maxErrorBody)])
		return e.Upstream
	}
	return &llm.UpstreamError{Body: bytes.Clone(data[:min(len(data), maxErrorBody)])}
}

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
		if !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n:"), []byte("null")) {
			return true
		}
	}
}

func (t Tapping) setFinish(s *wire.Seen, w *jsonspan.Watch) {
	if word := Text(w.Value(atFinish)); word != "" {
		s.FinishRaw, s.Finish = word, t.Finish(word, Text(w.Value(atStop)))
	}
}

type bodyTap struct {
	Tapping
	watch *jsonspan.Watch
	seen  wire.Seen
}

// Write takes the next bytes of the answer.
func (t *bodyTap) Write(p []byte) { t.watch.Feed(p) }

// Seen returns what the answer said.
func (t *bodyTap) Seen() *wire.Seen {
	s := &t.seen
	s.Usage = ParseUsage(t.watch.Value(atUsage))
	s.Model, s.ID = Text(t.watch.Value(atModel)), Text(t.watch.Value(atID))
	t.setFinish(s, t.watch)
	switch e := t.watch.Value(atError); {
	case IsError(e):
		s.Err = upstreamError(slices.Concat([]byte(`{"error":`), e, []byte{'}'}))
	case tellsError(t.watch):
		s.Err = upstreamError(t.flatError())
	}
	return s
}

// flatError puts an error together again whose members stand in the body itself.
func (t *bodyTap) flatError() []byte {
	b := []byte{'{'}
	for i, name := range errorNames {
		v := t.watch.Value(atObject + i)
		if len(v) == 0 {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), name...), `":`...)
		b = append(b, v...)
	}
	return append(b, '}')
}
