package vault_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/vault"
)

func TestStrip(t *testing.T) {
	t.Parallel()
	typed := llm.Ext{{Protocol: llm.OpenAIResponses, Name: "type", Value: llm.Raw(`"reasoning"`)}}
	for _, tt := range []struct {
		name string
		in   []llm.Block
		want []llm.Block
	}{
		{
			"signed thinking",
			[]llm.Block{&llm.Reasoning{Text: "words", Signature: sig("p", "S")}, &llm.Text{Text: "said"}},
			[]llm.Block{&llm.Reasoning{Text: "words"}, &llm.Text{Text: "said"}},
		},
		{
			"thinking without words",
			[]llm.Block{&llm.Reasoning{Signature: sig("p", "S")}, &llm.Reasoning{Redacted: true, Encrypted: sig("p", "E")}, &llm.Text{Text: "said"}},
			[]llm.Block{&llm.Text{Text: "said"}},
		},
		{
			"an item and what follows it",
			[]llm.Block{
				&llm.Reasoning{Attrs: llm.Attrs{ID: "rs_1", Ext: typed}, Summary: []string{"sum"}},
				&llm.Text{Attrs: llm.Attrs{ID: "msg_1"}, Text: "said"},
				&llm.ToolCall{Attrs: llm.Attrs{ID: "fc_1"}, CallID: "call_1"},
			},
			[]llm.Block{
				&llm.Reasoning{Summary: []string{"sum"}}, &llm.Text{Text: "said"}, &llm.ToolCall{CallID: "call_1"},
			},
		},
		{
			"signatures elsewhere",
			[]llm.Block{
				&llm.Text{Text: "said", Signature: sig("p", "T")}, call("call_1", "{}", sig("p", "C")),
				&llm.Media{Data: "AAAA", Signature: sig("p", "M")},
			},
			[]llm.Block{&llm.Text{Text: "said"}, call("call_1", "{}", nil), &llm.Media{Data: "AAAA"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := ask()
			req.Messages = append(req.Messages, llm.Message{Role: llm.RoleAssistant, Blocks: tt.in})
			before := said(tt.in)
			got := vault.Strip(req)
			require.Equal(t, tt.want, got.Messages[1].Blocks)
			require.Equal(t, before, said(req.Messages[1].Blocks))
			require.Same(t, got, vault.Strip(got), "a second time there is nothing to take out")
		})
	}
}

func TestStripLeavesOutEmptyMessages(t *testing.T) {
	t.Parallel()
	req := ask()
	req.Messages = append(req.Messages, llm.Message{Role: llm.RoleAssistant, Blocks: []llm.Block{&llm.Reasoning{Signature: sig("p", "S")}}})
	require.Len(t, vault.Strip(req).Messages, 1)
	require.Len(t, req.Messages, 2)
	plain := ask()
	require.Same(t, plain, vault.Strip(plain))
}
