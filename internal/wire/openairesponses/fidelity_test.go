package openairesponses_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// What means something to another API only is left out, and said to be.
func TestForeignThingsAreNamedLosses(t *testing.T) {
	member := func(p llm.Protocol) llm.Ext { return llm.Ext{{Protocol: p, Name: "x", Value: llm.Raw("1")}} }
	question := func(b llm.Block) *llm.Request {
		return &llm.Request{Messages: []llm.Message{{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Text: "a"}, b}}}}
	}
	withTool := question(&llm.Text{Text: "b"})
	withTool.Tools = []llm.Tool{{Kind: llm.ToolFunction, Name: "f", Ext: member(llm.AnthropicMessages)}}
	withMember := question(&llm.Text{Text: "b"})
	withMember.Ext = member(llm.Gemini)
	for _, c := range []struct {
		name string
		req  *llm.Request
		want []string
	}{
		{"own file", question(&llm.Media{Kind: llm.MediaImage, FileID: "file-1"}), nil},
		{"file of another protocol", question(&llm.Media{Attrs: llm.Attrs{Ext: member(llm.AnthropicMessages)}, Kind: llm.MediaImage, FileID: "file_1"}), []string{"dropped:file_id"}},
		{"file by path", question(&llm.Media{Kind: llm.MediaDocument, FileID: "files/1"}), []string{"dropped:file_id"}},
		{"storage", question(&llm.Media{Kind: llm.MediaDocument, URL: "gs://b/a.pdf"}), []string{"dropped:media_url"}},
		{"member of a part", question(&llm.Text{Attrs: llm.Attrs{Ext: member(llm.Gemini)}, Text: "b"}), []string{"dropped:extension"}},
		{"member of a tool", withTool, []string{"dropped:extension"}},
		{"member", withMember, []string{"dropped:extension"}},
		{"spelling", question(&llm.Text{Attrs: llm.Attrs{Ext: member(llm.Gemini + "#mark")}, Text: "b"}), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, losses := encodeRequest(t, c.req)
			var got []string
			for _, l := range losses {
				got = append(got, l.Code())
			}
			require.Equal(t, c.want, got)
		})
	}
}

// A safety identifier is one in all protocols of OpenAI.
func TestSafetyIdentifierOfChat(t *testing.T) {
	r := &llm.Request{User: "u1", Ext: llm.Ext{{Protocol: llm.OpenAIChat + "#mark", Name: "safety_identifier", Value: llm.Raw(`"u1"`)}}}
	body, losses := encodeRequest(t, r)
	require.Empty(t, losses)
	require.Contains(t, string(body), `"safety_identifier":"u1"`)
	require.NotContains(t, string(body), `"user":`)
}

// A block that is told to nobody still parts two texts, and is not the last
// item of an answer that was cut.
func TestUntoldBlocks(t *testing.T) {
	untold := &llm.Reasoning{Encrypted: &llm.Signature{Data: "e", Origin: llm.Origin{Protocol: llm.AnthropicMessages}}}
	resp := &llm.Response{ID: "resp_1", Model: "m", Choices: []llm.Choice{{
		Blocks: []llm.Block{&llm.Text{Text: "a"}, untold, &llm.Text{Text: "b"}, untold}, Finish: llm.FinishLength,
	}}}
	whole, _, err := codec.EncodeResponse(resp, nil)
	require.NoError(t, err)
	var want map[string]any
	require.NoError(t, json.Unmarshal(whole, &want))
	output, ok := want["output"].([]any)
	require.True(t, ok)
	require.Len(t, output, 2)
	last, ok := output[1].(map[string]any)
	require.True(t, ok)
	require.Equal(t, "incomplete", last["status"])
	stream, _ := encodeStream(unfold(resp), nil)
	all := parseStream(t, stream)
	checkOrder(t, all)
	require.Equal(t, want, all[len(all)-1].data["response"])
}
