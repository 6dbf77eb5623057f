package llm

// DefaultSequenceBuffer bounds what a Sequencer holds back, in bytes of text.
const DefaultSequenceBuffer = 32 << 20

// eventCost is what holding an event counts beside its text, in bytes.
const eventCost = 64

// Sequencer turns a stream whose blocks interleave into one in which each
// block closes before the next opens, for protocols that demand it (Anthropic
// Messages). Blocks come out in the order they started, with dense indices
// from 0; within a block nothing changes its order. The block that is first in
// line passes through unbuffered; what belongs to later ones is held back
// until every block before them has closed.
//
// Memory: held deltas of one kind that follow each other are merged into one,
// so what is held is at most the text of the blocks behind the first, and at
// most Limit bytes of it. Beyond Limit the stream fails with KindUpstream.
//
// Usage, opaque events and pings pass at once; a finish waits until no block
// is open, and EventEnd first closes and releases whatever is left. EventFail
// does not: clients take a block that was closed for a whole one, and would run
// a call of which half the arguments came.
// The zero value is ready. It keeps no memory of the events it was given.
type Sequencer struct {
	// Limit bounds what is held back, in bytes; DefaultSequenceBuffer when 0.
	Limit int

	queue    []*queued       // the first is open downstream
	open     map[int]*queued // by upstream index
	finishes []*Event
	next     int // index of the next block downstream
	held     int
	ended    bool
	out      Event // reused: events are valid only while they are emitted
}

// queued is one block that has not been closed downstream.
type queued struct {
	events []*Event // held back, in order; the first is its start
	text   []byte   // of the last event, when it is a delta that may grow
	closed bool     // its stop is among events
	index  int      // downstream
	choice int
	live   bool // it is first in line
}

// Push takes one event and emits what may go out now. It reports false when it
// left the event out: one for a block that is not open, or one that came after
// the end. Emitted events are valid only during emit.
func (s *Sequencer) Push(ev *Event, emit func(*Event)) bool {
	if s.ended {
		return false
	}
	switch ev.Type {
	case EventBlockStart:
		return s.start(ev, emit)
	case EventDelta, EventBlockStop:
		return s.inBlock(ev, emit)
	case EventFinish:
		if len(s.queue) == 0 {
			emit(ev)
			return true
		}
		c := *ev
		c.Ext = cloneExt(ev.Ext)
		s.finishes = append(s.finishes, &c)
	case EventFail:
		s.ended, s.queue, s.open, s.finishes = true, nil, nil, nil
		emit(ev)
	case EventEnd:
		s.flush(emit)
		s.ended = true
		emit(ev)
	default:
		emit(ev)
	}
	return true
}

func (s *Sequencer) start(ev *Event, emit func(*Event)) bool {
	if ev.Block == nil || s.open[ev.Index] != nil {
		return false
	}
	if s.open == nil {
		s.open = map[int]*queued{}
	}
	b := &queued{index: s.next, choice: ev.Choice}
	s.next++
	s.open[ev.Index] = b
	s.queue = append(s.queue, b)
	if len(s.queue) == 1 {
		b.live = true
		s.send(b, ev, emit)
		return true
	}
	s.hold(b, ev, emit)
	return true
}

func (s *Sequencer) inBlock(ev *Event, emit func(*Event)) bool {
	b := s.open[ev.Index]
	if b == nil {
		return false
	}
	if ev.Type == EventBlockStop {
		b.closed = true
		delete(s.open, ev.Index)
	}
	if !b.live {
		s.hold(b, ev, emit)
		return true
	}
	s.send(b, ev, emit)
	if b.closed {
		s.queue = s.queue[1:]
		s.advance(emit)
	}
	return true
}

// advance releases the blocks that are now first in line.
func (s *Sequencer) advance(emit func(*Event)) {
	for len(s.queue) > 0 {
		b := s.queue[0]
		s.release(b, emit)
		if !b.closed {
			return
		}
		s.queue = s.queue[1:]
	}
	for _, ev := range s.finishes {
		emit(ev)
	}
	s.queue, s.finishes = nil, nil
}

// release emits what was held back for b and lets it flow from now on.
func (s *Sequencer) release(b *queued, emit func(*Event)) {
	b.live = true
	b.settle()
	for _, ev := range b.events {
		s.held -= len(ev.Text) + eventCost
		s.send(b, ev, emit)
	}
	b.events = nil
}

// flush closes every block that is still open, in order.
func (s *Sequencer) flush(emit func(*Event)) {
	clear(s.open)
	for _, b := range s.queue {
		if !b.closed {
			b.closed = true
			b.settle()
			s.held += eventCost
			b.events = append(b.events, &Event{Type: EventBlockStop, Choice: b.choice})
		}
	}
	s.advance(emit)
}

// send emits a copy of ev under the downstream index.
func (s *Sequencer) send(b *queued, ev *Event, emit func(*Event)) {
	s.out = *ev
	s.out.Index = b.index
	emit(&s.out)
}

// hold keeps ev for later, merged into the delta before it where they are of
// one kind.
func (s *Sequencer) hold(b *queued, ev *Event, emit func(*Event)) {
	merge := len(b.events) > 0 && mergeable(b.events[len(b.events)-1], ev)
	s.held += len(ev.Text)
	if !merge {
		s.held += eventCost
	}
	limit := s.Limit
	if limit <= 0 {
		limit = DefaultSequenceBuffer
	}
	if s.held > limit {
		s.fail(limit, emit)
		return
	}
	if merge {
		if b.text == nil {
			b.text = []byte(b.events[len(b.events)-1].Text)
		}
		b.text = append(b.text, ev.Text...)
		return
	}
	b.settle()
	c := *ev
	if ev.Block != nil {
		c.Block = CloneBlock(ev.Block)
	}
	if ev.Citation != nil {
		cite := *ev.Citation
		cite.Raw = append(Raw(nil), cite.Raw...)
		c.Citation = &cite
	}
	b.events = append(b.events, &c)
}

// fail ends the stream because too much would have to be held back.
func (s *Sequencer) fail(limit int, emit func(*Event)) {
	s.ended, s.queue, s.open, s.finishes = true, nil, nil, nil
	emit(&Event{Type: EventFail, Err: Errorf(KindUpstream, "stream_buffer_exceeded",
		"the upstream interleaved blocks of more than %d bytes, which cannot be put in sequence", limit)})
}

// settle writes grown text back into the event it belongs to.
func (b *queued) settle() {
	if b.text != nil {
		b.events[len(b.events)-1].Text = string(b.text)
		b.text = nil
	}
}

// mergeable reports whether next may be appended to the text of prev.
func mergeable(prev, next *Event) bool {
	if prev.Type != EventDelta || next.Type != EventDelta || prev.Delta != next.Delta || prev.Part != next.Part {
		return false
	}
	switch next.Delta {
	case DeltaCitation, DeltaLogprobs:
		return false
	case DeltaSignature:
		return prev.Origin == next.Origin
	default:
		return true
	}
}
