package vault

import (
	"context"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Stream seals one streamed answer. It belongs to one goroutine.
type Stream struct {
	s      *sealing // nil: there is nothing to do
	open   map[int]*live
	held   *held // the end of thinking, until it is known what follows
	failed bool
	out    llm.Event // reused: events are valid only while they are emitted
}

// Stream returns what seals the stream that answers t.
func (v *Vault) Stream(t Turn) *Stream {
	if !t.foreign() {
		return &Stream{}
	}
	return &Stream{s: v.sealing(t), open: map[int]*live{}}
}

// live is a block that has begun and not ended.
type live struct {
	e      *entry
	record *record
	// fold gathers thinking and calls; nil for other blocks, and for those that
	// turned out too large, which pass as they are from then on.
	fold      *llm.Folder
	text      textDigest
	media     mediaDigest
	signature *llm.Signature // of text and media, as told so far
}

// Event takes one event of the upstream's and emits what the client shall be
// told. Events are valid only during emit; none is kept.
func (s *Stream) Event(ev *llm.Event, emit func(*llm.Event)) {
	if s.s == nil {
		emit(ev)
		return
	}
	envelope := s.release(ev, emit)
	switch ev.Type {
	case llm.EventBlockStart:
		s.start(ev, envelope, emit)
	case llm.EventDelta:
		s.delta(ev, emit)
	case llm.EventBlockStop:
		s.stop(ev, emit)
	case llm.EventFail:
		s.failed = true
		emit(ev)
	default:
		emit(ev)
	}
}

// Done stores what the client cannot carry of the blocks that have ended. It is
// to be called before the client sees the end of the stream, and once. An
// answer that failed is not stored: no client sends it back.
func (s *Stream) Done(ctx context.Context) error {
	if s.s == nil || s.failed {
		return nil
	}
	for _, l := range s.open {
		l.kill()
	}
	return s.s.store(ctx)
}

// kill leaves the block out of what is stored.
func (l *live) kill() {
	l.e.dead = true
	if l.e.kind == entryReasoning {
		l.record.broken = true
	}
}

func (s *Stream) start(ev *llm.Event, envelope *llm.Signature, emit func(*llm.Event)) {
	if ev.Block == nil || s.open[ev.Index] != nil {
		emit(ev)
		return
	}
	l := &live{record: s.s.record(ev.Choice)}
	header := s.header(l, ev)
	if l.e == nil {
		emit(ev)
		return
	}
	s.open[ev.Index] = l
	s.pass(ev, enveloping(header, envelope), emit)
}

// pass emits ev with another block.
func (s *Stream) pass(ev *llm.Event, b llm.Block, emit func(*llm.Event)) {
	s.out = *ev
	s.out.Block = b
	emit(&s.out)
}

// header begins to take a block down and returns its header without what the
// client cannot verify.
func (s *Stream) header(l *live, ev *llm.Event) llm.Block {
	if !s.s.calls && !isReasoning(ev.Block) {
		return ev.Block
	}
	switch b := ev.Block.(type) {
	case *llm.Reasoning:
		l.e = l.record.add(entryReasoning)
		if !s.gather(l, ev, &s.s.thinking, reasoningSize(b)) {
			return b
		}
		c := *b
		c.Signature, c.Encrypted = nil, nil
		return &c
	case *llm.ToolCall:
		if b.Kind == llm.ToolServer {
			return b
		}
		l.e = l.record.add(entryCall)
		if !s.gather(l, ev, &s.s.inputs, len(b.Input)) {
			return b
		}
		c := *b
		c.Signature = nil
		return &c
	case *llm.Text:
		l.e = l.record.add(entryText)
		l.signature = copySignature(b.Signature)
		l.write(b.Text)
		c := *b
		c.Signature = nil
		return &c
	case *llm.Media:
		l.e = l.record.add(entryMedia)
		l.signature = copySignature(b.Signature)
		l.media.write(b.Data)
		c := *b
		c.Signature = nil
		return &c
	}
	return ev.Block
}

func copySignature(s *llm.Signature) *llm.Signature {
	if s == nil {
		return nil
	}
	c := *s
	return &c
}

// write takes down text.
func (l *live) write(text string) {
	l.text.write(text)
	l.record.text.write(text)
}

// gather folds an event of n bytes into the block. A block that no longer fits
// is not gathered any more and passes as it is, so that its encoder notes what
// is lost.
func (s *Stream) gather(l *live, ev *llm.Event, left *int, n int) bool {
	if ev.Type == llm.EventBlockStart {
		l.fold = &llm.Folder{}
	}
	if l.fold == nil {
		return false
	}
	inner := *ev
	inner.Index, inner.Choice = 0, 0
	if !spend(left, n) || l.fold.Add(&inner) != nil {
		l.fold = nil
		l.kill()
		return false
	}
	return true
}

func (s *Stream) delta(ev *llm.Event, emit func(*llm.Event)) {
	l := s.open[ev.Index]
	if l == nil {
		emit(ev)
		return
	}
	kept := true // what the client does not get is taken down
	switch l.e.kind {
	case entryReasoning:
		kept = s.gather(l, ev, &s.s.thinking, len(ev.Text))
	case entryCall:
		kept = s.gather(l, ev, &s.s.inputs, len(ev.Text))
	case entryText, entryMedia:
		l.plain(ev)
	}
	if ev.Delta != llm.DeltaSignature || !kept {
		emit(ev)
	}
}

// plain takes down a delta of text or media.
func (l *live) plain(ev *llm.Event) {
	switch ev.Delta { //nolint:exhaustive // the others are nothing to the vault
	case llm.DeltaText:
		l.write(ev.Text)
	case llm.DeltaData:
		l.media.write(ev.Text)
	case llm.DeltaSignature:
		if l.signature == nil {
			l.signature = &llm.Signature{}
		}
		l.signature.Data += ev.Text
		if ev.Origin != (llm.Origin{}) {
			l.signature.Origin = ev.Origin
		}
	}
}

func (s *Stream) stop(ev *llm.Event, emit func(*llm.Event)) {
	l := s.open[ev.Index]
	if l == nil {
		emit(ev)
		return
	}
	delete(s.open, ev.Index)
	switch l.e.kind {
	case entryReasoning:
		s.stopReasoning(l, ev, emit)
	case entryCall:
		s.stopCall(l, ev, emit)
	case entryText:
		end, _ := ev.Block.(*llm.Text)
		s.stopText(l, end, ev, emit)
	case entryMedia:
		end, _ := ev.Block.(*llm.Media)
		s.stopMedia(l, end, ev, emit)
	}
}

// whole returns a gathered block.
func (l *live) whole() llm.Block {
	resp, _ := l.fold.Response() // the error says that the stream goes on
	if len(resp.Choices) == 0 || len(resp.Choices[0].Blocks) == 0 {
		return nil
	}
	return resp.Choices[0].Blocks[0]
}

func (s *Stream) stopReasoning(l *live, ev *llm.Event, emit func(*llm.Event)) {
	end, _ := ev.Block.(*llm.Reasoning)
	size := 0
	if end != nil {
		size = reasoningSize(end)
	}
	if !s.gather(l, ev, &s.s.thinking, size) {
		emit(ev)
		return
	}
	full, ok := l.whole().(*llm.Reasoning)
	if !ok {
		l.kill()
		emit(ev)
		return
	}
	c := llm.Reasoning{}
	if end != nil {
		c = *end
	}
	s.s.reasoning(l.e, &c, full)
	if s.hold(ev, &c) {
		return
	}
	s.pass(ev, &c, emit)
}

func (s *Stream) stopCall(l *live, ev *llm.Event, emit func(*llm.Event)) {
	end, _ := ev.Block.(*llm.ToolCall)
	size := 0
	if end != nil {
		size = len(end.Input)
	}
	if !s.gather(l, ev, &s.s.inputs, size) {
		emit(ev)
		return
	}
	call, ok := l.whole().(*llm.ToolCall)
	if !ok {
		l.kill()
		emit(ev)
		return
	}
	l.e.callID, l.e.call, l.e.signature = call.CallID, sumCall(call), call.Signature
	if end == nil {
		emit(ev)
		return
	}
	c := *end
	c.Signature = nil
	s.pass(ev, &c, emit)
}

func (s *Stream) stopText(l *live, end *llm.Text, ev *llm.Event, emit func(*llm.Event)) {
	if end != nil {
		if l.text.size == 0 {
			l.write(end.Text)
		}
		if end.Signature != nil {
			l.signature = copySignature(end.Signature)
		}
	}
	sum, ok := l.text.sum()
	if !ok {
		sum = trimmedSum("")
	}
	l.e.size, l.e.sum, l.e.signature = l.text.size, sum, l.signature
	l.e.dead = l.text.over
	if end == nil {
		emit(ev)
		return
	}
	c := *end
	c.Signature = nil
	s.pass(ev, &c, emit)
}

func (s *Stream) stopMedia(l *live, end *llm.Media, ev *llm.Event, emit func(*llm.Event)) {
	if end != nil {
		if !l.media.some {
			l.media.write(end.Data)
		}
		if end.Signature != nil {
			l.signature = copySignature(end.Signature)
		}
	}
	l.e.sum, l.e.signature = l.media.sum(), l.signature
	if end == nil {
		emit(ev)
		return
	}
	c := *end
	c.Signature = nil
	s.pass(ev, &c, emit)
}
