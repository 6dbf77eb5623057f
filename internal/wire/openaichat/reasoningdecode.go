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
// structured members hold, and counts only where they hold no text.
func (t *thoughts) blocks() []llm.Block {
	var out []llm.Block
	told := false
	for _, e := range wirejson.Elements(t.details) {
		r := readDetail(e)
		told = told || r.Text != "" || len(r.Summary) > 0
		out = append(out, r)
	}
	for _, e := range wirejson.Elements(t.thick) {
		r := readThinkingBlock(e)
		told = told || r.Text != ""
		out = append(out, r)
	}
	if t.plain != "" && !told {
		out = append([]llm.Block{&llm.Reasoning{Text: t.plain}}, out...)
	}
	return out
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
		keep(&r.Ext, protocol, []byte("type"), kind)
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
	return wirejson.HasExt(r.Ext, protocol) || ownSignature(r.Signature) || ownSignature(r.Encrypted)
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
