package openairesponses

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// gathered folds one block while its deltas go out.
type gathered struct {
	fold llm.Folder
	item *liveItem
	// sent counts the bytes of the block's text that have gone out.
	sent int
}

// add takes an event of the block. Its decoder keeps the grammar of events; a
// delta that breaks it is one that this block has no place for.
func (g *gathered) add(ev *llm.Event) bool { return g.fold.Add(ev) == nil }

// block returns the block as gathered so far.
func (g *gathered) block() llm.Block {
	resp, _ := g.fold.Response() // the error says that the stream goes on
	if len(resp.Choices) == 0 || len(resp.Choices[0].Blocks) == 0 {
		return nil
	}
	return resp.Choices[0].Blocks[0]
}

// rest returns what of text has not gone out.
func (g *gathered) rest(text string) string {
	if g.sent >= len(text) {
		return ""
	}
	text = text[g.sent:]
	g.sent += len(text)
	return text
}

// newLive begins the streaming of a block by its kind.
func (e *eventEncoder) newLive(dst []byte, ev *llm.Event, ordinal int) (live, []byte) {
	switch b := ev.Block.(type) {
	case *llm.Text, *llm.Refusal:
		l := &liveText{}
		l.add(ev)
		return l, l.begin(e, dst, b, ordinal)
	}
	if e.tail != nil && !isPart(ev.Block) {
		e.tail.last = nil // what stands between two texts parts them, told or not
	}
	switch b := ev.Block.(type) {
	case *llm.Reasoning:
		l := &liveReasoning{ordinal: ordinal, header: b.ID, part: -1}
		l.add(ev)
		if surelyTold(b) { // it takes its place before what begins meanwhile
			dst = l.begin(e, dst)
		}
		return l, dst
	case *llm.ToolCall:
		if b.Kind != llm.ToolServer {
			l := &liveCall{}
			l.add(ev)
			return l, l.begin(e, dst, b, ordinal)
		}
	}
	l := &liveWhole{ordinal: ordinal}
	l.add(ev)
	return l, dst
}

// silent is a block that is not told.
type silent struct{}

func (silent) delta(_ *eventEncoder, dst []byte, _ *llm.Event) []byte { return dst }
func (silent) stop(_ *eventEncoder, dst []byte, _ *llm.Event) []byte  { return dst }
func (silent) cut(*llm.Event) *liveItem                               { return nil }

// liveText is a content part of a message: text or refusal.
type liveText struct {
	gathered
	refusal  bool
	content  int // content_index
	cites    int // annotations so far
	logprobs string
}

func (l *liveText) begin(e *eventEncoder, dst []byte, b llm.Block, ordinal int) []byte {
	dst = l.join(e, dst, b, ordinal)
	var empty llm.Block = &llm.Text{}
	if _, l.refusal = b.(*llm.Refusal); l.refusal {
		empty = &llm.Refusal{}
	}
	return l.partEvent(e, dst, "response.content_part.added", empty)
}

// join makes the block a part of the message item that is open, if it belongs
// there, else of a new one.
func (l *liveText) join(e *eventEncoder, dst []byte, b llm.Block, ordinal int) []byte {
	item := e.tail
	if item == nil || item.closed || item.last == nil || !joins(item.last, b) {
		item, dst = e.newItem(dst, b, prefixMessage, ordinal)
		dst = e.added(dst, item, func(dst []byte) []byte {
			dst = appendMember(appendType(dst, itemMessage), "id", item.id)
			dst = appendMember(dst, "status", statusInProgress)
			dst = appendMember(dst, "role", string(llm.RoleAssistant))
			if t, ok := b.(*llm.Text); ok {
				dst = appendOptional(dst, "phase", t.Phase)
			}
			return append(dst, `,"content":[]}`...)
		})
	}
	l.item, l.content = item, len(item.blocks)
	item.last = llm.CloneBlock(b)
	item.blocks = append(item.blocks, nil)
	item.open++
	return dst
}

func (l *liveText) partEvent(e *eventEncoder, dst []byte, kind string, b llm.Block) []byte {
	dst, start := e.open(dst, kind)
	dst = number(inItem(dst, l.item), "content_index", l.content)
	w := partWriter{losses: &llm.Losses{}, output: true} // the item notes the losses
	dst = w.part(wirejson.AppendName(dst, "part"), b, true, place{})
	return closeEvent(dst, start)
}

func (l *liveText) delta(e *eventEncoder, dst []byte, ev *llm.Event) []byte {
	if !l.add(ev) {
		return dst
	}
	switch ev.Delta { //nolint:exhaustive // the deltas of text
	case llm.DeltaText:
		l.sent += len(ev.Text)
		return l.textEvent(e, dst, ev.Text)
	case llm.DeltaLogprobs:
		// Probabilities go out with the text they belong to, which follows.
		if l.logprobs != "" {
			dst = l.textEvent(e, dst, "")
		}
		l.logprobs = ev.Text
	case llm.DeltaCitation:
		if ev.Citation != nil && !l.refusal {
			return l.citation(e, dst, ev.Citation)
		}
	}
	return dst
}

func (l *liveText) textEvent(e *eventEncoder, dst []byte, text string) []byte {
	kind := "response.output_text.delta"
	if l.refusal {
		kind = "response.refusal.delta"
	}
	dst, start := e.open(dst, kind)
	dst = number(inItem(dst, l.item), "content_index", l.content)
	dst = appendMember(dst, "delta", text)
	if !l.refusal {
		dst = l.appendLogprobs(dst, llm.Raw(l.logprobs))
		l.logprobs = ""
	}
	return closeEvent(dst, start)
}

func (l *liveText) appendLogprobs(dst []byte, v llm.Raw) []byte {
	if v = nonEmptyArray(v); v == nil {
		v = llm.Raw("[]")
	}
	return appendRaw(dst, "logprobs", v)
}

func (l *liveText) citation(e *eventEncoder, dst []byte, c *llm.Citation) []byte {
	w := partWriter{losses: &llm.Losses{}} // the item notes the losses
	raw := w.annotation(nil, c, place{})
	if len(raw) == 0 {
		return dst
	}
	dst, start := e.open(dst, "response.output_text.annotation.added")
	dst = number(inItem(dst, l.item), "content_index", l.content)
	dst = number(dst, "annotation_index", l.cites)
	l.cites++
	return closeEvent(appendRaw(dst, "annotation", raw), start)
}

func (l *liveText) stop(e *eventEncoder, dst []byte, end *llm.Event) []byte {
	l.add(end)
	b := l.block()
	l.item.blocks[l.content] = b
	if l.content == len(l.item.blocks)-1 {
		l.item.last = b
	}
	switch b := b.(type) {
	case *llm.Text:
		if rest := l.rest(b.Text); rest != "" || l.logprobs != "" {
			dst = l.textEvent(e, dst, rest)
		}
		var start int
		dst, start = e.open(dst, "response.output_text.done")
		dst = number(inItem(dst, l.item), "content_index", l.content)
		dst = l.appendLogprobs(appendMember(dst, "text", b.Text), b.Logprobs)
		dst = closeEvent(dst, start)
	case *llm.Refusal:
		if rest := l.rest(b.Text); rest != "" {
			dst = l.textEvent(e, dst, rest)
		}
		var start int
		dst, start = e.open(dst, "response.refusal.done")
		dst = number(inItem(dst, l.item), "content_index", l.content)
		dst = closeEvent(appendMember(dst, "refusal", b.Text), start)
	}
	dst = l.partEvent(e, dst, "response.content_part.done", b)
	return e.blockDone(dst, l.item)
}

// liveCall is a call of a tool that the client runs.
type liveCall struct {
	gathered
	custom bool // the client's tool takes free text
	// wrapped: the upstream calls it as a function, whose input is not told
	// before the whole of it can be unwrapped.
	wrapped bool
}

func (l *liveCall) begin(e *eventEncoder, dst []byte, c *llm.ToolCall, ordinal int) []byte {
	name, space := c.Name, c.Namespace
	l.custom = c.Kind == llm.ToolCustom
	if t := e.out.tools.find(c); t != nil {
		name, space = t.Name, t.Namespace
		l.wrapped = t.Kind == llm.ToolCustom && !l.custom
		l.custom = l.custom || l.wrapped
	}
	kind, prefix, input := itemFunctionCall, prefixFunction, "arguments"
	if l.custom {
		kind, prefix, input = itemCustomCall, prefixCustom, "input"
	}
	item, dst := e.newItem(dst, c, prefix, ordinal)
	item.blocks, item.open = []llm.Block{nil}, 1
	l.item = item
	return e.added(dst, item, func(dst []byte) []byte {
		dst = appendMember(appendType(dst, kind), "id", item.id)
		dst = appendMember(dst, "status", statusInProgress)
		dst = appendMember(dst, "call_id", c.CallID)
		dst = appendMember(dst, "name", name)
		dst = appendOptional(dst, "namespace", space)
		return append(appendMember(dst, input, ""), '}')
	})
}

func (l *liveCall) delta(e *eventEncoder, dst []byte, ev *llm.Event) []byte {
	if !l.add(ev) || l.wrapped || ev.Delta != llm.DeltaInput && ev.Delta != llm.DeltaText {
		return dst
	}
	l.sent += len(ev.Text)
	return l.inputEvent(e, dst, ".delta", "delta", ev.Text)
}

func (l *liveCall) inputEvent(e *eventEncoder, dst []byte, step, member, text string) []byte {
	kind := "response.function_call_arguments"
	if l.custom {
		kind = "response.custom_tool_call_input"
	}
	dst, start := e.open(dst, kind+step)
	return closeEvent(appendMember(inItem(dst, l.item), member, text), start)
}

func (l *liveCall) stop(e *eventEncoder, dst []byte, end *llm.Event) []byte {
	l.add(end)
	b := l.block()
	l.item.blocks[0] = b
	if c, ok := e.out.tools.restore(b).(*llm.ToolCall); ok {
		input := string(c.Input)
		if rest := l.rest(input); rest != "" {
			dst = l.inputEvent(e, dst, ".delta", "delta", rest)
		}
		member := "arguments"
		if l.custom {
			member = "input"
		}
		dst = l.inputEvent(e, dst, ".done", member, input)
	}
	return e.blockDone(dst, l.item)
}

// liveWhole is a block that is told at its end, in one piece.
type liveWhole struct {
	gathered
	ordinal int
}

func (l *liveWhole) delta(_ *eventEncoder, dst []byte, ev *llm.Event) []byte {
	l.add(ev)
	return dst
}

func (l *liveWhole) stop(e *eventEncoder, dst []byte, end *llm.Event) []byte {
	l.add(end)
	b := l.block()
	switch b := b.(type) {
	case *llm.Media:
		if b.Kind != llm.MediaImage {
			return l.spoken(e, dst, b)
		}
	case *llm.Opaque:
		if isPart(b) {
			return l.nativePart(e, dst, b)
		}
	}
	probe := itemWriter{partWriter: partWriter{losses: &e.losses, output: true}, newID: func(string) string { return "" }}
	if len(probe.item(nil, b, place{base: "output", message: -1, block: l.ordinal, subBlock: -1})) == 0 {
		return dst // it cannot be said here, which is noted
	}
	_, announced := e.announced[b.Common().ID]
	item, dst := e.newItem(dst, b, prefixImage, l.ordinal)
	item.blocks = []llm.Block{b}
	if !announced {
		dst = e.announce(dst, item, b)
	}
	return e.closeItem(dst, item)
}

// announce appends the events that go before a whole item is done.
func (e *eventEncoder) announce(dst []byte, item *liveItem, b llm.Block) []byte {
	if _, ok := b.(*llm.Media); !ok {
		return e.added(dst, item, func(dst []byte) []byte {
			probe := itemWriter{partWriter: partWriter{losses: &llm.Losses{}, output: true}}
			return probe.item(dst, b, place{})
		})
	}
	dst = e.added(dst, item, func(dst []byte) []byte {
		dst = appendMember(appendType(dst, itemImageCall), "id", item.id)
		return append(appendMember(dst, "status", statusInProgress), '}')
	})
	for _, step := range [...]string{"in_progress", "generating", "completed"} {
		var start int
		dst, start = e.open(dst, "response."+itemImageCall+"."+step)
		dst = closeEvent(inItem(dst, item), start)
	}
	return dst
}

// nativePart tells a content part that only this protocol knows.
func (l *liveWhole) nativePart(e *eventEncoder, dst []byte, b *llm.Opaque) []byte {
	part := &liveText{}
	dst = part.join(e, dst, b, l.ordinal)
	part.item.blocks[part.content] = b
	dst = part.partEvent(e, dst, "response.content_part.added", b)
	dst = part.partEvent(e, dst, "response.content_part.done", b)
	return e.blockDone(dst, part.item)
}

// spoken tells what was said in audio, which has no place here, as text.
func (l *liveWhole) spoken(e *eventEncoder, dst []byte, m *llm.Media) []byte {
	if m.Kind != llm.MediaAudio || m.Transcript == "" {
		e.losses.Drop(outFeature(m.Kind), place{base: "output", message: -1, block: l.ordinal, subBlock: -1}.String())
		return dst
	}
	e.losses.Approximate("audio_out", place{base: "output", message: -1, block: l.ordinal, subBlock: -1}.String())
	t := &llm.Text{Attrs: llm.Attrs{ID: m.ID}, Text: m.Transcript}
	text := &liveText{}
	text.add(&llm.Event{Type: llm.EventBlockStart, Block: t})
	dst = text.begin(e, dst, t, l.ordinal)
	return text.stop(e, dst, &llm.Event{Type: llm.EventBlockStop})
}
