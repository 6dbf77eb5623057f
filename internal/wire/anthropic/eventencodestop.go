package anthropic

import "github.com/plexus-gateway/plexus/internal/llm"

// blockStop ends the block with what only its end tells.
func (e *eventEncoder) blockStop(ev *llm.Event) {
	if e.out == nil {
		return
	}
	switch b := e.out.block.(type) {
	case *llm.Text:
		end, _ := ev.Block.(*llm.Text)
		e.stopText(b, end)
	case *llm.Refusal:
		if end, ok := ev.Block.(*llm.Refusal); ok && !e.out.content && end.Text != "" {
			e.once(llm.LossApproximated, "refusal")
			e.say(end.Text)
		}
	case *llm.Reasoning:
		end, _ := ev.Block.(*llm.Reasoning)
		e.stopThinking(b, end)
	case *llm.ToolCall:
		end, _ := ev.Block.(*llm.ToolCall)
		e.stopCall(b, end)
	case *llm.Media:
		if b.Kind == llm.MediaAudio && !e.out.content {
			e.drop("audio_out")
		}
	case *llm.Opaque:
		n := &b.Native
		if end, ok := ev.Block.(*llm.Opaque); ok && end.Native.Raw != nil {
			n = &end.Native
		}
		if native(n) {
			e.openRaw(n.Raw)
		} else {
			e.drop("opaque")
		}
	case *llm.ServerToolResult, *llm.ToolResult:
	}
	e.close()
}

func (e *eventEncoder) close() {
	if e.out.opened {
		e.begin("content_block_stop")
		e.w.int("index", int64(e.out.index))
		e.flush("content_block_stop")
	}
	e.out = nil
}

func (e *eventEncoder) stopText(b, end *llm.Text) {
	if end != nil {
		if !e.out.content {
			e.say(end.Text)
		}
		for i := range end.Citations {
			e.citationDelta(&llm.Event{Citation: &end.Citations[i]})
		}
		e.unsigned(end.Signature)
	}
	e.unsigned(b.Signature)
	if e.out.signed {
		e.drop("foreign_signature")
	}
	if e.out.carry != nil { // it can no longer become a rune
		e.out.carry = nil
		e.openText()
		e.part("text_delta", "text", "\uFFFD")
	}
}

// stopThinking tells the signature. Thinking whose text is omitted is opened
// only for it.
func (e *eventEncoder) stopThinking(b, end *llm.Reasoning) {
	signature, encrypted := e.signature(b, end)
	if end != nil {
		if !e.out.content {
			e.thinkingDelta(&llm.Event{Text: thinkingText(end)})
		}
		if !e.out.opened && own(end.Encrypted) {
			e.openRedacted(end)
			return
		}
	}
	e.foreignSignature(signature)
	if !own(encrypted) {
		e.foreignSignature(encrypted)
	}
	if own(signature) {
		e.openThinking()
		e.part("signature_delta", "signature", signature.Data)
	}
}

// signature returns the signature and encrypted payload a block ends with; the
// last word has its stop, then its deltas, then its start.
func (e *eventEncoder) signature(b, end *llm.Reasoning) (signature, encrypted *llm.Signature) {
	signature, encrypted = b.Signature, b.Encrypted
	if e.out.signed {
		signature = &llm.Signature{Data: string(e.out.signature), Origin: e.out.origin}
	}
	if end != nil && end.Signature != nil {
		signature = end.Signature
	}
	if end != nil && end.Encrypted != nil {
		encrypted = end.Encrypted
	}
	return signature, encrypted
}

func (e *eventEncoder) stopCall(b, end *llm.ToolCall) {
	if !e.out.opened {
		return
	}
	if e.out.signed {
		e.drop("foreign_signature")
	}
	if end != nil {
		e.unsigned(end.Signature)
	}
	if b.Kind == llm.ToolCustom {
		text := ""
		if end != nil && !e.out.content {
			text = string(end.Input)
		}
		if !e.out.content || text != "" {
			e.textDelta(&llm.Event{Text: text})
		}
		e.part("input_json_delta", "partial_json", `"}`)
		return
	}
	if end != nil && !e.out.content && len(end.Input) > 0 {
		e.part("input_json_delta", "partial_json", string(end.Input))
	}
}

// opaqueEvent passes an event of this protocol on.
func (e *eventEncoder) opaqueEvent(ev *llm.Event) {
	if !native(ev.Native) {
		return
	}
	e.ensureBegun()
	name, ok := eventName(ev.Native.Raw)
	if ok {
		e.dst = appendFrame(e.dst, name, ev.Native.Raw)
	}
}
