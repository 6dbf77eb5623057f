package llm

import "iter"

// Unfold returns the stream that tells r, for clients that asked for one where
// the answer came whole. Folding it gives r again. The events are valid only
// until the next one; their blocks share memory with r.
//
// A choice with neither blocks nor a finish is told by an EventFinish of
// FinishNone, so that it is not lost.
func Unfold(r *Response) iter.Seq[*Event] {
	return func(yield func(*Event) bool) {
		start := *r
		start.Choices, start.Usage = nil, nil
		u := unfolder{yield: yield}
		u.emit(&Event{Type: EventStart, Response: &start})
		for i := range r.Choices {
			u.choice = r.Choices[i].Index
			for _, b := range r.Choices[i].Blocks {
				u.block(b)
			}
		}
		for i := range r.Choices {
			u.finish(&r.Choices[i])
		}
		if r.Usage != nil {
			usage := *r.Usage
			u.emit(&Event{Type: EventUsage, Usage: &usage})
		}
		u.emit(&Event{Type: EventEnd})
	}
}

// unfolder emits events until the consumer has had enough.
type unfolder struct {
	yield  func(*Event) bool
	choice int
	index  int // of the next block
	done   bool
}

func (u *unfolder) emit(ev *Event) {
	if !u.done {
		u.done = !u.yield(ev)
	}
}

func (u *unfolder) finish(c *Choice) {
	said := c.Finish != FinishNone || c.FinishRaw != "" || c.StopSequence != "" || c.Explanation != "" || len(c.Ext) > 0
	if !said && len(c.Blocks) > 0 {
		return
	}
	u.emit(&Event{
		Type: EventFinish, Choice: c.Index, Finish: c.Finish, FinishRaw: c.FinishRaw,
		StopSequence: c.StopSequence, Explanation: c.Explanation, Ext: c.Ext,
	})
}

func (u *unfolder) block(b Block) {
	u.emit(&Event{Type: EventBlockStart, Index: u.index, Choice: u.choice, Block: header(b)})
	u.content(b)
	u.emit(&Event{Type: EventBlockStop, Index: u.index, Choice: u.choice})
	u.index++
}

func (u *unfolder) delta(kind DeltaKind, text string) {
	u.emit(&Event{Type: EventDelta, Index: u.index, Choice: u.choice, Delta: kind, Text: text})
}

func (u *unfolder) text(kind DeltaKind, text string) {
	if text != "" {
		u.delta(kind, text)
	}
}

func (u *unfolder) signature(s *Signature) {
	if s != nil {
		u.emit(&Event{
			Type: EventDelta, Index: u.index, Choice: u.choice,
			Delta: DeltaSignature, Text: s.Data, Origin: s.Origin,
		})
	}
}

// header returns b without what deltas tell.
func header(b Block) Block {
	switch b := b.(type) {
	case *Text:
		return &Text{Attrs: b.Attrs, Phase: b.Phase}
	case *Reasoning:
		return &Reasoning{Attrs: b.Attrs, Encrypted: b.Encrypted, Redacted: b.Redacted}
	case *Refusal:
		return &Refusal{Attrs: b.Attrs}
	case *ToolCall:
		h := *b
		h.Input = nil
		return &h
	case *Media:
		h := *b
		h.Data, h.Transcript = "", ""
		return &h
	}
	return b
}

// content emits the deltas of b.
func (u *unfolder) content(b Block) {
	switch b := b.(type) {
	case *Text:
		u.text(DeltaText, b.Text)
		for i := range b.Citations {
			u.emit(&Event{
				Type: EventDelta, Index: u.index, Choice: u.choice,
				Delta: DeltaCitation, Citation: &b.Citations[i],
			})
		}
		u.text(DeltaLogprobs, string(b.Logprobs))
		u.signature(b.Signature)
	case *Reasoning:
		u.text(DeltaReasoning, b.Text)
		for i, part := range b.Summary {
			u.emit(&Event{
				Type: EventDelta, Index: u.index, Choice: u.choice,
				Delta: DeltaSummary, Part: i, Text: part,
			})
		}
		u.signature(b.Signature)
	case *Refusal:
		u.text(DeltaText, b.Text)
	case *ToolCall:
		kind := DeltaInput
		if b.Kind == ToolCustom {
			kind = DeltaText
		}
		u.text(kind, string(b.Input))
	case *Media:
		u.text(DeltaData, b.Data)
		u.text(DeltaTranscript, b.Transcript)
	}
}
