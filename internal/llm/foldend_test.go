package llm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// What only the end of a block tells completes it: contents fill what no delta
// told, other fields replace.
func TestFoldEndCompletesEveryKind(t *testing.T) {
	native := func(s string) *llm.Native { return &llm.Native{Protocol: llm.OpenAIResponses, Raw: llm.Raw(s)} }
	sig := &llm.Signature{Data: "S"}
	member := func(v string) llm.Ext {
		return llm.Ext{{Protocol: llm.OpenAIResponses, Name: "status", Value: llm.Raw(v)}}
	}
	tests := []struct {
		name             string
		start, end, want llm.Block
	}{
		{
			"text",
			&llm.Text{Attrs: llm.Attrs{ID: "old", Ext: member(`"in_progress"`)}},
			&llm.Text{Attrs: llm.Attrs{ID: "new", Ext: member(`"completed"`), Cache: &llm.CacheMark{TTL: "5m"}}, Text: "t", Citations: []llm.Citation{{URL: "u"}}, Logprobs: llm.Raw(`[1]`), Signature: sig, Phase: "final_answer"},
			&llm.Text{Attrs: llm.Attrs{ID: "new", Ext: member(`"completed"`), Cache: &llm.CacheMark{TTL: "5m"}}, Text: "t", Citations: []llm.Citation{{URL: "u"}}, Logprobs: llm.Raw(`[1]`), Signature: sig, Phase: "final_answer"},
		},
		{"nothing to add", &llm.Text{Text: "t", Phase: "commentary"}, &llm.Text{}, &llm.Text{Text: "t", Phase: "commentary"}},
		{"refusal", &llm.Refusal{}, &llm.Refusal{Text: "no"}, &llm.Refusal{Text: "no"}},
		{"refusal told before", &llm.Refusal{Text: "no"}, &llm.Refusal{Text: "no!"}, &llm.Refusal{Text: "no"}},
		{
			"reasoning", &llm.Reasoning{Encrypted: &llm.Signature{Data: "early"}},
			&llm.Reasoning{Text: "t", Summary: []string{"s"}, Signature: sig, Encrypted: sig, Redacted: true},
			&llm.Reasoning{Text: "t", Summary: []string{"s"}, Signature: sig, Encrypted: sig, Redacted: true},
		},
		{
			"media", &llm.Media{Kind: llm.MediaImage, Data: "early"},
			&llm.Media{Kind: llm.MediaImage, Data: "late", MIME: "image/png", URL: "u", FileID: "f", Text: "x", Name: "n", Transcript: "s", Signature: sig},
			&llm.Media{Kind: llm.MediaImage, Data: "early", MIME: "image/png", URL: "u", FileID: "f", Text: "x", Name: "n", Transcript: "s", Signature: sig},
		},
		{
			"call", &llm.ToolCall{Kind: llm.ToolServer, Native: native(`{"early":1}`)},
			&llm.ToolCall{CallID: "c", Name: "n", Namespace: "ns", Input: llm.Raw(`{}`), Signature: sig, Native: native(`{"late":1}`)},
			&llm.ToolCall{CallID: "c", Name: "n", Namespace: "ns", Kind: llm.ToolServer, Input: llm.Raw(`{}`), Signature: sig, Native: native(`{"late":1}`)},
		},
		{
			"result", &llm.ToolResult{},
			&llm.ToolResult{CallID: "c", Name: "n", IsError: true, Blocks: []llm.Block{&llm.Text{Text: "r"}}},
			&llm.ToolResult{CallID: "c", Name: "n", IsError: true, Blocks: []llm.Block{&llm.Text{Text: "r"}}},
		},
		{
			"server result", &llm.ServerToolResult{CallID: "c"},
			&llm.ServerToolResult{Name: "n", Native: native(`{}`)},
			&llm.ServerToolResult{CallID: "c", Name: "n", Native: native(`{}`)},
		},
		{
			"opaque", &llm.Opaque{Type: "a", Native: *native(`{"early":1}`)},
			&llm.Opaque{Type: "b", Native: *native(`{"late":1}`)},
			&llm.Opaque{Type: "b", Native: *native(`{"late":1}`)},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			requireEqual(t, tt.want, one(t, open(0, tt.start), stop(0, tt.end)))
			for _, other := range tests {
				if sameType(tt.start, other.start) {
					continue
				}
				_, err := llm.Fold(events(start(), open(0, tt.start), stop(0, other.end), end()))
				require.ErrorContains(t, err, "ends as a", other.name)
			}
		})
	}
}

func sameType(a, b llm.Block) bool {
	return typeName(a) == typeName(b)
}

func typeName(b llm.Block) string {
	switch b.(type) {
	case *llm.Text:
		return "text"
	case *llm.Reasoning:
		return "reasoning"
	case *llm.Media:
		return "media"
	case *llm.ToolCall:
		return "call"
	case *llm.ToolResult:
		return "result"
	case *llm.ServerToolResult:
		return "server result"
	case *llm.Refusal:
		return "refusal"
	}
	return "opaque"
}
