package gemini

import "github.com/plexus-gateway/plexus/internal/llm"

// blockStart notes the header of a block. Texts are written as they come,
// everything else when it is whole.
func (s *streamEncoder) blockStart(c *outChoice, ev *llm.Event) {
	c.header = llm.CloneBlock(ev.Block)
	c.signature, c.text, c.summary, c.widths, c.fold = "", false, 0, widths{}, nil
	switch b := c.header.(type) {
	case *llm.Text:
		s.attrs(&b.Attrs, "stream")
		s.keepSignature(c, b.Signature)
	case *llm.Refusal:
		s.attrs(&b.Attrs, "stream")
		s.losses.Approximate("refusal", "stream")
	case *llm.Reasoning:
		s.attrs(&b.Attrs, "stream")
		s.keepSignature(c, b.Signature)
	default:
		c.fold = &llm.Folder{}
		s.fold(c, &llm.Event{Type: llm.EventStart})
		s.fold(c, &llm.Event{Type: llm.EventBlockStart, Block: c.header})
	}
}

// fold hands an event to the block that is being gathered. What breaks the
// grammar there is left out; the upstream's decoder made the events.
func (s *streamEncoder) fold(c *outChoice, ev *llm.Event) {
	if err := c.fold.Add(ev); err != nil {
		s.losses.Drop("opaque_event", "stream")
	}
}

func (s *streamEncoder) keepSignature(c *outChoice, sig *llm.Signature) {
	if sig = s.signature(sig, "stream"); sig != nil {
		c.signature = sig.Data
	}
}

// deltas of the blocks that are written as they come.
var deltas = map[llm.DeltaKind]func(s *streamEncoder, c *outChoice, ev *llm.Event){
	llm.DeltaText:      (*streamEncoder).textDelta,
	llm.DeltaReasoning: (*streamEncoder).textDelta,
	llm.DeltaSummary:   (*streamEncoder).summaryDelta,
	llm.DeltaSignature: (*streamEncoder).signatureDelta,
	llm.DeltaCitation:  (*streamEncoder).citationDelta,
	llm.DeltaLogprobs:  (*streamEncoder).logprobsDelta,
}

func (s *streamEncoder) delta(c *outChoice, ev *llm.Event) {
	if c.fold != nil {
		inner := *ev
		inner.Index, inner.Choice = 0, 0
		s.fold(c, &inner)
		return
	}
	if fn := deltas[ev.Delta]; fn != nil {
		fn(s, c, ev)
	}
}

func (s *streamEncoder) textDelta(c *outChoice, ev *llm.Event) { s.text(c, ev.Text) }

// text writes a piece of the open text.
func (s *streamEncoder) text(c *outChoice, text string) {
	if text == "" || c.header == nil {
		return
	}
	var attrs llm.Attrs
	if !c.text { // the unknown members stand on the first piece
		attrs.Ext = c.header.Common().Ext
	}
	if _, ok := c.header.(*llm.Reasoning); ok {
		if s.thoughts {
			if c.thought && !c.text { // else the two would be read as one
				s.part(c, &llm.Reasoning{Text: thoughtGap})
			}
			c.text = true
			s.part(c, &llm.Reasoning{Attrs: attrs, Text: text})
		}
		return
	}
	c.text = true
	c.widths.add(text)
	s.part(c, &llm.Text{Attrs: attrs, Text: text})
}

// summaryDelta writes summaries of thinking as thoughts, a blank line between them.
func (s *streamEncoder) summaryDelta(c *outChoice, ev *llm.Event) {
	text := ev.Text
	if c.summary > 0 && ev.Part+1 != c.summary {
		text = thoughtGap + text
	}
	c.summary = ev.Part + 1
	s.text(c, text)
}

func (s *streamEncoder) signatureDelta(c *outChoice, ev *llm.Event) {
	if ev.Origin.Protocol == llm.Gemini {
		c.signature += ev.Text
		return
	}
	s.losses.Drop("foreign_signature", "stream")
}

func (s *streamEncoder) citationDelta(c *outChoice, ev *llm.Event) {
	if ev.Citation != nil {
		cite := *ev.Citation
		cite.Raw = nil
		c.notes.cite(cite, &c.widths, 0)
	}
}

// logprobsDelta writes the log probabilities of the text just written, beside
// an empty piece of it, as the API does.
func (s *streamEncoder) logprobsDelta(c *outChoice, ev *llm.Event) {
	before := len(s.buf)
	begun, ok := s.begun, false
	s.chunk(func() {
		s.array("candidates", func() {
			s.elem()
			s.open('{')
			s.object("content", func() {
				s.parts([]llm.Block{&llm.Text{}})
				s.str("role", "model")
			})
			s.int("index", int64(c.index))
			ok = s.logprobsResult(llm.Raw(ev.Text))
			s.shut('}')
		})
	})
	if !ok {
		s.buf, s.begun = s.buf[:before], begun
		s.losses.Drop("logprobs", "stream")
	}
}

// blockStop writes what only the end of a block tells.
func (s *streamEncoder) blockStop(c *outChoice, ev *llm.Event) {
	if c.header == nil {
		return
	}
	if c.fold != nil {
		s.whole(c, ev.Block)
		c.header = nil
		return
	}
	switch b := ev.Block.(type) {
	case *llm.Text:
		s.rest(c, b.Text)
		s.keepSignature(c, b.Signature)
		for _, cite := range b.Citations {
			s.citationDelta(c, &llm.Event{Citation: &cite})
		}
	case *llm.Refusal:
		s.rest(c, b.Text)
	case *llm.Reasoning:
		s.rest(c, b.Text)
		s.keepSignature(c, b.Signature)
		if b.Encrypted != nil {
			s.losses.Drop("foreign_signature", "stream")
		}
	}
	if r, ok := c.header.(*llm.Reasoning); ok && r.Encrypted != nil {
		s.losses.Drop("foreign_signature", "stream")
	}
	s.sign(c)
	c.header = nil
}

// rest writes a text that no delta told.
func (s *streamEncoder) rest(c *outChoice, text string) {
	if !c.text {
		s.text(c, text)
	}
}

// sign writes the signature of the open text in an empty part behind it, as
// the API does.
func (s *streamEncoder) sign(c *outChoice) {
	if c.signature == "" {
		return
	}
	sig := &llm.Signature{Data: c.signature, Origin: llm.Origin{Protocol: llm.Gemini}}
	if _, ok := c.header.(*llm.Reasoning); ok {
		s.part(c, &llm.Reasoning{Signature: sig})
		return
	}
	s.part(c, &llm.Text{Signature: sig})
}

// whole ends a block that has been gathered and writes it. A call whose
// arguments are no object waits for the end of the stream: if the upstream
// broke off in the middle of them, it must not reach the client.
func (s *streamEncoder) whole(c *outChoice, end llm.Block) {
	s.fold(c, &llm.Event{Type: llm.EventBlockStop, Block: end})
	s.fold(c, &llm.Event{Type: llm.EventEnd})
	resp, err := c.fold.Response()
	c.fold = nil
	if err != nil || len(resp.Choices) == 0 {
		return
	}
	for _, b := range resp.Choices[0].Blocks {
		if call, ok := b.(*llm.ToolCall); ok && call.Kind == llm.ToolFunction && !isObject(call.Input) {
			c.broken = append(c.broken, b)
			continue
		}
		s.write(c, b)
	}
}

// write writes a block that has been gathered.
func (s *streamEncoder) write(c *outChoice, b llm.Block) {
	for _, p := range s.say(b, "stream") {
		s.part(c, p)
	}
}
