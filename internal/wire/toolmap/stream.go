package toolmap

import "github.com/plexus-gateway/plexus/internal/llm"

// Stream takes the events of one stream back to the client's tools. Nil is a
// stream that needs nothing of it, and is as good as any.
type Stream struct {
	m *Map
	// texts are the calls that are open and come in their function.
	texts map[int]*freeText
	ev    llm.Event // reused: events are valid only while they are emitted
}

// Stream returns what takes one stream back.
func (m *Map) Stream() *Stream {
	if m.back == nil {
		return nil
	}
	return &Stream{m: m}
}

// Event emits what ev is to the client: usually ev itself. What is emitted is
// valid only during emit.
func (s *Stream) Event(ev *llm.Event, emit func(*llm.Event)) {
	if s == nil {
		emit(ev)
		return
	}
	switch ev.Type {
	case llm.EventBlockStart:
		s.start(ev, emit)
	case llm.EventDelta:
		s.delta(ev, emit)
	case llm.EventBlockStop:
		s.stop(ev, emit)
	default:
		emit(ev)
	}
}

// start renames a call. Input that stands in its header is told as a delta,
// where it has to be taken out of its function.
func (s *Stream) start(ev *llm.Event, emit func(*llm.Event)) {
	c, ok := ev.Block.(*llm.ToolCall)
	if !ok {
		emit(ev)
		return
	}
	own, wrapped := s.m.restore(c)
	if own == c {
		emit(ev)
		return
	}
	if wrapped {
		if s.texts == nil {
			s.texts = map[int]*freeText{}
		}
		s.texts[ev.Index] = &freeText{}
		own.Input = nil
	}
	s.ev = *ev
	s.ev.Block = own
	emit(&s.ev)
	if wrapped {
		s.say(ev, s.texts[ev.Index].next(string(c.Input)), emit)
	}
}

func (s *Stream) delta(ev *llm.Event, emit func(*llm.Event)) {
	text := s.texts[ev.Index]
	if text == nil || ev.Delta != llm.DeltaInput {
		emit(ev)
		return
	}
	s.say(ev, text.next(ev.Text), emit)
}

// say emits a piece of a custom tool's text for the block of ev.
func (s *Stream) say(ev *llm.Event, text string, emit func(*llm.Event)) {
	if text == "" {
		return
	}
	s.ev = llm.Event{Type: llm.EventDelta, Index: ev.Index, Choice: ev.Choice, Delta: llm.DeltaText, Text: text}
	emit(&s.ev)
}

// stop tells what was held back of a text, and the end by the client's name.
func (s *Stream) stop(ev *llm.Event, emit func(*llm.Event)) {
	text := s.texts[ev.Index]
	delete(s.texts, ev.Index)
	end, _ := ev.Block.(*llm.ToolCall)
	if text != nil {
		if end != nil && text.empty() { // the end tells the input
			text = &freeText{}
			s.say(ev, text.next(string(end.Input)), emit)
		}
		s.say(ev, text.rest(), emit)
	}
	if end == nil {
		emit(ev)
		return
	}
	own, _ := s.m.restore(end)
	if text != nil {
		c := *own
		c.Kind, c.Input = llm.ToolCustom, nil
		own = &c
	}
	s.ev = *ev
	s.ev.Block = own
	emit(&s.ev)
}
