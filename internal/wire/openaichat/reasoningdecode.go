package openaichat

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// thoughts is what a message says of thinking, in the spellings of the vendors:
// reasoning_content (DeepSeek, Qwen, Moonshot, Z.AI, xAI), reasoning (Groq,
// Cerebras, Ollama, vLLM, OpenRouter), reasoning_details (OpenRouter) and
// thinking_blocks (LiteLLM). OpenAI's own API has none.
type thoughts struct {
	plain          string
	details, thick llm.Raw
}

// take reads the member if it is one of thinking.
func (t *thoughts) take(name string, v llm.Raw) bool {
	switch name {
	case "reasoning_content", "reasoning":
		text, ok := wirejson.Text(v)
		if t.plain == "" { // vendors that send both say the same
			t.plain = text
		}
		return ok || wirejson.IsNull(v)
	case "reasoning_details":
		t.details = v
		return wirejson.KindOf(v) == '[' || wirejson.IsNull(v)
	case "thinking_blocks":
		t.thick = v
		return wirejson.KindOf(v) == '[' || wirejson.IsNull(v)
	}
	return false
}

// blocks returns the thinking in order. The plain text repeats what the
// structured members hold; what it has besides is thinking without structure.
func (t *thoughts) blocks() []llm.Block {
	var all []*llm.Reasoning
	for _, e := range wirejson.Elements(t.details) {
		all = append(all, readDetail(e))
	}
	for _, e := range wirejson.Elements(t.thick) {
		all = append(all, readThinkingBlock(e))
	}
	if out, ok := merged(t.plain, all); ok {
		return out
	}
	out := make([]llm.Block, len(all)) // vendors may word the plain text as they like
	for i, r := range all {
		out[i] = r
	}
	return out
}

// merged puts what plain has besides the texts of all where it stands among
// them. It reports false where plain does not hold these texts in this order.
func merged(plain string, all []*llm.Reasoning) (out []llm.Block, ok bool) {
	told := false
	for _, r := range all {
		if text := plainThought(r); text != "" && plain != "" {
			before, after, found := strings.Cut(plain, text)
			if !found {
				return nil, false
			}
			out = appendPlain(out, before)
			plain, told = after, true
		}
		out = append(out, r)
	}
	switch {
	case told:
		return appendPlain(out, plain), true
	case plain == "":
		return out, true
	}
	return append([]llm.Block{&llm.Reasoning{Text: plain}}, out...), true
}

// appendPlain appends thinking that stood between other thinking, without the
// gaps around it.
func appendPlain(out []llm.Block, text string) []llm.Block {
	text = strings.TrimSuffix(strings.TrimPrefix(text, summaryGap), summaryGap)
	if strings.TrimSpace(text) == "" {
		return out
	}
	return append(out, &llm.Reasoning{Text: text})
}

func signatureOf(v llm.Raw) *llm.Signature {
	data, _ := wirejson.Text(v)
	if data == "" {
		return nil
	}
	return &llm.Signature{Data: data, Origin: llm.Origin{Protocol: protocol}}
}

// Types of reasoning details.
const (
	detailText      = "reasoning.text"
	detailSummary   = "reasoning.summary"
	detailEncrypted = "reasoning.encrypted"
)

// readDetail reads one element of reasoning_details. One that nothing else
// tells from plain thinking keeps its type.
func readDetail(v llm.Raw) *llm.Reasoning {
	r := &llm.Reasoning{}
	var kind llm.Raw
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "type":
			kind = e
		case "text":
			r.Text, _ = wirejson.Text(e)
		case "summary":
			if s, _ := wirejson.Text(e); s != "" {
				r.Summary = []string{s}
			}
		case "data":
			r.Encrypted = signatureOf(e)
		case "signature":
			r.Signature = signatureOf(e)
		case "id":
			r.ID, _ = wirejson.Text(e)
		default:
			keep(&r.Ext, protocol, name, e)
		}
	}
	if name, _ := wirejson.Text(kind); name != detailTypeOf(r) || !isDetail(r) {
		if kind == nil {
			kind = llm.Raw(`"` + detailText + `"`)
		}
		keep(&r.Ext, markScope, []byte("type"), kind)
	}
	return r
}

// detailTypeOf is the type of the element that holds r.
func detailTypeOf(r *llm.Reasoning) string {
	switch {
	case r.Encrypted != nil:
		return detailEncrypted
	case len(r.Summary) > 0:
		return detailSummary
	}
	return detailText
}

// isDetail reports whether r came as an element of reasoning_details, or can
// only be told by one.
func isDetail(r *llm.Reasoning) bool {
	return wirejson.HasExt(r.Ext, protocol) || wirejson.ExtOf(r.Ext, markScope, "type") != nil ||
		ownSignature(r.Signature) || ownSignature(r.Encrypted)
}

// readThinkingBlock reads one of LiteLLM's blocks, which are Anthropic's.
func readThinkingBlock(v llm.Raw) *llm.Reasoning {
	r := &llm.Reasoning{}
	mark(&r.Ext, markThinking)
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "type":
			kind, _ := wirejson.Text(e)
			r.Redacted = kind == "redacted_thinking"
		case "thinking":
			r.Text, _ = wirejson.Text(e)
		case "signature":
			r.Signature = signatureOf(e)
		case "data":
			r.Encrypted = signatureOf(e)
		case "cache_control":
			if wirejson.KindOf(e) == '{' {
				r.Cache = readCacheControl(e)
			}
		default:
			keep(&r.Ext, protocol, name, e)
		}
	}
	return r
}

// readThinkingPart reads Mistral's part: {"thinking":[{"type":"text","text":…}]}.
func readThinkingPart(v llm.Raw) (llm.Block, error) {
	r := &llm.Reasoning{}
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "type", "closed":
		case "thinking":
			r.Text = thinkingText(e)
		case "signature":
			r.Signature = signatureOf(e)
		}
	}
	return r, nil
}

func thinkingText(v llm.Raw) string {
	if s, ok := wirejson.Text(v); ok {
		return s
	}
	var text strings.Builder
	for _, part := range wirejson.Elements(v) {
		s, _ := wirejson.Text(wirejson.Member(part, "text"))
		text.WriteString(s)
	}
	return text.String()
}
