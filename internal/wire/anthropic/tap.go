package anthropic

import (
	"bytes"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// streamTap reads one stream as the event decoder does, but only the events
// that tell what must be accounted: those of content are known by how they
// begin and are not decoded.
type streamTap struct {
	msg     messageDecoder
	started bool
	ended   bool
	seen    wire.Seen
}

// deltaHeads is how the data of a content_block_delta begins: the API writes
// the type first, and so do most who imitate it.
var deltaHeads = [...][]byte{
	[]byte(`{"type":"content_block_delta"`),
	[]byte(`{"type": "content_block_delta"`),
}

// Frame reads one event. What comes behind the end of the message passes unread.
func (t *streamTap) Frame(f *sse.Frame) wire.Verdict {
	if t.ended || !f.HasData {
		return 0
	}
	for _, head := range deltaHeads {
		if bytes.HasPrefix(f.Data, head) {
			return wire.Meaningful
		}
	}
	return t.read(f)
}

func (t *streamTap) read(f *sse.Frame) wire.Verdict {
	data := cleanText(f.Data)
	if wirejson.Check(data) != nil {
		return t.garbled(f, data)
	}
	switch string(eventKind(f.Event, data)) {
	case "content_block_delta":
		return wire.Meaningful
	case "content_block_start":
		return startVerdict(wirejson.Member(data, "content_block"))
	case "message_start":
		if !t.started { // as the decoder: some gateways say it twice
			t.started = t.msg.begin(data)
		}
	case "message_delta":
		t.msg.delta(data)
		return wire.Meaningful
	case "message_stop":
		t.ended = true
		return wire.Last
	case "error":
		return t.failed(data)
	}
	return 0
}

// garbled judges what is no JSON: a text of an error, "[DONE]" of those who
// come from another protocol, or something that says nothing.
func (t *streamTap) garbled(f *sse.Frame, data []byte) wire.Verdict {
	if string(f.Event) == "error" && string(data) != doneData {
		return t.failed(data)
	}
	return 0
}

func (t *streamTap) failed(data []byte) wire.Verdict {
	t.ended = true
	t.seen.Err = upstreamError(0, data)
	return wire.Meaningful | wire.Failed
}

// startVerdict is that of a content_block_start. A text or thinking that is
// still empty says nothing yet; every other block is of use by itself.
func startVerdict(block llm.Raw) wire.Verdict {
	kind := ""
	said := false
	for name, v := range wirejson.Members(block) {
		switch string(name) {
		case "type":
			kind, _ = wirejson.Text(v)
		case "text", "thinking", "signature":
			s, _ := wirejson.Text(v)
			said = said || s != ""
		}
	}
	if (kind == "text" || kind == "thinking") && !said {
		return 0
	}
	return wire.Meaningful
}

// Seen returns what has been read so far.
func (t *streamTap) Seen() *wire.Seen {
	t.msg.tell(&t.seen)
	return &t.seen
}

// tell says what is known of a message so far.
func (d *messageDecoder) tell(s *wire.Seen) {
	s.ID, s.Model = d.resp.ID, d.resp.Model
	s.Finish, s.FinishRaw = d.choice.Finish, d.choice.FinishRaw
	s.Usage = d.usage.canonical()
}

// bodyMembers are the members of a whole answer that the tap reads, the last
// three of them of an error.
var bodyMembers = []string{"type", "id", "model", "stop_reason", "usage", "error", "request_id", "message", "code"}

var bodyPaths = jsonspan.NewPaths(bodyMembers...)

// What the tap looks for by itself, in the order of bodyMembers.
const (
	atType  = 0
	atError = 5
)

// bodyTap picks those members out of one whole answer.
type bodyTap struct {
	watch *jsonspan.Watch
	seen  wire.Seen
}

func newBodyTap() *bodyTap { return &bodyTap{watch: jsonspan.NewWatch(bodyPaths)} }

// Write takes the next bytes of the answer.
func (t *bodyTap) Write(p []byte) { t.watch.Feed(p) }

// Seen returns what the answer said.
func (t *bodyTap) Seen() *wire.Seen {
	t.seen = wire.Seen{}
	kind, _ := wirejson.Text(t.value(atType))
	if saysError(kind, t.value(atError)) {
		t.seen.Err = upstreamError(0, t.object())
		return &t.seen
	}
	d := messageDecoder{resp: &llm.Response{}}
	for i, name := range bodyMembers[:atError] {
		d.member([]byte(name), t.value(i))
	}
	d.tell(&t.seen)
	return &t.seen
}

// value returns a member, unless the end of the bytes cut it.
func (t *bodyTap) value(i int) llm.Raw {
	v := cleanText(t.watch.Value(i))
	if wirejson.Check(v) != nil {
		return nil
	}
	return v
}

// object puts an error together again from its members.
func (t *bodyTap) object() []byte {
	var w writer
	w.open('{')
	for i, name := range bodyMembers {
		if v := t.value(i); v != nil {
			w.raw(name, v)
		}
	}
	w.close('}')
	return w.b
}
