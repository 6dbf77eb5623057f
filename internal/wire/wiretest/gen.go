package wiretest

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// GenRequest draws a request that asks for several of the features at once, in
// a conversation of its own now and then.
func GenRequest(all []Feature) *rapid.Generator[*llm.Request] {
	return rapid.Custom(func(t *rapid.T) *llm.Request {
		r := Base()
		for range rapid.IntRange(0, 5).Draw(t, "features") {
			rapid.SampledFrom(all).Draw(t, "feature").Ask(r)
		}
		if rapid.Bool().Draw(t, "talks") {
			r.Messages = genConversation(t)
			r.Tools = append(r.Tools, llm.Tool{Kind: llm.ToolCustom, Name: "g"}) // some are called
		}
		r.Stream = rapid.Bool().Draw(t, "stream")
		return r
	})
}

// genConversation draws turns that end with the user: what is asked, thought,
// called and answered.
func genConversation(t *rapid.T) []llm.Message {
	out := []llm.Message{user(genText(t))}
	calls := 0
	for range rapid.IntRange(0, 3).Draw(t, "turns") {
		m := llm.Message{Role: llm.RoleAssistant}
		var results []llm.Block
		for range rapid.IntRange(1, 4).Draw(t, "blocks") {
			b := genSaid(t, &calls)
			m.Blocks = append(m.Blocks, b)
			if c, ok := b.(*llm.ToolCall); ok {
				res := result(c.CallID, genText(t))
				res.Kind = c.Kind
				results = append(results, res)
			}
		}
		out = append(out, m)
		if len(results) > 0 {
			out = append(out, tool(results...))
		}
		out = append(out, user(genText(t)))
	}
	return out
}

// genText draws a text that says something.
func genText(t *rapid.T) *llm.Text {
	return text("t" + rapid.StringOfN(rapid.RuneFrom([]rune("ab \"\\\n<é日\U0001F600\u2028")), 0, 8, -1).Draw(t, "text"))
}

func genSignature(t *rapid.T) *llm.Signature {
	p := rapid.SampledFrom([]llm.Protocol{"", chat, responses, anthropic, gemini}).Draw(t, "signed by")
	if p == "" {
		return nil
	}
	return signed(p, "c2ln")
}

// genSaid draws a block of an assistant's turn.
func genSaid(t *rapid.T, calls *int) llm.Block {
	switch rapid.SampledFrom([]string{"text", "text", "thinking", "call", "custom", "refusal"}).Draw(t, "kind") {
	case "thinking":
		return &llm.Reasoning{Text: genText(t).Text, Signature: genSignature(t)}
	case "call":
		*calls++
		c := call(fmt.Sprintf("call_%d", *calls), rapid.SampledFrom([]string{`{}`, `{"a":"x"}`, `{"b":[1.50,null],"a":{}}`}).Draw(t, "input"))
		c.Signature = genSignature(t)
		return c
	case "custom":
		*calls++
		return &llm.ToolCall{CallID: fmt.Sprintf("call_%d", *calls), Name: "g", Kind: llm.ToolCustom, Input: llm.Raw(genText(t).Text)}
	case "refusal":
		return &llm.Refusal{Text: genText(t).Text}
	default:
		return genText(t)
	}
}

// GenResponse draws a complete answer whose end fits what it says.
func GenResponse() *rapid.Generator[*llm.Response] {
	return rapid.Custom(func(t *rapid.T) *llm.Response {
		r := &llm.Response{ID: "id_1", Model: "m", Created: 1700000000, Choices: []llm.Choice{genChoice(t)}}
		if rapid.Bool().Draw(t, "usage") {
			r.Usage = &llm.Usage{Input: 10, CacheRead: 3, Output: 7, Reasoning: 2, Source: llm.UsageUpstream}
		}
		return r
	})
}

func genChoice(t *rapid.T) llm.Choice {
	c := llm.Choice{}
	calls, refused, spoke := 0, false, false
	signer := rapid.SampledFrom([]llm.Protocol{"", chat, responses, anthropic, gemini}).Draw(t, "signer")
	for range rapid.IntRange(0, 5).Draw(t, "blocks") {
		b := genSaid(t, &calls)
		if r, ok := b.(*llm.Reasoning); ok { // one model thinks, and signs all of it or nothing
			r.Signature = nil
			if signer != "" {
				r.Signature = signed(signer, "c2ln")
			}
		}
		_, isText := b.(*llm.Text)
		_, isRefusal := b.(*llm.Refusal)
		if isText && refused || isRefusal && spoke {
			continue // it answers or declines; protocols do not agree what both together are
		}
		spoke = spoke || isText
		refused = refused || isRefusal
		c.Blocks = append(c.Blocks, b)
	}
	ends := []llm.Finish{llm.FinishStop, llm.FinishLength, llm.FinishContentFilter}
	switch {
	case calls > 0:
		ends = []llm.Finish{llm.FinishToolUse, llm.FinishLength}
	case refused:
		ends = []llm.Finish{llm.FinishRefusal}
	}
	c.Finish = rapid.SampledFrom(ends).Draw(t, "finish")
	return c
}
