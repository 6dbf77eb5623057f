package openaichat

import (
	"bytes"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EventDecoder reads one stream of chunks.
func (Codec) EventDecoder(wire.Target) wire.EventDecoder { return &eventDecoder{} }

// eventDecoder reads one stream. What a choice says is one lane of text-like
// blocks, one after another, beside tool calls that may interleave and stay
// open until the end. The finish is told at the end of the stream, because some
// vendors send more after it.
type eventDecoder struct {
	emit    func(*llm.Event)
	ev      llm.Event
	head    llm.Response
	usage   llm.Usage
	choices []*choiceDecoder
	next    int // index of the next block
	started bool
	done    bool
	excess  bool // it exceeds one of the bounds
}

// send emits an event, which is valid only meanwhile.
func (d *eventDecoder) send(ev llm.Event) {
	d.ev = ev
	d.emit(&d.ev)
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
			d.send(llm.Event{Type: llm.EventPing})
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

// chunk reads one chunk: its head first, then an error, choices and usage.
func (d *eventDecoder) chunk(data []byte, isError bool) {
	var choices, usage llm.Raw
	failed := isError
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
			failed = failed || isError
		case "x_groq":
			if wirejson.IsNull(usage) {
				usage = wirejson.Member(v, "usage")
			}
			fallthrough
		default:
			if !d.started {
				d.readHead(name, v)
			}
		}
	}
	if nonEmpty(choices) != nil || !wirejson.IsNull(usage) || d.head.ID != "" {
		d.start()
	}
	for i, e := range wirejson.Elements(choices) {
		d.choice(e, i)
	}
	d.count(usage)
	switch e := d.failure(data, failed); {
	case e != nil:
		d.fail(e)
	case isError: // in words of its own
		d.fail(openai.ErrorIn(append(append([]byte(`{"error":`), data...), '}')))
	}
}

// failure returns the error that a chunk tells, or nil.
func (d *eventDecoder) failure(data []byte, failed bool) *llm.Error {
	switch {
	case d.excess:
		return malformed(nil, "The upstream's stream holds more choices or tool calls than an answer can have.")
	case failed:
		return openai.ErrorIn(data)
	}
	return nil
}

// readHead reads what the first chunks say of the whole answer.
func (d *eventDecoder) readHead(name []byte, v llm.Raw) {
	n := len(d.head.Ext)
	readHead(&d.head, name, v)
	if len(d.head.Ext) == n {
		return
	}
	last := d.head.Ext[n]
	last.Value = bytes.Clone(last.Value) // the frame does not stay
	d.head.Ext = setExt(d.head.Ext[:n], last)
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

// Bounds of what upstreams choose.
const (
	maxMembers = 256  // unknown members of one object of a stream
	maxCalls   = 1024 // calls of one choice
)

func (d *eventDecoder) start() {
	if d.started {
		return
	}
	d.started = true
	d.send(llm.Event{Type: llm.EventStart, Response: &d.head})
}

// count tells usage, which is cumulative, when it has changed.
func (d *eventDecoder) count(v llm.Raw) {
	u := openai.ParseUsage(v)
	if u == nil || *u == d.usage {
		return
	}
	d.usage = *u
	d.send(llm.Event{Type: llm.EventUsage, Usage: u})
}

// choice reads the part of a chunk that belongs to one choice.
func (d *eventDecoder) choice(v llm.Raw, at int) {
	index := at
	if n, ok := wirejson.Int(wirejson.Member(v, "index")); ok && n >= 0 && n < maxChoices {
		index = int(n)
	}
	if index >= maxChoices {
		d.excess = true
		return
	}
	c := d.choiceOf(index)
	var delta, message, logprobs llm.Raw
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "delta":
			delta = e
		case "message":
			message = e
		case "logprobs":
			logprobs = e
		case "finish_reason":
			if raw, ok := wirejson.Text(e); ok && raw != "" {
				c.finishRaw, c.finished = raw, true
			}
		case "usage": // Moonshot
			d.count(e)
		default:
			c.member(name, e)
		}
	}
	if delta == nil && !c.spoke { // the whole message at once
		delta = message
	}
	c.delta(delta)
	c.logprobs(logprobs)
}

// choiceOf returns the choice with the index.
func (d *eventDecoder) choiceOf(index int) *choiceDecoder {
	for _, c := range d.choices {
		if c.index == index {
			return c
		}
	}
	c := &choiceDecoder{d: d, index: index}
	d.choices = append(d.choices, c)
	return c
}

// close ends every block that is open.
func (d *eventDecoder) close() {
	for _, c := range d.choices {
		c.closeLane()
		c.closeCalls()
	}
}

// end tells that the upstream ended the stream properly.
func (d *eventDecoder) end() {
	if len(d.choices) == 0 {
		d.fail(malformed(nil, "The upstream's stream ended without an answer."))
		return
	}
	d.done = true
	d.close()
	slices.SortFunc(d.choices, func(a, b *choiceDecoder) int { return a.index - b.index })
	for _, c := range d.choices {
		c.finish()
	}
	d.send(llm.Event{Type: llm.EventEnd})
}

func (d *eventDecoder) fail(e *llm.Error) {
	d.done = true
	d.start()
	d.close()
	d.send(llm.Event{Type: llm.EventFail, Err: e})
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
