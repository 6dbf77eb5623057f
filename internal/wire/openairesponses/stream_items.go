package openairesponses

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// streamItem is an output item of a stream.
type streamItem struct {
	kind, id, phase string
	done            bool
	told                          // of items that are one block
	parts           []*streamPart // of messages, in order of appearance
}

// streamPart is a content part of a message.
type streamPart struct {
	content int  // content_index
	ended   bool // its content_part.done has come
	told
}

// told is what has been told of one block.
type told struct {
	index    int
	open     bool
	closed   bool
	text     int // bytes of text, input or thinking
	summary  []int
	cites    int
	logprobs bool
}

// item returns the state of the item that f is about. kind is what the event
// says it is, where its output_item.added is missing.
func (d *eventDecoder) item(f *streamFrame, kind string) *streamItem {
	item := d.items[f.output]
	if item == nil || f.itemID != "" && item.id != "" && item.id != f.itemID {
		for _, other := range d.items {
			if other.id != "" && other.id == f.itemID {
				return other
			}
		}
	}
	if item == nil {
		item = &streamItem{kind: kind, id: notOwn(f.itemID)}
		d.items[f.output] = item
	}
	return item
}

// start opens a block under the next index.
func (d *eventDecoder) start(t *told, header llm.Block) {
	if t.open || t.closed {
		return
	}
	d.begin(nil)
	t.open, t.index = true, d.next
	d.next++
	d.emit(&llm.Event{Type: llm.EventBlockStart, Index: t.index, Block: header})
}

// stop closes a block with what only the end tells.
func (d *eventDecoder) stop(t *told, end llm.Block) {
	if !t.open {
		return
	}
	t.open, t.closed = false, true
	d.emit(&llm.Event{Type: llm.EventBlockStop, Index: t.index, Block: end})
}

func (d *eventDecoder) delta(t *told, kind llm.DeltaKind, text string) {
	if t.open && text != "" {
		t.text += len(text)
		d.emit(&llm.Event{Type: llm.EventDelta, Index: t.index, Delta: kind, Text: text})
	}
}

// rest tells what of the whole text has not been told.
func (d *eventDecoder) rest(t *told, kind llm.DeltaKind, whole string) {
	if len(whole) > t.text {
		d.delta(t, kind, whole[t.text:])
	}
}

func textOf(v llm.Raw) string {
	s, _ := wirejson.Text(v)
	return s
}

// itemAdded opens what is one block; parts of a message open on their own. A
// hosted tool's item is told when it is done: until then it is its own event.
func (d *eventDecoder) itemAdded(f *streamFrame) {
	item := &streamItem{
		kind:  textOf(wirejson.Member(f.item, "type")),
		id:    notOwn(textOf(wirejson.Member(f.item, "id"))),
		phase: textOf(wirejson.Member(f.item, "phase")),
	}
	place := f.output
	if old := d.items[place]; old != nil && !old.done {
		if old.id == item.id {
			return // announced twice, or by its content
		}
		place = d.freePlace() // a server that does not number its items
	}
	d.items[place] = item
	switch item.kind {
	case itemMessage, "": // parts open on their own; what has no type is not an item
	case itemReasoning:
		d.start(&item.told, &llm.Reasoning{Attrs: llm.Attrs{ID: item.id}})
	case itemFunctionCall, itemCustomCall:
		b, err := decodeItem(item.kind, f.item, "item")
		call, ok := b.(*llm.ToolCall)
		if err != nil || !ok {
			return // its end may say what is missing
		}
		d.start(&item.told, &llm.ToolCall{
			Attrs: llm.Attrs{ID: item.id}, CallID: call.CallID, Name: call.Name,
			Namespace: call.Namespace, Kind: call.Kind,
		})
	default:
		d.emit(&llm.Event{Type: llm.EventOpaque, Native: native(f.raw)})
	}
}

// freePlace returns a key that no output_index has.
func (d *eventDecoder) freePlace() int {
	place := 0
	for i := range d.items {
		place = max(place, i+1)
	}
	return place
}

// part returns the state of a content part, opened as the block header makes.
// Parts that have ended are closed then.
func (d *eventDecoder) part(item *streamItem, content int, header func(llm.Attrs) llm.Block) *streamPart {
	for _, p := range item.parts {
		if p.content == content {
			return p
		}
	}
	for _, p := range item.parts {
		if p.ended {
			d.stop(&p.told, nil)
		}
	}
	p := &streamPart{content: content}
	item.parts = append(item.parts, p)
	d.start(&p.told, header(llm.Attrs{ID: item.id}))
	return p
}

func (d *eventDecoder) textPart(f *streamFrame) *streamPart {
	item := d.item(f, itemMessage)
	return d.part(item, f.content, func(a llm.Attrs) llm.Block { return &llm.Text{Attrs: a, Phase: item.phase} })
}

func (d *eventDecoder) refusalPart(f *streamFrame) *streamPart {
	return d.part(d.item(f, itemMessage), f.content, func(a llm.Attrs) llm.Block { return &llm.Refusal{Attrs: a} })
}

func (d *eventDecoder) partAdded(f *streamFrame) {
	switch textOf(wirejson.Member(f.part, "type")) {
	case "output_text":
		d.textPart(f)
	case "refusal":
		d.refusalPart(f)
	}
}

// partDone tells what the deltas did not. The block stays open for what the
// item's end says about it.
func (d *eventDecoder) partDone(f *streamFrame) {
	switch textOf(wirejson.Member(f.part, "type")) {
	case "output_text":
		p := d.textPart(f)
		p.ended = true
		if b, err := decodeTextPart(f.part, "part"); err == nil {
			d.tellText(&p.told, b)
		}
	case "refusal":
		p := d.refusalPart(f)
		p.ended = true
		d.rest(&p.told, llm.DeltaText, textOf(wirejson.Member(f.part, "refusal")))
	}
}

func (d *eventDecoder) textDelta(f *streamFrame) {
	p := d.textPart(f)
	d.logprobs(&p.told, f.logprobs)
	d.delta(&p.told, llm.DeltaText, textOf(f.delta))
}

func (d *eventDecoder) logprobs(t *told, v llm.Raw) {
	if v == nil || !t.open {
		return
	}
	t.logprobs = true
	d.emit(&llm.Event{Type: llm.EventDelta, Index: t.index, Delta: llm.DeltaLogprobs, Text: string(v)})
}

func (d *eventDecoder) textDone(f *streamFrame) {
	d.rest(&d.textPart(f).told, llm.DeltaText, textOf(f.text))
}

func (d *eventDecoder) annotationAdded(f *streamFrame) {
	p := d.textPart(f)
	if p.open && wirejson.KindOf(f.annotation) == '{' {
		d.citation(&p.told, decodeAnnotation(f.annotation))
	}
}

func (d *eventDecoder) citation(t *told, c llm.Citation) {
	t.cites++
	d.emit(&llm.Event{Type: llm.EventDelta, Index: t.index, Delta: llm.DeltaCitation, Citation: &c})
}

func (d *eventDecoder) refusalDelta(f *streamFrame) {
	d.delta(&d.refusalPart(f).told, llm.DeltaText, textOf(f.delta))
}

func (d *eventDecoder) refusalDone(f *streamFrame) {
	d.rest(&d.refusalPart(f).told, llm.DeltaText, textOf(f.text))
}

// thinking returns the state of a reasoning item, opened.
func (d *eventDecoder) thinking(f *streamFrame) *told {
	item := d.item(f, itemReasoning)
	d.start(&item.told, &llm.Reasoning{Attrs: llm.Attrs{ID: item.id}})
	return &item.told
}

func (d *eventDecoder) reasoningDelta(f *streamFrame) {
	d.delta(d.thinking(f), llm.DeltaReasoning, textOf(f.delta))
}

// reasoningDone tells the text where no delta did. Its length cannot be
// compared: an item may have several parts, which are one text to us.
func (d *eventDecoder) reasoningDone(f *streamFrame) {
	if t := d.thinking(f); t.text == 0 {
		d.delta(t, llm.DeltaReasoning, textOf(f.text))
	}
}

func (d *eventDecoder) summaryDelta(f *streamFrame) {
	d.summaryText(d.thinking(f), f.summary, textOf(f.delta))
}

// summaryText tells a piece of a summary's part; an empty piece makes the part.
func (d *eventDecoder) summaryText(t *told, part int, text string) {
	const limit = 4096 // of parts, which upstreams number
	if !t.open || part >= limit || text == "" && part < len(t.summary) {
		return
	}
	for len(t.summary) <= part {
		t.summary = append(t.summary, 0)
	}
	t.summary[part] += len(text)
	d.emit(&llm.Event{Type: llm.EventDelta, Index: t.index, Delta: llm.DeltaSummary, Part: part, Text: text})
}

func (d *eventDecoder) summaryDone(f *streamFrame) {
	d.summaryRest(d.thinking(f), f.summary, textOf(f.text))
}

func (d *eventDecoder) summaryRest(t *told, part int, whole string) {
	sent := 0
	if part < len(t.summary) {
		sent = t.summary[part]
	}
	if len(whole) > sent || part >= len(t.summary) {
		d.summaryText(t, part, whole[min(sent, len(whole)):])
	}
}

// inputDelta tells a piece of a call's input. A call that has not been announced
// is told when it is done, with its name.
func (d *eventDecoder) inputDelta(f *streamFrame) {
	item := d.item(f, "")
	d.delta(&item.told, inputKind(item.kind), textOf(f.delta))
}

func (d *eventDecoder) inputDone(f *streamFrame) {
	item := d.item(f, "")
	d.rest(&item.told, inputKind(item.kind), textOf(f.text))
}

func inputKind(kind string) llm.DeltaKind {
	if kind == itemCustomCall {
		return llm.DeltaText
	}
	return llm.DeltaInput
}

func (d *eventDecoder) itemDone(f *streamFrame) {
	d.finishItem(d.item(&streamFrame{output: f.output, itemID: notOwn(textOf(wirejson.Member(f.item, "id")))}, ""), f.item)
}

// finishItem tells what the item's end says and has not been told.
func (d *eventDecoder) finishItem(item *streamItem, raw llm.Raw) {
	if item.done {
		return
	}
	item.done = true
	blocks := decodeOutputItem(raw)
	for i, b := range blocks {
		d.seen.note(b)
		if !isPart(b) || textOf(wirejson.Member(raw, "type")) != itemMessage {
			d.complete(&item.told, b)
			continue
		}
		d.complete(d.partAt(item, i), b)
	}
	for _, p := range item.parts {
		d.stop(&p.told, nil)
	}
	d.stop(&item.told, nil)
}

// partAt returns the state of the part with the index, new if it was not told.
func (d *eventDecoder) partAt(item *streamItem, content int) *told {
	for _, p := range item.parts {
		if p.content == content {
			return &p.told
		}
	}
	p := &streamPart{content: content}
	item.parts = append(item.parts, p)
	return &p.told
}

// missedItems tells the items that came in the last event only.
func (d *eventDecoder) missedItems(output llm.Raw) {
	for i, raw := range wirejson.Elements(output) {
		id := notOwn(textOf(wirejson.Member(raw, "id")))
		d.finishItem(d.item(&streamFrame{output: i, itemID: id}, ""), raw)
	}
}
