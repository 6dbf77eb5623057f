package openairesponses

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// liveReasoning is thinking. Its item begins with the block where the header
// tells that there will be one, else with its first words: thinking of which
// nothing can be shown here is not told at all.
type liveReasoning struct {
	gathered
	ordinal int
	header  string // the item's id
	text    bool   // the content part has begun
	part    int    // the summary part that is open; -1 for none
	// partSent counts the bytes of the open summary part that have gone out.
	partSent int
}

// surelyTold reports whether thinking has an item whatever its end brings: an
// upstream of this protocol began one, or there are words already.
func surelyTold(r *llm.Reasoning) bool {
	if r.Text != "" || len(r.Summary) > 0 {
		return true
	}
	foreign := r.Redacted || r.Signature != nil || r.Encrypted != nil && r.Encrypted.Origin.Protocol != protocol
	return !foreign && (r.ID != "" || r.Encrypted != nil)
}

func (l *liveReasoning) begin(e *eventEncoder, dst []byte) []byte {
	if l.item != nil {
		return dst
	}
	item, dst := e.newItem(dst, &llm.Reasoning{Attrs: llm.Attrs{ID: l.header}}, prefixReasoning, l.ordinal)
	item.blocks, item.open = []llm.Block{nil}, 1
	l.item = item
	return e.added(dst, item, func(dst []byte) []byte {
		return append(appendMember(appendType(dst, itemReasoning), "id", item.id), `,"summary":[]}`...)
	})
}

func (l *liveReasoning) delta(e *eventEncoder, dst []byte, ev *llm.Event) []byte {
	if !l.add(ev) {
		return dst
	}
	switch ev.Delta { //nolint:exhaustive // the deltas of reasoning
	case llm.DeltaReasoning:
		dst = l.beginText(e, l.begin(e, dst))
		l.sent += len(ev.Text)
		return l.textEvent(e, dst, "response.reasoning_text.delta", "delta", ev.Text)
	case llm.DeltaSummary:
		dst = l.begin(e, dst)
		if ev.Part != l.part {
			dst = l.beginPart(e, l.endPart(e, dst), ev.Part)
		}
		if ev.Text == "" {
			return dst
		}
		l.partSent += len(ev.Text)
		return l.summaryEvent(e, dst, "response.reasoning_summary_text.delta", "delta", ev.Text)
	}
	return dst
}

func (l *liveReasoning) beginText(e *eventEncoder, dst []byte) []byte {
	if l.text {
		return dst
	}
	l.text = true
	return l.contentPart(e, dst, "response.content_part.added", "")
}

func (l *liveReasoning) contentPart(e *eventEncoder, dst []byte, kind, text string) []byte {
	dst, start := e.open(dst, kind)
	dst = number(inItem(dst, l.item), "content_index", 0)
	dst = appendMember(appendType(wirejson.AppendName(dst, "part"), "reasoning_text"), "text", text)
	return closeEvent(append(dst, '}'), start)
}

func (l *liveReasoning) textEvent(e *eventEncoder, dst []byte, kind, member, text string) []byte {
	dst, start := e.open(dst, kind)
	dst = number(inItem(dst, l.item), "content_index", 0)
	return closeEvent(appendMember(dst, member, text), start)
}

func (l *liveReasoning) summaryEvent(e *eventEncoder, dst []byte, kind, member, text string) []byte {
	dst, start := e.open(dst, kind)
	dst = number(inItem(dst, l.item), "summary_index", l.part)
	return closeEvent(appendMember(dst, member, text), start)
}

func (l *liveReasoning) summaryPart(e *eventEncoder, dst []byte, kind, text string) []byte {
	dst, start := e.open(dst, kind)
	dst = number(inItem(dst, l.item), "summary_index", l.part)
	dst = appendMember(appendType(wirejson.AppendName(dst, "part"), "summary_text"), "text", text)
	return closeEvent(append(dst, '}'), start)
}

func (l *liveReasoning) beginPart(e *eventEncoder, dst []byte, part int) []byte {
	l.part, l.partSent = part, 0
	return l.summaryPart(e, dst, "response.reasoning_summary_part.added", "")
}

// endPart ends the summary part that is open.
func (l *liveReasoning) endPart(e *eventEncoder, dst []byte) []byte {
	if l.part < 0 {
		return dst
	}
	r, ok := l.block().(*llm.Reasoning)
	if !ok || l.part >= len(r.Summary) {
		return dst
	}
	text := r.Summary[l.part]
	if l.partSent < len(text) {
		dst = l.summaryEvent(e, dst, "response.reasoning_summary_text.delta", "delta", text[l.partSent:])
	}
	dst = l.summaryEvent(e, dst, "response.reasoning_summary_text.done", "text", text)
	dst = l.summaryPart(e, dst, "response.reasoning_summary_part.done", text)
	l.partSent = len(text)
	return dst
}

func (l *liveReasoning) stop(e *eventEncoder, dst []byte, end *llm.Event) []byte {
	l.add(end)
	r, ok := l.block().(*llm.Reasoning)
	if !ok {
		return dst
	}
	if l.item == nil {
		probe := itemWriter{partWriter: partWriter{losses: &llm.Losses{}, output: true}}
		if len(probe.reasoning(nil, r, place{})) == 0 {
			// Rendering it for good notes what is lost.
			place := place{base: "output", message: -1, block: l.ordinal, subBlock: -1}
			e.out.reasoning(nil, r, place)
			return dst
		}
	}
	dst = l.begin(e, dst)
	if rest := l.rest(r.Text); rest != "" {
		dst = l.textEvent(e, l.beginText(e, dst), "response.reasoning_text.delta", "delta", rest)
	}
	if l.text {
		dst = l.textEvent(e, dst, "response.reasoning_text.done", "text", r.Text)
		dst = l.contentPart(e, dst, "response.content_part.done", r.Text)
	}
	dst = l.endPart(e, dst)
	for i := l.part + 1; i < len(r.Summary); i++ {
		dst = l.endPart(e, l.beginPart(e, dst, i))
	}
	l.item.blocks[0] = r
	return e.blockDone(dst, l.item)
}
