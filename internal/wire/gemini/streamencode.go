package gemini

import (
	"bytes"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// EventEncoder renders one stream as GenerateContentResponse chunks: as
// server-sent events, or as one JSON array if c.Array is set. Calls and media
// are written whole, when they end; the reasons and the usage stand in the
// last chunk.
func (c Codec) EventEncoder(req *llm.Request) wire.EventEncoder {
	s := &streamEncoder{answer: newAnswer(c, req), choices: map[int]*outChoice{}}
	s.oneLine = true
	return s
}

// separator is what stands before a chunk.
func (c Codec) separator(first bool) string {
	switch {
	case !c.Array:
		return "data: "
	case first:
		return "["
	}
	return ",\n"
}

// terminator is what stands behind a chunk.
func (c Codec) terminator() string {
	if c.Array {
		return ""
	}
	return "\n\n"
}

// streamEncoder is the state of one stream.
type streamEncoder struct {
	answer
	resp     llm.Response // what EventStart told
	begun    bool         // a chunk has been written
	ended    bool
	usage    *llm.Usage
	usageRaw llm.Raw
	choices  map[int]*outChoice
	order    []*outChoice
}

// outChoice is the state of one candidate. Its blocks are brought in sequence;
// candidates interleave freely.
type outChoice struct {
	index  int
	seq    llm.Sequencer
	notes  annotations
	part   int // number of parts written
	fin    *llm.Event
	said   bool
	header llm.Block // of the open block

	fold      *llm.Folder // of a block that is written whole
	broken    []llm.Block // calls whose arguments are no object
	signature string
	text      bool // a piece of the open text has been written
	thought   bool // the last part is thinking that no signature ends
	summary   int  // its part, +1
	widths    widths
}

// Losses returns what could not be said so far.
func (s *streamEncoder) Losses() []llm.Loss { return s.losses.List }

// encoders of the events that belong to no block.
var encoders = map[llm.EventType]func(s *streamEncoder, ev *llm.Event){
	llm.EventStart:      (*streamEncoder).start,
	llm.EventBlockStart: (*streamEncoder).inChoice,
	llm.EventDelta:      (*streamEncoder).inChoice,
	llm.EventBlockStop:  (*streamEncoder).inChoice,
	llm.EventFinish:     (*streamEncoder).inChoice,
	llm.EventUsage:      (*streamEncoder).keepUsage,
	llm.EventOpaque:     (*streamEncoder).opaque,
	llm.EventPing:       (*streamEncoder).ping,
	llm.EventFail:       (*streamEncoder).failed,
	llm.EventEnd:        (*streamEncoder).end,
}

// Encode appends the rendering of ev to dst.
func (s *streamEncoder) Encode(dst []byte, ev *llm.Event) []byte {
	s.buf = dst
	if fn := encoders[ev.Type]; fn != nil && !s.ended {
		fn(s, ev)
	}
	out := s.buf
	s.buf = nil
	return out
}

func (s *streamEncoder) start(ev *llm.Event) {
	if ev.Response == nil {
		return
	}
	s.resp = *ev.Response
	s.resp.Ext = nil
	for _, m := range ev.Response.Ext {
		m.Value = bytes.Clone(m.Value)
		s.resp.Ext = append(s.resp.Ext, m)
	}
	s.responseLosses(&s.resp)
}

func (s *streamEncoder) keepUsage(ev *llm.Event) {
	if ev.Usage == nil {
		return
	}
	u := *ev.Usage
	s.usage, s.usageRaw = &u, nil
	if ev.Native != nil && ev.Native.Protocol == llm.Gemini {
		s.usageRaw = bytes.Clone(ev.Native.Raw)
	}
}

// chunk writes one chunk: the members that fill writes and the names of the answer.
func (s *streamEncoder) chunk(fill func()) {
	s.buf = append(s.buf, s.codec.separator(!s.begun)...)
	s.open('{')
	fill()
	s.identity(&s.resp)
	if !s.begun {
		s.ext(s.resp.Ext)
	}
	s.shut('}')
	s.buf = append(s.buf, s.codec.terminator()...)
	s.begun = true
}

// part writes a chunk with one part of a candidate.
func (s *streamEncoder) part(c *outChoice, b llm.Block) {
	c.part++
	c.said = true
	thought, ok := b.(*llm.Reasoning)
	c.thought = ok && thought.Signature == nil
	s.chunk(func() {
		s.array("candidates", func() {
			s.elem()
			s.open('{')
			s.object("content", func() {
				s.parts([]llm.Block{b})
				s.str("role", "model")
			})
			s.int("index", int64(c.index))
			s.shut('}')
		})
	})
}

// ping says nothing in a stream of server-sent events: Google's Go SDK stops
// at a comment. In an array, blank space is safe.
func (s *streamEncoder) ping(*llm.Event) {
	if s.codec.Array {
		s.buf = append(s.buf, '\n')
	}
}

// opaque writes the members of a chunk that only this protocol knows.
func (s *streamEncoder) opaque(ev *llm.Event) {
	if ev.Native == nil || ev.Native.Protocol != llm.Gemini {
		s.losses.Drop("opaque_event", "stream")
		return
	}
	if inner := bytes.TrimSpace(ev.Native.Raw); isObject(inner) && len(inner) > 2 {
		s.chunk(func() { s.value(bytes.TrimSpace(inner[1 : len(inner)-1])) })
	}
}

func (s *streamEncoder) choice(index int) *outChoice {
	c := s.choices[index]
	if c == nil {
		c = &outChoice{index: index}
		s.choices[index] = c
		s.order = append(s.order, c)
	}
	return c
}

// inChoice brings the events of one candidate in sequence.
func (s *streamEncoder) inChoice(ev *llm.Event) {
	c := s.choice(ev.Choice)
	if (ev.Type == llm.EventDelta || ev.Type == llm.EventBlockStop) && c.seq.Push(ev, func(ev *llm.Event) { s.inSequence(c, ev) }) {
		return
	}
	if ev.Type == llm.EventBlockStart || ev.Type == llm.EventFinish {
		c.seq.Push(ev, func(ev *llm.Event) { s.inSequence(c, ev) })
	}
}

func (s *streamEncoder) inSequence(c *outChoice, ev *llm.Event) {
	switch ev.Type {
	case llm.EventBlockStart:
		s.blockStart(c, ev)
	case llm.EventDelta:
		s.delta(c, ev)
	case llm.EventBlockStop:
		s.blockStop(c, ev)
	case llm.EventFinish:
		fin := *ev
		fin.Ext = nil
		for _, m := range ev.Ext {
			m.Value = bytes.Clone(m.Value)
			fin.Ext = append(fin.Ext, m)
		}
		c.fin = &fin
	case llm.EventFail: // too much was held back
		s.failed(ev)
	default: // events of the stream do not come this way
	}
}

// flush writes what the candidates still hold back.
func (s *streamEncoder) flush() {
	for _, c := range s.order {
		c.seq.Push(&llm.Event{Type: llm.EventEnd}, func(ev *llm.Event) {
			if ev.Type != llm.EventEnd {
				s.inSequence(c, ev)
			}
		})
		for _, b := range c.broken {
			s.write(c, b)
		}
	}
}

// failed ends the stream with an error. What is not whole is not written.
func (s *streamEncoder) failed(ev *llm.Event) {
	if s.ended {
		return
	}
	s.ended = true
	e := ev.Err
	if e == nil {
		e = llm.Errorf(llm.KindUpstream, "stream_failed", "the stream failed without saying why")
	}
	s.buf = append(s.buf, s.codec.separator(!s.begun)...)
	s.error(e)
	s.buf = append(s.buf, s.codec.terminator()...)
	if s.codec.Array {
		s.buf = append(s.buf, ']')
	}
}

// end writes the last chunk: why each candidate ended, and the usage.
func (s *streamEncoder) end(*llm.Event) {
	s.flush()
	if s.ended {
		return
	}
	s.ended = true
	s.chunk(func() {
		if !s.promptBlocked() {
			s.array("candidates", func() {
				for _, c := range s.order {
					s.elem()
					s.last(c)
				}
			})
		}
		if s.usage != nil {
			s.writer.usage(s.usage, s.usageRaw)
			usageLosses(&s.losses, s.usage)
		}
	})
	if s.codec.Array {
		s.buf = append(s.buf, ']')
	}
}

func (s *streamEncoder) promptBlocked() bool {
	feedback, _ := get(s.resp.Ext, "promptFeedback")
	var choices []llm.Choice
	for _, c := range s.order {
		ch := llm.Choice{}
		if c.fin != nil {
			ch.Finish = c.fin.Finish
		}
		if c.said {
			ch.Blocks = []llm.Block{&llm.Text{}}
		}
		choices = append(choices, ch)
	}
	return promptBlocked(feedback, choices)
}

// last writes the end of a candidate, with an empty piece of text, as the API does.
func (s *streamEncoder) last(c *outChoice) {
	fin := c.fin
	if fin == nil {
		fin = &llm.Event{Choice: c.index}
	}
	fin.Choice = c.index
	s.foreign(fin.Ext, "stream")
	s.open('{')
	s.object("content", func() {
		s.parts([]llm.Block{&llm.Text{}})
		s.str("role", "model")
	})
	s.ending(fin, &c.notes)
	s.shut('}')
}
