package openaichat

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// reasoningStart tells what the header of thinking holds. Thinking that came as
// structure is told as such, with the text beside it for clients that read
// nothing else.
func (e *eventEncoder) reasoningStart(dst []byte, b *blockEncoder, r *llm.Reasoning) []byte {
	if isDetail(r) || marked(r.Ext, markThinking) {
		if header, ok := llm.CloneBlock(r).(*llm.Reasoning); ok {
			b.r = header
		}
	}
	if b.r != nil && r.Encrypted != nil {
		b.said = true
		return e.structure(dst, b, b.r)
	}
	e.sign(r.Encrypted)
	dst = e.thought(dst, b, r.Text, llm.DeltaReasoning)
	for i, s := range r.Summary {
		dst = e.summary(dst, b, i, s)
	}
	if r.Signature != nil {
		dst = e.signature(dst, b, r.Signature)
	}
	return dst
}

// structure writes one element of reasoning_details or thinking_blocks.
func (e *eventEncoder) structure(dst []byte, b *blockEncoder, r *llm.Reasoning) []byte {
	return e.write(dst, b.choice, func(w *wirejson.Writer) {
		thoughtWriter{w: w, sign: e.sign}.structured([]*llm.Reasoning{r})
	})
}

// thought writes a piece of thinking.
func (e *eventEncoder) thought(dst []byte, b *blockEncoder, text string, kind llm.DeltaKind) []byte {
	if text == "" {
		return dst
	}
	shown := text
	if !b.said && b.choice.thought { // the thinking before it is another block
		shown = summaryGap + text
	}
	b.said, b.choice.thought = true, true
	if kind == llm.DeltaReasoning && b.r == nil {
		b.data = append(b.data, text...)
	}
	return e.write(dst, b.choice, func(w *wirejson.Writer) {
		w.Str("reasoning_content", shown)
		if b.r == nil {
			return
		}
		piece := *b.r
		piece.Text, piece.Summary, piece.Signature = text, nil, nil
		if kind == llm.DeltaSummary {
			piece.Text, piece.Summary = "", []string{text}
		}
		thoughtWriter{w: w, sign: ownSignature}.structured([]*llm.Reasoning{&piece})
	})
}

func (e *eventEncoder) reasoningDelta(dst []byte, b *blockEncoder, ev *llm.Event) []byte {
	return e.thought(dst, b, ev.Text, llm.DeltaReasoning)
}

func (e *eventEncoder) summaryDelta(dst []byte, b *blockEncoder, ev *llm.Event) []byte {
	return e.summary(dst, b, ev.Part, ev.Text)
}

// summary writes a piece of one part of a summary.
func (e *eventEncoder) summary(dst []byte, b *blockEncoder, part int, text string) []byte {
	if text != "" && b.said && part != b.part {
		text = summaryGap + text
	}
	b.part = part
	return e.thought(dst, b, text, llm.DeltaSummary)
}

func (e *eventEncoder) signatureDelta(dst []byte, b *blockEncoder, ev *llm.Event) []byte {
	return e.signature(dst, b, &llm.Signature{Data: ev.Text, Origin: ev.Origin})
}

// signature writes a signature of this protocol's own.
func (e *eventEncoder) signature(dst []byte, b *blockEncoder, s *llm.Signature) []byte {
	if !e.sign(s) {
		return dst
	}
	switch b.kind {
	case blockReasoning:
		// What it signs stands beside it: told as plain text, it may have
		// become a part of the text before it.
		piece := &llm.Reasoning{Signature: s, Text: string(b.data)}
		b.data = nil
		if b.r != nil {
			header := *b.r
			header.Signature = s
			piece = &header
		}
		return e.structure(dst, b, piece)
	case blockCall:
		return e.callPiece(dst, b, func(w *wirejson.Writer) {
			writeCallSignature(w, &llm.ToolCall{Signature: s})
		})
	default:
		return dst
	}
}

// reasoningStop tells what only the end of thinking tells.
func (e *eventEncoder) reasoningStop(dst []byte, b *blockEncoder, last llm.Block) []byte {
	r, ok := last.(*llm.Reasoning)
	if !ok {
		return dst
	}
	if !b.said {
		dst = e.thought(dst, b, r.Text, llm.DeltaReasoning)
		for i, s := range r.Summary {
			dst = e.summary(dst, b, i, s)
		}
	}
	if r.Signature != nil {
		dst = e.signature(dst, b, r.Signature)
	}
	if r.Encrypted != nil {
		if e.sign(r.Encrypted) {
			dst = e.structure(dst, b, &llm.Reasoning{Attrs: r.Attrs, Encrypted: r.Encrypted})
		}
		return dst
	}
	if b.r == nil || r.ID == "" && !wirejson.HasExt(r.Ext, protocol) {
		return dst
	}
	piece := *b.r
	piece.ID = r.ID
	for _, m := range r.Ext {
		piece.Ext = setExt(piece.Ext, m)
	}
	return e.structure(dst, b, &piece)
}

// callStart writes the header of a call: the only piece with id and name.
func (e *eventEncoder) callStart(dst []byte, b *blockEncoder, c *llm.ToolCall) []byte {
	if c.Kind == llm.ToolServer {
		b.mute = true
		e.drop("server_tool")
		return dst
	}
	b.custom = c.Kind == llm.ToolCustom
	b.legacy = e.legacy || marked(c.Ext, markLegacy)
	if b.legacy {
		if b.choice.legacy || b.choice.calls > 0 { // there is room for one
			b.mute = true
			e.drop("parallel_tools")
			return dst
		}
		b.choice.legacy = true
		dst = e.write(dst, b.choice, func(w *wirejson.Writer) {
			w.Begin("function_call", '{')
			w.Str("name", wireName(c.Namespace, c.Name))
			w.Str("arguments", "")
			w.Close('}')
		})
		return e.input(dst, b, string(c.Input))
	}
	b.call = b.choice.calls
	b.choice.calls++
	signed := e.sign(c.Signature)
	dst = e.callPiece(dst, b, func(w *wirejson.Writer) {
		kind, member := "function", "arguments"
		if b.custom {
			kind, member = "custom", "input"
		}
		w.Str("id", c.CallID)
		w.Str("type", kind)
		w.Begin(kind, '{')
		w.Str("name", wireName(c.Namespace, c.Name))
		w.Str(member, "")
		w.Ext(c.Ext, innerScope)
		w.Close('}')
		if signed {
			writeCallSignature(w, c)
		}
		w.Ext(c.Ext, protocol)
	})
	return e.input(dst, b, string(c.Input))
}

// callPiece writes an element of tool_calls.
func (e *eventEncoder) callPiece(dst []byte, b *blockEncoder, body func(w *wirejson.Writer)) []byte {
	if b.legacy {
		return dst
	}
	return e.write(dst, b.choice, func(w *wirejson.Writer) {
		w.Begin("tool_calls", '[')
		w.Open('{')
		w.Int("index", int64(b.call))
		body(w)
		w.Close('}')
		w.Close(']')
	})
}

// input writes a piece of the arguments.
func (e *eventEncoder) input(dst []byte, b *blockEncoder, text string) []byte {
	if text == "" {
		return dst
	}
	b.said = true
	if b.legacy {
		return e.write(dst, b.choice, func(w *wirejson.Writer) {
			w.Begin("function_call", '{')
			w.Str("arguments", text)
			w.Close('}')
		})
	}
	return e.callPiece(dst, b, func(w *wirejson.Writer) {
		if b.custom {
			w.Begin("custom", '{')
			w.Str("input", text)
		} else {
			w.Begin("function", '{')
			w.Str("arguments", text)
		}
		w.Close('}')
	})
}

// callStop ends a call. Arguments that never came are the empty object.
func (e *eventEncoder) callStop(dst []byte, b *blockEncoder, last llm.Block) []byte {
	c, _ := last.(*llm.ToolCall)
	if c != nil && !b.said {
		dst = e.input(dst, b, string(c.Input))
	}
	if !b.said && !b.custom {
		dst = e.input(dst, b, "{}")
	}
	if c == nil {
		return dst
	}
	if c.Signature != nil {
		dst = e.signature(dst, b, c.Signature)
	}
	if !wirejson.HasExt(c.Ext, protocol) && !wirejson.HasExt(c.Ext, innerScope) {
		return dst
	}
	return e.callPiece(dst, b, func(w *wirejson.Writer) {
		if wirejson.HasExt(c.Ext, innerScope) {
			w.Begin("function", '{')
			w.Ext(c.Ext, innerScope)
			w.Close('}')
		}
		w.Ext(c.Ext, protocol)
	})
}
