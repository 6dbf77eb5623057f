package ollama

import (
	"bytes"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EventEncoder renders one stream for req, as newline-delimited JSON.
func (c Codec) EventEncoder(req *llm.Request) wire.EventEncoder {
	return &eventEncoder{req: req, generate: c.Generate, blocks: map[int]*blockEncoder{}}
}

// eventEncoder writes one stream. Thinking and text are told as they come,
// calls and pictures when they are whole: the protocol has no pieces of them.
type eventEncoder struct {
	req      *llm.Request
	generate bool
	losses   llm.Losses
	prefix   []byte // what begins every line
	blocks   map[int]*blockEncoder
	calls    int  // told
	thought  bool // the line before told of thinking
	finish   llm.Event
	usage    *llm.Usage
	ended    bool
}

// blockEncoder is what is known of one open block.
type blockEncoder struct {
	said bool // its text was told
	// again: it is thinking right behind other thinking.
	again bool
	part  int // of the summary
	// fold gathers a block that is told at its end; nil for the others.
	fold *llm.Folder
}

// Losses returns what could not be said so far.
func (e *eventEncoder) Losses() []llm.Loss { return e.losses.List }

// Encode appends the rendering of ev.
func (e *eventEncoder) Encode(dst []byte, ev *llm.Event) []byte {
	if e.ended {
		return dst
	}
	switch ev.Type {
	case llm.EventStart:
		e.start(ev.Response)
	case llm.EventBlockStart:
		return e.blockStart(dst, ev)
	case llm.EventDelta:
		return e.delta(dst, ev)
	case llm.EventBlockStop:
		return e.blockStop(dst, ev)
	case llm.EventUsage:
		if ev.Usage != nil {
			u := *ev.Usage
			e.usage = &u
		}
	case llm.EventFinish:
		e.keepFinish(ev)
	case llm.EventOpaque:
		e.drop("opaque_event")
	case llm.EventPing: // an empty piece: clients parse every line
		return e.line(dst, &answerOut{}, nil)
	case llm.EventFail:
		return e.fail(dst, ev.Err)
	case llm.EventEnd:
		return e.end(dst)
	}
	return dst
}

func (e *eventEncoder) drop(feature string) { e.losses.Drop(feature, "stream") }

// start fixes what every line says.
func (e *eventEncoder) start(r *llm.Response) {
	if e.prefix != nil {
		return
	}
	if r == nil {
		r = &llm.Response{}
	}
	w := wirejson.Writer{B: []byte{'{'}}
	writeHead(&w, r, e.req)
	e.prefix = w.B
}

// line appends a line that says a; done ends the answer.
func (e *eventEncoder) line(dst []byte, a *answerOut, done func(w *wirejson.Writer)) []byte {
	e.start(nil)
	at := len(dst)
	w := wirejson.Writer{B: append(dst, e.prefix...)}
	a.generate, a.first = e.generate, e.calls
	var ext llm.Ext
	if done != nil {
		ext = e.finish.Ext
	}
	a.write(&w, ext)
	if a.thinking.Len()+a.content.Len()+len(a.calls)+len(a.images) > 0 {
		e.thought = a.thinking.Len() > 0
	}
	e.calls += len(a.calls)
	a.writeProbs(&w, ext)
	if done == nil {
		w.Bool("done", false)
	} else {
		done(&w)
	}
	w.Close('}')
	e.losses.List = append(e.losses.List, a.losses.List...)
	// Values kept as they came may have line breaks between their tokens.
	for rest := w.B[at:]; ; {
		i := bytes.IndexAny(rest, "\r\n")
		if i < 0 {
			break
		}
		rest[i], rest = ' ', rest[i+1:]
	}
	return append(w.B, '\n')
}

// blockStart begins a block; headers seldom hold any content.
func (e *eventEncoder) blockStart(dst []byte, ev *llm.Event) []byte {
	if e.blocks[ev.Index] != nil || ev.Block == nil {
		return dst
	}
	if ev.Choice != 0 {
		e.drop("n")
		return dst
	}
	b := &blockEncoder{again: e.thought}
	e.blocks[ev.Index] = b
	switch block := ev.Block.(type) {
	case *llm.Text, *llm.Refusal, *llm.Reasoning:
		return e.tell(dst, b, block)
	default:
		b.fold = &llm.Folder{}
		e.gather(b, ev)
	}
	return dst
}

// tell writes what a block of text holds.
func (e *eventEncoder) tell(dst []byte, b *blockEncoder, block llm.Block) []byte {
	a := answerOut{generate: e.generate}
	a.block(block, "stream")
	if a.content.Len()+a.thinking.Len()+len(a.probs) == 0 {
		e.losses.List = append(e.losses.List, a.losses.List...)
		return dst
	}
	return e.say(dst, b, &a)
}

// say appends a line of a block, a gap before it where other thinking goes on.
func (e *eventEncoder) say(dst []byte, b *blockEncoder, a *answerOut) []byte {
	if text := a.thinking.String(); text != "" && b.again && !b.said {
		a.thinking.Reset()
		a.thinking.WriteString(gap + text)
	}
	b.said = true
	return e.line(dst, a, nil)
}

// gather gives an event to a block that is told at its end. The folder knows
// only this block, so that it cannot find a fault with it.
func (e *eventEncoder) gather(b *blockEncoder, ev *llm.Event) {
	if err := b.fold.Add(ev); err != nil {
		e.drop("opaque_event")
	}
}

func (e *eventEncoder) delta(dst []byte, ev *llm.Event) []byte {
	b := e.blocks[ev.Index]
	if b == nil {
		return dst
	}
	if b.fold != nil {
		e.gather(b, ev)
		return dst
	}
	var a answerOut
	switch ev.Delta {
	case llm.DeltaText:
		a.content.WriteString(ev.Text)
	case llm.DeltaReasoning:
		a.thinking.WriteString(ev.Text)
	case llm.DeltaSummary:
		if ev.Part != b.part && b.said {
			a.thinking.WriteString(gap)
		}
		b.part = ev.Part
		a.thinking.WriteString(ev.Text)
	case llm.DeltaLogprobs:
		a.text(&llm.Text{Logprobs: llm.Raw(ev.Text)}, "stream")
	case llm.DeltaSignature:
		e.drop("foreign_signature")
		return dst
	case llm.DeltaCitation:
		e.drop("citations")
		return dst
	default:
		return dst
	}
	if ev.Text == "" {
		return dst
	}
	return e.say(dst, b, &a)
}

func (e *eventEncoder) blockStop(dst []byte, ev *llm.Event) []byte {
	b := e.blocks[ev.Index]
	if b == nil {
		return dst
	}
	delete(e.blocks, ev.Index)
	if b.fold == nil {
		if ev.Block == nil {
			return dst
		}
		return e.tell(dst, b, lateOf(ev.Block, b.said))
	}
	e.gather(b, ev)
	r, _ := b.fold.Response() // that the stream does not end is known
	a := answerOut{generate: e.generate}
	for i := range r.Choices {
		for _, block := range r.Choices[i].Blocks {
			a.block(block, "stream")
		}
	}
	if a.content.Len()+len(a.images)+len(a.calls) == 0 {
		e.losses.List = append(e.losses.List, a.losses.List...)
		return dst
	}
	return e.line(dst, &a, nil)
}

// lateOf returns what the end of a block tells beyond what was told.
func lateOf(b llm.Block, said bool) llm.Block {
	if !said {
		return b
	}
	c := llm.CloneBlock(b)
	switch c := c.(type) {
	case *llm.Text:
		c.Text = ""
	case *llm.Refusal:
		c.Text = ""
	case *llm.Reasoning:
		c.Text, c.Summary = "", nil
	}
	return c
}

func (e *eventEncoder) keepFinish(ev *llm.Event) {
	if ev.Choice != 0 {
		return
	}
	e.finish = llm.Event{Type: llm.EventFinish, Finish: ev.Finish}
	for _, m := range ev.Ext {
		m.Value = bytes.Clone(m.Value)
		e.finish.Ext = append(e.finish.Ext, m)
	}
}

func (e *eventEncoder) fail(dst []byte, err *llm.Error) []byte {
	e.ended = true
	if err == nil {
		err = llm.Errorf(llm.KindUpstream, "stream_failed", "The stream failed without saying why.")
	}
	return append(append(dst, encodeError(err)...), '\n')
}

// end writes the line that is done.
func (e *eventEncoder) end(dst []byte) []byte {
	dst = e.line(dst, &answerOut{}, func(w *wirejson.Writer) {
		writeDone(w, e.finish.Finish, e.finish.Ext, e.usage, &e.losses)
	})
	e.ended = true
	return dst
}
