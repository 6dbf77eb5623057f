package llm_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// requireEqual compares two values; nil and empty slices are the same.
func requireEqual(t require.TestingT, want, got any) {
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateErrors()); diff != "" {
		require.Fail(t, "not equal (-want +got)", diff)
	}
}

func genRaw(label string) *rapid.Generator[llm.Raw] {
	return rapid.Custom(func(t *rapid.T) llm.Raw {
		n := rapid.IntRange(0, 99).Draw(t, label)
		return llm.Raw(fmt.Sprintf(`{"%s":%d}`, label, n))
	})
}

func genExt() *rapid.Generator[llm.Ext] {
	return rapid.Custom(func(t *rapid.T) llm.Ext {
		var ext llm.Ext
		for i := range rapid.IntRange(0, 2).Draw(t, "members") {
			ext = append(ext, llm.Member{
				Protocol: rapid.SampledFrom([]llm.Protocol{llm.AnthropicMessages, llm.Gemini}).Draw(t, "protocol"),
				Name:     fmt.Sprintf("x%d", i),
				Value:    genRaw("v").Draw(t, "value"),
			})
		}
		return ext
	})
}

func genAttrs(t *rapid.T) llm.Attrs {
	a := llm.Attrs{ID: rapid.StringMatching(`[a-z]{0,3}`).Draw(t, "id"), Ext: genExt().Draw(t, "ext")}
	if rapid.Bool().Draw(t, "cached") {
		a.Cache = &llm.CacheMark{TTL: rapid.SampledFrom([]string{"", "5m", "1h"}).Draw(t, "ttl")}
	}
	return a
}

func genSignature(t *rapid.T) *llm.Signature {
	if !rapid.Bool().Draw(t, "signed") {
		return nil
	}
	return &llm.Signature{
		Data:   rapid.StringMatching(`[A-Z]{0,4}`).Draw(t, "signature"),
		Origin: llm.Origin{Protocol: llm.Gemini, Vendor: rapid.StringMatching(`[a-z]{0,2}`).Draw(t, "vendor")},
	}
}

func genText(t *rapid.T) llm.Block {
	b := &llm.Text{Attrs: genAttrs(t), Text: rapid.String().Draw(t, "text"), Signature: genSignature(t)}
	b.Phase = rapid.SampledFrom([]string{"", "commentary"}).Draw(t, "phase")
	for range rapid.IntRange(0, 2).Draw(t, "citations") {
		b.Citations = append(b.Citations, llm.Citation{URL: "https://example.com", Raw: genRaw("cite").Draw(t, "raw")})
	}
	if rapid.Bool().Draw(t, "logprobs") {
		b.Logprobs = llm.Raw(`[{"token":"a"}]`)
	}
	return b
}

func genReasoning(t *rapid.T) llm.Block {
	b := &llm.Reasoning{Attrs: genAttrs(t), Text: rapid.String().Draw(t, "thinking"), Signature: genSignature(t)}
	b.Summary = rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "summary")
	b.Encrypted = genSignature(t)
	b.Redacted = rapid.Bool().Draw(t, "redacted")
	return b
}

func genCall(t *rapid.T) llm.Block {
	b := &llm.ToolCall{Attrs: genAttrs(t), CallID: "call", Name: "f", Signature: genSignature(t)}
	b.Kind = rapid.SampledFrom([]llm.ToolKind{llm.ToolFunction, llm.ToolCustom, llm.ToolServer}).Draw(t, "kind")
	switch b.Kind {
	case llm.ToolFunction:
		b.Input = genRaw("arg").Draw(t, "input")
	case llm.ToolCustom:
		b.Input = llm.Raw(rapid.String().Draw(t, "input"))
	case llm.ToolServer:
		b.Native = &llm.Native{Protocol: llm.OpenAIResponses, Raw: genRaw("item").Draw(t, "native")}
	}
	return b
}

func genMedia(t *rapid.T) llm.Block {
	return &llm.Media{
		Attrs: genAttrs(t), Kind: llm.MediaAudio, MIME: "audio/wav",
		Data:       rapid.StringMatching(`[A-Za-z]{0,8}`).Draw(t, "data"),
		Transcript: rapid.String().Draw(t, "transcript"),
	}
}

func genBlock() *rapid.Generator[llm.Block] {
	makers := []func(*rapid.T) llm.Block{
		genText, genReasoning, genCall, genMedia,
		func(t *rapid.T) llm.Block {
			return &llm.Refusal{Attrs: genAttrs(t), Text: rapid.String().Draw(t, "refusal")}
		},
		func(t *rapid.T) llm.Block {
			return &llm.ToolResult{Attrs: genAttrs(t), CallID: "call", IsError: true, Blocks: []llm.Block{genText(t)}}
		},
		func(t *rapid.T) llm.Block {
			return &llm.ServerToolResult{
				Attrs: genAttrs(t), CallID: "s",
				Native: &llm.Native{Protocol: llm.AnthropicMessages, Raw: genRaw("r").Draw(t, "raw")},
			}
		},
		func(t *rapid.T) llm.Block {
			return &llm.Opaque{
				Attrs: genAttrs(t), Type: "odd",
				Native: llm.Native{Protocol: llm.Gemini, Raw: genRaw("o").Draw(t, "raw")},
			}
		},
	}
	return rapid.Custom(func(t *rapid.T) llm.Block {
		return makers[rapid.IntRange(0, len(makers)-1).Draw(t, "maker")](t)
	})
}

func genResponse(maxChoices int) *rapid.Generator[*llm.Response] {
	return rapid.Custom(func(t *rapid.T) *llm.Response {
		r := &llm.Response{
			ID: "msg_1", Model: "m", Created: rapid.Int64Range(0, 2).Draw(t, "created"),
			ServiceTier: rapid.SampledFrom([]string{"", "default"}).Draw(t, "tier"), Ext: genExt().Draw(t, "ext"),
		}
		for i := range rapid.IntRange(0, maxChoices).Draw(t, "choices") {
			c := llm.Choice{Index: i, Ext: genExt().Draw(t, "choice ext")}
			c.Blocks = rapid.SliceOfN(genBlock(), 0, 4).Draw(t, "blocks")
			c.Finish = rapid.SampledFrom(append(llm.Finishes(), llm.FinishNone)).Draw(t, "finish")
			if c.Finish != llm.FinishNone {
				c.FinishRaw, c.Explanation = "raw", "why"
			}
			r.Choices = append(r.Choices, c)
		}
		if rapid.Bool().Draw(t, "usage") {
			r.Usage = &llm.Usage{Input: 3, Output: 4, Source: llm.UsageUpstream}
		}
		return r
	})
}

// split cuts the deltas of a stream into pieces of random sizes.
func split(t *rapid.T, events []*llm.Event) []*llm.Event {
	var out []*llm.Event
	for _, ev := range events {
		whole := ev.Type != llm.EventDelta || ev.Delta == llm.DeltaCitation || ev.Delta == llm.DeltaLogprobs
		if whole || len(ev.Text) < 2 {
			out = append(out, ev)
			continue
		}
		cut := rapid.IntRange(0, len(ev.Text)).Draw(t, "cut")
		head, tail := *ev, *ev
		head.Text, tail.Text = ev.Text[:cut], ev.Text[cut:]
		out = append(out, &head, &tail)
	}
	return out
}

func TestCloneBlockSharesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := genBlock().Draw(t, "block")
		c := llm.CloneBlock(b)
		requireEqual(t, b, c)
		again := llm.CloneBlock(c)
		scribble(c)
		requireEqual(t, again, b)
	})
}

// scribble overwrites what a shallow copy would share.
func scribble(b llm.Block) {
	a := b.Common()
	for i := range a.Ext {
		a.Ext[i].Value[0] = '!'
	}
	if a.Cache != nil {
		a.Cache.TTL = "scribbled"
	}
	switch b := b.(type) {
	case *llm.Text:
		for i := range b.Citations {
			b.Citations[i].Raw[0] = '!'
		}
		if b.Signature != nil {
			b.Signature.Data = "scribbled"
		}
	case *llm.ToolCall:
		if len(b.Input) > 0 {
			b.Input[0] ^= 1
		}
		if b.Native != nil {
			b.Native.Raw[0] = '!'
		}
	case *llm.Reasoning:
		if len(b.Summary) > 0 {
			b.Summary[0] += "scribbled"
		}
	case *llm.ToolResult:
		scribble(b.Blocks[0])
	case *llm.Opaque:
		b.Native.Raw[0] = '!'
	}
}
