package anthropic

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// inBlock is one content block of a stream that has begun and not ended.
type inBlock struct {
	number int64 // the upstream's index
	index  int   // ours, dense
	block  llm.Block
	// input is what the start of a call told of its arguments; it counts only
	// when no delta does.
	input    llm.Raw
	sawInput bool
	kind     string  // of an opaque block
	merged   llm.Ext // its members, completed by its deltas
	grew     bool
}

// deltaDecoders has an entry for every delta with a canonical form.
var deltaDecoders = map[string]func(*inBlock, *eventDecoder, llm.Raw){
	"text_delta":       textDelta(llm.DeltaText, "text"),
	"thinking_delta":   textDelta(llm.DeltaReasoning, "thinking"),
	"signature_delta":  (*inBlock).signatureDelta,
	"input_json_delta": (*inBlock).inputDelta,
	"citations_delta":  (*inBlock).citationDelta,
}

// start emits the block's header and, as deltas, whatever content already
// stands in it.
func (b *inBlock) start(d *eventDecoder) {
	header := b.block
	switch t := b.block.(type) {
	case *llm.Text:
		header = &llm.Text{Attrs: t.Attrs}
	case *llm.Reasoning:
		header = &llm.Reasoning{Attrs: t.Attrs, Encrypted: t.Encrypted, Redacted: t.Redacted}
	case *llm.ToolCall:
		b.input = append(llm.Raw(nil), t.Input...)
		t.Input = nil
	case *llm.Opaque:
		for name, v := range wirejson.Members(t.Native.Raw) {
			b.merged = addExt(b.merged, name, append(llm.Raw(nil), v...))
		}
	}
	d.emit(llm.Event{Type: llm.EventBlockStart, Index: b.index, Block: header})
	switch t := b.block.(type) {
	case *llm.Text:
		b.text(d, llm.DeltaText, t.Text)
		for i := range t.Citations {
			d.emit(llm.Event{Type: llm.EventDelta, Index: b.index, Delta: llm.DeltaCitation, Citation: &t.Citations[i]})
		}
	case *llm.Reasoning:
		b.text(d, llm.DeltaReasoning, t.Text)
		if t.Signature != nil {
			b.sign(d, t.Signature.Data)
		}
	}
	if o, ok := b.block.(*llm.Opaque); ok {
		b.kind = o.Type
	}
	b.block = nil // it may alias the frame
}

func (b *inBlock) text(d *eventDecoder, kind llm.DeltaKind, text string) {
	if text != "" {
		d.emit(llm.Event{Type: llm.EventDelta, Index: b.index, Delta: kind, Text: text})
	}
}

func (b *inBlock) sign(d *eventDecoder, data string) {
	if data != "" {
		d.emit(llm.Event{
			Type: llm.EventDelta, Index: b.index, Delta: llm.DeltaSignature, Text: data,
			Origin: llm.Origin{Protocol: self},
		})
	}
}

func (b *inBlock) delta(d *eventDecoder, v llm.Raw) error {
	kind, ok := wirejson.Text(wirejson.Member(v, "type"))
	if !ok {
		return garbled(nil, "a delta of the upstream's stream has no type")
	}
	decode := deltaDecoders[kind]
	if b.merged == nil && decode != nil {
		decode(b, d, v)
		return nil
	}
	b.merge(v)
	return nil
}

func textDelta(kind llm.DeltaKind, name string) func(*inBlock, *eventDecoder, llm.Raw) {
	return func(b *inBlock, d *eventDecoder, v llm.Raw) {
		text, _ := wirejson.Text(wirejson.Member(v, name))
		b.text(d, kind, text)
	}
}

func (b *inBlock) signatureDelta(d *eventDecoder, v llm.Raw) {
	data, _ := wirejson.Text(wirejson.Member(v, "signature"))
	b.sign(d, data)
}

func (b *inBlock) inputDelta(d *eventDecoder, v llm.Raw) {
	text, _ := wirejson.Text(wirejson.Member(v, "partial_json"))
	b.sawInput = b.sawInput || text != ""
	b.text(d, llm.DeltaInput, text)
}

func (b *inBlock) citationDelta(d *eventDecoder, v llm.Raw) {
	if raw := wirejson.Member(v, "citation"); wirejson.KindOf(raw) == '{' {
		c := decodeCitation(raw)
		d.emit(llm.Event{Type: llm.EventDelta, Index: b.index, Delta: llm.DeltaCitation, Citation: &c})
	}
}

// merge completes an opaque block by a delta: text is appended to text, every
// other member replaces. Deltas unknown to a known block are left out.
func (b *inBlock) merge(v llm.Raw) {
	if b.merged == nil {
		return
	}
	for name, m := range wirejson.Members(v) {
		if string(name) == "type" {
			continue
		}
		b.grew = true
		more, isText := wirejson.Text(m)
		old, hadText := wirejson.Text(member(b.merged, string(name)))
		if isText && hadText {
			m = wirejson.AppendText(nil, old+more)
		}
		b.merged = addExt(b.merged, name, append(llm.Raw(nil), m...))
	}
}

// fillInput emits the arguments of a call that no delta told: those of its
// start, which for a call without arguments are the empty object.
func (b *inBlock) fillInput(d *eventDecoder) {
	if len(b.input) > 0 && !b.sawInput {
		b.text(d, llm.DeltaInput, string(b.input))
	}
}

// end returns the event that closes the block.
func (b *inBlock) end() llm.Event {
	ev := llm.Event{Type: llm.EventBlockStop, Index: b.index}
	if b.grew {
		var w writer
		w.open('{')
		w.ext(b.merged)
		w.close('}')
		ev.Block = &llm.Opaque{Type: b.kind, Native: llm.Native{Protocol: self, Raw: w.b}}
	}
	return ev
}
