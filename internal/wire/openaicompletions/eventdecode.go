package openaicompletions

import (
	"bytes"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

var doneData = []byte("[DONE]")

// EventDecoder reads one stream of chunks.
func (Codec) EventDecoder(wire.Target) wire.EventDecoder { return &eventDecoder{} }

// eventDecoder reads one stream: each choice is one growing text. The finish is
// told at the end of the stream.
type eventDecoder struct {
	emit    func(*llm.Event)
	head    llm.Response
	usage   llm.Usage
	choices []*choiceDecoder
	next    int
	started bool
	done    bool
}

type choiceDecoder struct {
	index     int
	block     int
	open      bool
	finished  bool
	text      wirejson.Carry
	finishRaw string
	stop      string
	ext       llm.Ext
}

// Push reads one frame.
func (d *eventDecoder) Push(f *sse.Frame, emit func(*llm.Event)) error {
	d.emit = emit
	data := bytes.TrimSpace(f.Data)
	switch {
	case d.done:
		return nil
	case len(data) == 0:
		if d.started {
			d.emit(&llm.Event{Type: llm.EventPing})
		}
		return nil
	case bytes.Equal(data, doneData):
		d.end()
		return nil
	}
	if wirejson.KindOf(data) != '{' {
		return malformed(nil, "The upstream's stream holds something that is not a chunk.")
	}
	if err := wirejson.Check(data); err != nil {
		return malformed(err, "The upstream's stream holds a chunk that is not valid JSON.")
	}
	d.chunk(data, bytes.Equal(f.Event, []byte("error")))
	return nil
}

func (d *eventDecoder) chunk(data []byte, isError bool) {
	var choices, usage llm.Raw
	failed := false
	for name, v := range wirejson.Members(data) {
		switch string(name) {
		case "choices":
			choices = v
		case "usage":
			usage = v
		case "error":
			failed = failed || !wirejson.IsNull(v)
		case "object":
			isError = isError || string(v) == `"error"`
		default:
			if !d.started {
				d.readHead(name, v)
			}
		}
	}
	if first(choices) != nil || !wirejson.IsNull(usage) || d.head.ID != "" {
		d.start()
	}
	for i, e := range wirejson.Elements(choices) {
		if !d.choice(e, i) {
			d.fail(malformed(nil, "The upstream's stream holds more choices than an answer can have."))
			return
		}
	}
	if u := openai.ParseUsage(usage); u != nil && *u != d.usage {
		d.usage = *u
		d.emit(&llm.Event{Type: llm.EventUsage, Usage: u})
	}
	if !failed && !isError {
		return
	}
	switch e := openai.ErrorIn(data); {
	case e != nil:
		d.fail(e)
	case isError: // in words of its own
		d.fail(openai.ErrorIn(slices.Concat([]byte(`{"error":`), data, []byte{'}'})))
	}
}

func (d *eventDecoder) readHead(name []byte, v llm.Raw) {
	for i := range d.head.Ext { // the first chunks may say it again
		if d.head.Ext[i].Name == string(name) {
			return
		}
	}
	readHead(&d.head, name, bytes.Clone(v))
}

func (d *eventDecoder) start() {
	if !d.started {
		d.started = true
		d.emit(&llm.Event{Type: llm.EventStart, Response: &d.head})
	}
}

// choice reads the part of a chunk that belongs to one choice. It reports false
// when there are too many.
func (d *eventDecoder) choice(v llm.Raw, at int) bool {
	in := splitChoice(v, at)
	c := d.choiceOf(in.index)
	if c == nil {
		return false
	}
	if in.finishRaw != "" {
		c.finishRaw, c.finished = in.finishRaw, true
	}
	if in.stop != "" {
		c.stop = in.stop
	}
	for _, m := range in.ext {
		m.Value = bytes.Clone(m.Value)
		c.ext = setExt(c.ext, m)
	}
	text, _ := wirejson.Text(in.text)
	if text == "" && in.logprobs == nil {
		return true
	}
	if !c.open {
		c.open, c.block = true, d.next
		d.next++
		d.emit(&llm.Event{Type: llm.EventBlockStart, Choice: c.index, Index: c.block, Block: &llm.Text{}})
	}
	d.say(c, llm.DeltaText, c.text.Next(in.text))
	d.say(c, llm.DeltaLogprobs, string(in.logprobs))
	return true
}

// maxMembers bounds the unknown members of a choice, which upstreams choose.
const maxMembers = 256

// setExt replaces the member of the same name, or appends m while there is room.
func setExt(ext llm.Ext, m llm.Member) llm.Ext {
	for i := range ext {
		if ext[i].Name == m.Name {
			ext[i].Value = m.Value
			return ext
		}
	}
	if len(ext) >= maxMembers {
		return ext
	}
	return append(ext, m)
}

func (d *eventDecoder) say(c *choiceDecoder, kind llm.DeltaKind, text string) {
	if text != "" {
		d.emit(&llm.Event{Type: llm.EventDelta, Choice: c.index, Index: c.block, Delta: kind, Text: text})
	}
}

func (d *eventDecoder) choiceOf(index int) *choiceDecoder {
	for _, c := range d.choices {
		if c.index == index {
			return c
		}
	}
	if index >= maxChoices {
		return nil
	}
	c := &choiceDecoder{index: index}
	d.choices = append(d.choices, c)
	return c
}

func (d *eventDecoder) close() {
	for _, c := range d.choices {
		if c.open {
			d.say(c, llm.DeltaText, c.text.Rest())
			d.emit(&llm.Event{Type: llm.EventBlockStop, Choice: c.index, Index: c.block})
			c.open = false
		}
	}
}

func (d *eventDecoder) end() {
	if len(d.choices) == 0 {
		d.fail(malformed(nil, "The upstream's stream ended without an answer."))
		return
	}
	d.done = true
	d.close()
	slices.SortFunc(d.choices, func(a, b *choiceDecoder) int { return a.index - b.index })
	for _, c := range d.choices {
		d.emit(&llm.Event{
			Type: llm.EventFinish, Choice: c.index, Finish: finishOf(c.finishRaw, c.stop), FinishRaw: c.finishRaw,
			StopSequence: c.stop, Ext: c.ext,
		})
	}
	d.emit(&llm.Event{Type: llm.EventEnd})
}

func (d *eventDecoder) fail(e *llm.Error) {
	d.done = true
	d.start()
	d.close()
	d.emit(&llm.Event{Type: llm.EventFail, Err: e})
}

// End is called at the end of the bytes. Vendors that never send [DONE] have
// ended properly when every choice has told why it stopped.
func (d *eventDecoder) End(emit func(*llm.Event)) {
	d.emit = emit
	if d.done {
		return
	}
	unfinished := func(c *choiceDecoder) bool { return !c.finished }
	if len(d.choices) > 0 && !slices.ContainsFunc(d.choices, unfinished) {
		d.end()
		return
	}
	e := llm.Errorf(llm.KindUpstream, "stream_truncated", "The upstream's stream ended before the answer was complete.")
	e.Scope = llm.ScopeModel
	d.fail(e)
}
