package anthropic

import (
	"bytes"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EventDecoder reads one stream of POST /v1/messages.
func (Codec) EventDecoder(wire.Target) wire.EventDecoder {
	return &eventDecoder{msg: messageDecoder{resp: &llm.Response{}}}
}

// doneData ends the streams of another protocol, and of some who imitate both.
const doneData = "[DONE]"

// maxOpen bounds the blocks an upstream may have open at one time; the
// protocol allows one, careless upstreams open one per parallel call.
const maxOpen = 1024

// eventDecoder reads one stream; it has a method for every type of event.
type eventDecoder struct {
	msg     messageDecoder
	open    []*inBlock // in order of appearance
	next    int        // index of the next block
	started bool
	ended   bool
	ev      llm.Event // reused: events are valid only while they are emitted
	out     func(*llm.Event)
}

// eventDecoders has an entry for every event with a canonical form; others
// pass as opaque.
var eventDecoders = map[string]func(*eventDecoder, llm.Raw) error{
	"message_start":       (*eventDecoder).messageStart,
	"content_block_start": (*eventDecoder).blockStart,
	"content_block_delta": (*eventDecoder).blockDelta,
	"content_block_stop":  (*eventDecoder).blockStop,
	"message_delta":       (*eventDecoder).messageDelta,
	"message_stop":        (*eventDecoder).messageStop,
	"ping":                (*eventDecoder).ping,
	"error":               (*eventDecoder).failed,
}

// Push reads one frame. Frames after the end of the stream are ignored.
func (d *eventDecoder) Push(f *sse.Frame, emit func(*llm.Event)) error {
	if d.ended || !f.HasData || string(f.Data) == doneData {
		return nil
	}
	data := cleanText(f.Data)
	d.out = emit
	if err := wirejson.Check(data); err != nil {
		if string(f.Event) == "error" {
			return d.failed(data)
		}
		return garbled(err, "an event of the upstream's stream is not JSON")
	}
	decode := eventDecoders[string(eventKind(f.Event, data))]
	if decode == nil {
		d.emit(llm.Event{Type: llm.EventOpaque, Native: &llm.Native{Protocol: self, Raw: data}})
		return nil
	}
	return decode(d, data)
}

// eventKind says what an event is: its data's type or, where that says
// nothing, the event's name. Errors come without a type, too, and as the bare
// error object. The result aliases its arguments.
func eventKind(name, data []byte) []byte {
	kind := plainText(wirejson.Member(data, "type"))
	switch {
	case len(kind) == 0 && saysError("", wirejson.Member(data, "error")):
		return []byte("error")
	case len(kind) == 0:
		return name
	case string(name) == "error" && eventDecoders[string(kind)] == nil:
		return name
	}
	return kind
}

// plainText returns the text of a JSON string, in place if it has no escapes.
func plainText(v llm.Raw) []byte {
	if n := len(v); n >= 2 && v[0] == '"' && bytes.IndexByte(v, '\\') < 0 {
		return v[1 : n-1]
	}
	s, _ := wirejson.Text(v)
	return []byte(s)
}

// End closes what is open and fails the stream if message_stop was not seen.
func (d *eventDecoder) End(emit func(*llm.Event)) {
	if d.ended {
		return
	}
	d.out = emit
	d.fail(garbledEnd())
}

func garbledEnd() *llm.Error {
	e := llm.Errorf(llm.KindUpstream, "stream_truncated", "the upstream's stream ended before message_stop")
	e.Scope = llm.ScopeProvider
	return e
}

func (d *eventDecoder) emit(ev llm.Event) {
	d.ev = ev
	d.out(&d.ev)
}

// fail ends the stream with an error.
func (d *eventDecoder) fail(e *llm.Error) {
	d.closeAll()
	d.ended = true
	d.emit(llm.Event{Type: llm.EventFail, Err: e})
}

func (d *eventDecoder) closeAll() {
	for _, b := range d.open {
		d.emit(b.end())
	}
	d.open = nil
}

func (d *eventDecoder) messageStart(data llm.Raw) error {
	if d.started { // some gateways say it twice
		return nil
	}
	if !d.msg.begin(data) {
		return garbled(nil, "message_start of the upstream's stream holds no message")
	}
	d.started = true
	d.msg.resp.ServiceTier = d.msg.usage.tier
	d.emit(llm.Event{Type: llm.EventStart, Response: d.msg.resp})
	d.emitUsage()
	return nil
}

func (d *eventDecoder) emitUsage() {
	if u := d.msg.usage.canonical(); u != nil {
		d.emit(llm.Event{Type: llm.EventUsage, Usage: u})
	}
}

// begun fails for content that comes before message_start.
func (d *eventDecoder) begun(what string) error {
	if !d.started {
		return garbled(nil, "the upstream's stream has %s before message_start", what)
	}
	return nil
}

func (d *eventDecoder) blockStart(data llm.Raw) error {
	if err := d.begun("content_block_start"); err != nil {
		return err
	}
	number, _ := wirejson.Int(wirejson.Member(data, "index"))
	if d.find(number) != nil {
		return garbled(nil, "the upstream's stream starts content block %d twice", number)
	}
	if len(d.open) >= maxOpen {
		return garbled(nil, "the upstream's stream has more than %d content blocks open", maxOpen)
	}
	block, err := decodeBlock(wirejson.Member(data, "content_block"))
	if err != nil {
		return garbled(under(err, "content_block"), "the upstream's stream starts a content block that makes no sense")
	}
	b := &inBlock{number: number, index: d.next, block: identified(block, d.msg.resp.ID, d.next)}
	d.next++
	d.open = append(d.open, b)
	b.start(d)
	return nil
}

// find returns the open block of the upstream's number, or nil.
func (d *eventDecoder) find(number int64) *inBlock {
	for _, b := range d.open {
		if b.number == number {
			return b
		}
	}
	return nil
}

// named returns the open block an event speaks of.
func (d *eventDecoder) named(data llm.Raw) (*inBlock, error) {
	number, ok := wirejson.Int(wirejson.Member(data, "index"))
	if !ok {
		return nil, garbled(nil, "an event of the upstream's stream does not say which content block it is of")
	}
	b := d.find(number)
	if b == nil {
		return nil, garbled(nil, "the upstream's stream goes on with content block %d, which is not open", number)
	}
	return b, nil
}

func (d *eventDecoder) blockDelta(data llm.Raw) error {
	b, err := d.named(data)
	if err != nil {
		return err
	}
	return b.delta(d, wirejson.Member(data, "delta"))
}

func (d *eventDecoder) blockStop(data llm.Raw) error {
	b, err := d.named(data)
	if err != nil {
		return err
	}
	b.fillInput(d)
	d.emit(b.end())
	d.open = slices.DeleteFunc(d.open, func(o *inBlock) bool { return o == b })
	return nil
}

func (d *eventDecoder) messageDelta(data llm.Raw) error {
	if err := d.begun("message_delta"); err != nil {
		return err
	}
	d.msg.delta(data)
	if c := d.msg.finished(); c.FinishRaw != "" {
		d.emit(llm.Event{
			Type: llm.EventFinish, Finish: c.Finish, FinishRaw: c.FinishRaw,
			StopSequence: c.StopSequence, Explanation: c.Explanation, Ext: c.Ext,
		})
	}
	d.emitUsage()
	return nil
}

func (d *eventDecoder) messageStop(llm.Raw) error {
	if err := d.begun("message_stop"); err != nil {
		return err
	}
	d.closeAll()
	d.ended = true
	d.emit(llm.Event{Type: llm.EventEnd})
	return nil
}

func (d *eventDecoder) ping(llm.Raw) error {
	d.emit(llm.Event{Type: llm.EventPing})
	return nil
}

func (d *eventDecoder) failed(data llm.Raw) error {
	d.fail(judge(upstreamError(0, data)))
	return nil
}
