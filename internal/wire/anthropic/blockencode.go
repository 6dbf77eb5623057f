package anthropic

import (
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// encoder writes what requests and responses have in common and notes losses.
type encoder struct {
	w     writer
	loss  llm.Losses
	ids   idMap
	reply bool // it writes an answer, not a request
	// where the block being written stands in the canonical message
	message, block int
	system         bool
}

// path names the block being written.
func (e *encoder) path() string {
	switch {
	case e.reply:
		return index("content", e.block)
	case e.system:
		return index("system", e.block)
	}
	return index("messages", e.message) + "." + index("content", e.block)
}

func (e *encoder) drop(feature string) { e.loss.Drop(feature, e.path()) }

// put writes one block as an element of the present array, or notes why not.
func (e *encoder) put(b llm.Block) {
	if ext := b.Common().Ext; len(ext) > 0 && !e.reply {
		e.foreign(ext, e.path())
	}
	switch b := b.(type) {
	case *llm.Text:
		e.text(b)
	case *llm.Reasoning:
		e.reasoning(b)
	case *llm.Media:
		e.media(b)
	case *llm.ToolCall:
		e.toolCall(b)
	case *llm.ToolResult:
		e.toolResult(b)
	case *llm.ServerToolResult:
		e.verbatim(b.Native, "server_tool")
	case *llm.Refusal:
		if b.Text != "" {
			e.loss.Approximate("refusal", e.path())
			e.text(&llm.Text{Attrs: b.Attrs, Text: b.Text})
		}
	case *llm.Opaque:
		e.verbatim(&b.Native, "opaque")
	}
}

func (e *encoder) verbatim(n *llm.Native, feature string) {
	if !native(n) {
		e.drop(feature)
		return
	}
	e.w.elem('{')
	e.w.b = append(e.w.b[:len(e.w.b)-1], n.Raw...)
}

func (e *encoder) text(b *llm.Text) {
	if b.Text == "" || !e.reply && blank(b.Text) {
		return
	}
	e.unsigned(b.Signature)
	if b.Phase != "" && !e.reply {
		e.drop("phase")
	}
	if len(b.Logprobs) > 0 && e.reply {
		e.drop("logprobs")
	}
	e.w.elem('{')
	e.w.str("type", "text")
	e.w.str("text", b.Text)
	e.citations(b.Citations)
	e.w.cache(b.Cache)
	e.w.ext(b.Ext)
	e.w.close('}')
}

func (e *encoder) citations(all []llm.Citation) {
	open := false
	for i := range all {
		if all[i].Protocol != self || len(all[i].Raw) == 0 {
			e.drop("citations")
			continue
		}
		if !open {
			e.w.begin("citations", '[')
			open = true
		}
		e.w.elem('{')
		e.w.b = append(e.w.b[:len(e.w.b)-1], all[i].Raw...)
	}
	if open {
		e.w.close(']')
	}
}

// foreignSignature notes that a signature of another protocol is left out.
func (e *encoder) foreignSignature(s *llm.Signature) {
	if s != nil && s.Origin.Protocol != self {
		e.drop("foreign_signature")
	}
}

// unsigned notes that a signature is left out, whoever made it: of what the
// protocol has, only thinking is signed.
func (e *encoder) unsigned(s *llm.Signature) {
	if s != nil {
		e.drop("foreign_signature")
	}
}

func own(s *llm.Signature) bool { return s != nil && s.Origin.Protocol == self }

// reasoning writes thinking. In an answer, thinking that nobody of this
// protocol signed has the empty signature; in a request the API takes only
// what it signed itself.
func (e *encoder) reasoning(b *llm.Reasoning) {
	if own(b.Encrypted) {
		e.w.elem('{')
		e.w.str("type", "redacted_thinking")
		e.w.str("data", b.Encrypted.Data)
		e.thinkingEnd(b)
		return
	}
	e.foreignSignature(b.Signature)
	e.foreignSignature(b.Encrypted)
	text := thinkingText(b)
	if !own(b.Signature) {
		if text == "" {
			return
		}
		if !e.reply {
			e.drop("reasoning_history")
			return
		}
	}
	e.w.elem('{')
	e.w.str("type", "thinking")
	e.w.str("thinking", text)
	if own(b.Signature) {
		e.w.str("signature", b.Signature.Data)
	} else {
		e.w.str("signature", "")
	}
	e.thinkingEnd(b)
}

func (e *encoder) thinkingEnd(b *llm.Reasoning) {
	e.w.cache(b.Cache)
	e.w.ext(b.Ext)
	e.w.close('}')
}

// thinkingText is the thinking in full or, where only that is known, its summary.
func thinkingText(b *llm.Reasoning) string {
	if b.Text != "" {
		return b.Text
	}
	parts := slices.DeleteFunc(slices.Clone(b.Summary), func(s string) bool { return s == "" })
	return strings.Join(parts, summaryGap)
}

// summaryGap stands between the parts of a summary told as one thinking text.
const summaryGap = "\n\n"
