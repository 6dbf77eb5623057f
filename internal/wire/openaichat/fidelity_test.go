package openaichat_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// What means something to another API only is left out, and said to be.
func TestForeignThingsAreNamedLosses(t *testing.T) {
	member := func(p llm.Protocol) llm.Ext { return llm.Ext{{Protocol: p, Name: "x", Value: llm.Raw("1")}} }
	document := func(m llm.Media) llm.Block {
		m.Kind = llm.MediaDocument
		return &m
	}
	for _, c := range []struct {
		name  string
		block llm.Block
		want  string
	}{
		{"own file", document(llm.Media{FileID: "file-1"}), ""},
		{"file of another protocol", document(llm.Media{Attrs: llm.Attrs{Ext: member(llm.AnthropicMessages)}, FileID: "file_1"}), "dropped:file_id"},
		{"file by path", document(llm.Media{FileID: "files/1"}), "dropped:file_id"},
		{"storage", document(llm.Media{URL: "gs://b/a.pdf"}), "dropped:media_url"},
		{"member", &llm.Text{Attrs: llm.Attrs{Ext: member(llm.Gemini)}, Text: "b"}, "dropped:extension"},
		{"spelling", &llm.Text{Attrs: llm.Attrs{Ext: member(llm.Gemini + "#mark")}, Text: "b"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &llm.Request{Messages: []llm.Message{{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Text: "a"}, c.block}}}}
			_, losses := encodeRequest(t, r, wire.Target{Model: "m"})
			require.Equal(t, c.want, llm.LossCodes(losses))
		})
	}
}

// A whole answer has no order among text, thinking and calls.
func TestWholeAnswerLosesOrder(t *testing.T) {
	call := &llm.ToolCall{CallID: "c", Name: "f", Kind: llm.ToolFunction, Input: llm.Raw("{}")}
	said := &llm.Text{Text: "a"}
	for _, c := range []struct {
		blocks []llm.Block
		want   string
	}{
		{[]llm.Block{&llm.Reasoning{Text: "r"}, said, call}, ""},
		{[]llm.Block{call, said}, "approximated:block_order"},
		{[]llm.Block{said, &llm.Reasoning{Text: "r"}}, "approximated:block_order"},
		{[]llm.Block{call, &llm.Text{}}, ""},
	} {
		_, losses, err := codec.EncodeResponse(&llm.Response{Choices: []llm.Choice{{Blocks: c.blocks, Finish: llm.FinishStop}}}, nil)
		require.NoError(t, err)
		require.Equal(t, c.want, llm.LossCodes(losses))
	}
}
