package vault

import "github.com/plexus-gateway/plexus/internal/llm"

// held is the end of thinking that waits for what follows.
type held struct {
	ev    llm.Event
	block *llm.Reasoning
}

// hold keeps the end of thinking back from a client of the Gemini protocol, and
// reports whether it did. There a call carries the signature of the thinking
// right before it (ai.google.dev/gemini-api/docs/thought-signatures), and some
// clients keep signatures nowhere else.
func (s *Stream) hold(ev *llm.Event, end *llm.Reasoning) bool {
	if carriageOf(s.s.turn.Client) != carryThought || end.Signature == nil {
		return false
	}
	block, ok := llm.CloneBlock(end).(*llm.Reasoning)
	if !ok {
		return false
	}
	s.held = &held{ev: llm.Event{Type: ev.Type, Index: ev.Index, Choice: ev.Choice}, block: block}
	return true
}

// release emits what is held when ev decides where the envelope goes: it
// returns the one that ev's call shall carry, or nil.
func (s *Stream) release(ev *llm.Event, emit func(*llm.Event)) *llm.Signature {
	h := s.held
	if h == nil || ev.Type == llm.EventPing || ev.Type == llm.EventUsage {
		return nil
	}
	s.held = nil
	var envelope *llm.Signature
	if s.startsCall(ev, h.ev.Choice) {
		envelope, h.block.Signature = h.block.Signature, nil
	}
	s.pass(&h.ev, h.block, emit)
	return envelope
}

// startsCall reports whether ev begins a call of the choice that is taken down.
func (s *Stream) startsCall(ev *llm.Event, choice int) bool {
	c, ok := ev.Block.(*llm.ToolCall)
	return ok && ev.Type == llm.EventBlockStart && ev.Choice == choice && c.Kind != llm.ToolServer && s.open[ev.Index] == nil
}

// enveloping returns the header of a call with an envelope, if there is one.
func enveloping(header llm.Block, envelope *llm.Signature) llm.Block {
	c, ok := header.(*llm.ToolCall)
	if !ok || envelope == nil {
		return header
	}
	signed := *c
	signed.Signature = envelope
	return &signed
}
