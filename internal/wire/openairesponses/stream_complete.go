package openairesponses

import "github.com/plexus-gateway/plexus/internal/llm"

// complete tells what of a finished block has not been told, and closes it. One
// that was not announced is told as a whole.
func (d *eventDecoder) complete(t *told, b llm.Block) {
	if t.closed {
		return
	}
	switch b := b.(type) {
	case *llm.Text:
		d.start(t, &llm.Text{Attrs: llm.Attrs{ID: b.ID}, Phase: b.Phase})
		d.tellText(t, b)
		d.stop(t, &llm.Text{Attrs: b.Attrs, Phase: b.Phase})
	case *llm.Refusal:
		d.start(t, &llm.Refusal{Attrs: llm.Attrs{ID: b.ID}})
		d.rest(t, llm.DeltaText, b.Text)
		d.stop(t, &llm.Refusal{Attrs: b.Attrs})
	case *llm.Reasoning:
		d.start(t, &llm.Reasoning{Attrs: llm.Attrs{ID: b.ID}})
		d.rest(t, llm.DeltaReasoning, b.Text)
		for i, s := range b.Summary {
			d.summaryRest(t, i, s)
		}
		d.stop(t, &llm.Reasoning{Attrs: b.Attrs, Encrypted: b.Encrypted})
	case *llm.ToolCall:
		d.completeCall(t, b)
	case *llm.Media:
		header := *b
		header.Data = ""
		d.start(t, &header)
		d.delta(t, llm.DeltaData, b.Data)
		d.stop(t, nil)
	default:
		d.start(t, b)
		d.stop(t, nil)
	}
}

func (d *eventDecoder) completeCall(t *told, b *llm.ToolCall) {
	header := *b
	header.Input = nil
	if !t.open {
		d.start(t, &header)
	}
	if b.Kind != llm.ToolServer {
		kind := llm.DeltaInput
		if b.Kind == llm.ToolCustom {
			kind = llm.DeltaText
		}
		d.rest(t, kind, string(b.Input))
	}
	d.stop(t, &header)
}

// tellText tells what of a text has not been told.
func (d *eventDecoder) tellText(t *told, b llm.Block) {
	text, ok := b.(*llm.Text)
	if !ok || !t.open {
		return
	}
	if !t.logprobs {
		d.logprobs(t, text.Logprobs)
	}
	d.rest(t, llm.DeltaText, text.Text)
	for t.cites < len(text.Citations) {
		d.citation(t, text.Citations[t.cites])
	}
}
