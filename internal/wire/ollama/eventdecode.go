package ollama

import (
	"bytes"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// maxMembers bounds the unknown members of a stream, which upstreams choose.
const maxMembers = 256

// EventDecoder reads one stream, of /chat or /generate, from frames of package
// ndjson.
func (Codec) EventDecoder(wire.Target) wire.EventDecoder { return &eventDecoder{} }

// eventDecoder reads one stream: what is said is one lane of thinking and text,
// one after another; calls and pictures come whole.
type eventDecoder struct {
	emit    func(*llm.Event)
	ev      llm.Event
	head    llm.Response
	lane    lane
	seed    callSeed
	next    int // index of the next block
	ext     llm.Ext
	probs   wirejson.Writer // probabilities of no text
	started bool
	done    bool
}

// lane is the block of text that is open.
type lane struct {
	kind  llm.DeltaKind // 0 when none is
	index int
	text  wirejson.Carry
}

// send emits an event, which is valid only meanwhile.
func (d *eventDecoder) send(ev llm.Event) {
	d.ev = ev
	d.emit(&d.ev)
}

// Push reads one line.
func (d *eventDecoder) Push(f *sse.Frame, emit func(*llm.Event)) error {
	d.emit = emit
	data := bytes.TrimSpace(f.Data)
	switch {
	case d.done:
		return nil
	case len(data) == 0:
		if d.started {
			d.send(llm.Event{Type: llm.EventPing})
		}
		return nil
	}
	if wirejson.KindOf(data) != '{' {
		return malformed(nil, "The upstream's stream holds a line that is not an answer.")
	}
	if err := wirejson.Check(data); err != nil {
		return malformed(err, "The upstream's stream holds a line that is not valid JSON.")
	}
	a := splitAnswer(data)
	if a.err != nil {
		if e := errorIn(data); e != nil {
			d.fail(e)
			return nil
		}
	}
	if a.malformed {
		return malformed(nil, "The upstream's stream holds a message that is not an object.")
	}
	d.line(&a)
	return nil
}

// line tells what one line says.
func (d *eventDecoder) line(a *answerIn) {
	d.start(a)
	d.say(llm.DeltaReasoning, a.thinking)
	d.say(llm.DeltaText, a.content)
	d.logprobs(a.logprobs)
	for _, b := range readPictures(a.images) {
		d.picture(b)
	}
	for _, c := range d.seed.callsOf(a.calls) {
		d.call(c)
	}
	for _, m := range a.ext {
		m.Value = bytes.Clone(m.Value) // the frame does not stay
		d.ext = setExt(d.ext, m)
	}
	if a.done {
		d.end(a)
	}
}

// start takes the head from the first line.
func (d *eventDecoder) start(a *answerIn) {
	if d.started {
		return
	}
	d.started = true
	if a != nil {
		for _, m := range a.head {
			m.Value = bytes.Clone(m.Value)
			readHead(&d.head, m)
		}
	}
	d.seed = seedOf(&d.head)
	d.send(llm.Event{Type: llm.EventStart, Response: &d.head})
}

// setExt replaces the member of the same scope and name, or appends m while
// there is room.
func setExt(ext llm.Ext, m llm.Member) llm.Ext {
	for i := range ext {
		if ext[i].Protocol == m.Protocol && ext[i].Name == m.Name {
			ext[i].Value = m.Value
			return ext
		}
	}
	if len(ext) >= maxMembers {
		return ext
	}
	return append(ext, m)
}

// say tells a piece of thinking or text.
func (d *eventDecoder) say(kind llm.DeltaKind, v llm.Raw) {
	if s, ok := wirejson.Text(v); !ok || s == "" {
		return
	}
	if d.lane.kind != kind {
		d.closeLane()
		d.lane = lane{kind: kind, index: d.next}
		d.next++
		var header llm.Block = &llm.Text{}
		if kind == llm.DeltaReasoning {
			header = &llm.Reasoning{}
		}
		d.send(llm.Event{Type: llm.EventBlockStart, Index: d.lane.index, Block: header})
	}
	d.delta(d.lane.text.Next(v))
}

func (d *eventDecoder) delta(text string) {
	if text != "" {
		d.send(llm.Event{Type: llm.EventDelta, Index: d.lane.index, Delta: d.lane.kind, Text: text})
	}
}

func (d *eventDecoder) closeLane() {
	if d.lane.kind == 0 {
		return
	}
	d.delta(d.lane.text.Rest())
	d.send(llm.Event{Type: llm.EventBlockStop, Index: d.lane.index})
	d.lane = lane{}
}

// logprobs takes the probabilities of what the line said. Those of thinking
// wait for the text, as in an answer that comes whole.
func (d *eventDecoder) logprobs(v llm.Raw) {
	if d.lane.kind == llm.DeltaText && v != nil && len(d.probs.B) == 0 {
		d.send(llm.Event{Type: llm.EventDelta, Index: d.lane.index, Delta: llm.DeltaLogprobs, Text: string(v)})
		return
	}
	for _, p := range wirejson.Elements(v) {
		d.probs.Elem(p)
	}
	if d.lane.kind == llm.DeltaText && len(d.probs.B) > 0 {
		d.send(llm.Event{Type: llm.EventDelta, Index: d.lane.index, Delta: llm.DeltaLogprobs, Text: "[" + string(d.probs.B) + "]"})
		d.probs.B = nil
	}
}

// whole tells a block that comes in one piece.
func (d *eventDecoder) whole(header llm.Block, kind llm.DeltaKind, text string) {
	d.closeLane()
	index := d.next
	d.next++
	d.send(llm.Event{Type: llm.EventBlockStart, Index: index, Block: header})
	d.send(llm.Event{Type: llm.EventDelta, Index: index, Delta: kind, Text: text})
	d.send(llm.Event{Type: llm.EventBlockStop, Index: index})
}

func (d *eventDecoder) picture(b llm.Block) {
	if m, ok := b.(*llm.Media); ok {
		d.whole(&llm.Media{Kind: m.Kind, MIME: m.MIME}, llm.DeltaData, m.Data)
	}
}

func (d *eventDecoder) call(c *llm.ToolCall) {
	input := string(c.Input)
	c.Input = nil
	if input == "" {
		input = "{}"
	}
	d.whole(c, llm.DeltaInput, input)
}

// end tells that the answer is complete.
func (d *eventDecoder) end(a *answerIn) {
	d.done = true
	d.closeLane()
	if len(d.probs.B) > 0 {
		d.ext = setExt(d.ext, llm.Member{
			Protocol: protocol, Name: "logprobs", Value: append(append([]byte{'['}, d.probs.B...), ']'),
		})
	}
	d.send(llm.Event{
		Type: llm.EventFinish, Finish: finishOf(a.reason, d.seed.count > 0), FinishRaw: a.reason, Ext: d.ext,
	})
	if a.usage != nil {
		d.send(llm.Event{Type: llm.EventUsage, Usage: a.usage})
	}
	d.send(llm.Event{Type: llm.EventEnd})
}

func (d *eventDecoder) fail(e *llm.Error) {
	d.done = true
	d.start(nil)
	d.closeLane()
	d.send(llm.Event{Type: llm.EventFail, Err: e})
}

// End is called at the end of the bytes. A stream without the line that is done
// was cut.
func (d *eventDecoder) End(emit func(*llm.Event)) {
	d.emit = emit
	if d.done {
		return
	}
	e := llm.Errorf(llm.KindUpstream, "stream_truncated", "The upstream's stream ended before the answer was complete.")
	e.Scope = llm.ScopeModel
	d.fail(e)
}
