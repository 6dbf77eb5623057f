package anthropic_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

func say(role llm.Role, s string) llm.Message {
	return llm.Message{Role: role, Blocks: []llm.Block{&llm.Text{Text: s}}}
}

func calls(ids ...string) llm.Message {
	m := llm.Message{Role: llm.RoleAssistant}
	for _, id := range ids {
		m.Blocks = append(m.Blocks, &llm.ToolCall{CallID: id, Name: "f", Kind: llm.ToolFunction})
	}
	return m
}

func answer(id, s string) llm.Message {
	return llm.Message{Role: llm.RoleTool, Blocks: []llm.Block{
		&llm.ToolResult{CallID: id, Blocks: []llm.Block{&llm.Text{Text: s}}},
	}}
}

// outline tells a request's messages in a line each.
func outline(t require.TestingT, body []byte) []string {
	var v struct {
		Messages []struct {
			Role    string
			Content []struct {
				Type, Text, ID string
				ToolUseID      string `json:"tool_use_id"`
				Content        []struct{ Text string }
			}
		}
	}
	require.NoError(t, json.Unmarshal(body, &v))
	var out []string
	for _, m := range v.Messages {
		line := m.Role
		for _, b := range m.Content {
			line += " " + b.Type + ":" + b.Text + b.ID + b.ToolUseID
			for _, c := range b.Content {
				line += "=" + c.Text
			}
		}
		out = append(out, line)
	}
	return out
}

func TestEncodeMessagesOrder(t *testing.T) {
	dropped := llm.Message{Role: llm.RoleAssistant, Blocks: []llm.Block{&llm.Reasoning{Text: "unsigned"}}}
	tests := []struct {
		name string
		in   []llm.Message
		want []string
	}{
		{
			"consecutive roles are merged",
			[]llm.Message{say(llm.RoleUser, "a"), say(llm.RoleUser, "b"), say(llm.RoleAssistant, "c"), say(llm.RoleAssistant, "d")},
			[]string{"user text:a text:b", "assistant text:c text:d"},
		},
		{
			"parallel results are one turn, before what the user says",
			[]llm.Message{say(llm.RoleUser, "q"), calls("1", "2"), answer("1", "x"), answer("2", "y"), say(llm.RoleUser, "go")},
			[]string{"user text:q", "assistant tool_use:1 tool_use:2", "user tool_result:1=x tool_result:2=y text:go"},
		},
		{
			"a result that comes late stands first",
			[]llm.Message{calls("1", "2"), answer("1", "x"), say(llm.RoleUser, "go"), answer("2", "y")},
			[]string{"assistant tool_use:1 tool_use:2", "user tool_result:1=x tool_result:2=y text:go"},
		},
		{
			"instructions between call and result move out of the way",
			[]llm.Message{calls("1"), say(llm.RoleSystem, "s"), answer("1", "x")},
			[]string{"assistant tool_use:1", "user tool_result:1=x"},
		},
		{
			"what cannot be said leaves no empty turn",
			[]llm.Message{say(llm.RoleUser, "a"), dropped, say(llm.RoleUser, "b"), dropped},
			[]string{"user text:a text:b"},
		},
		{
			"blank texts are nothing",
			[]llm.Message{say(llm.RoleUser, " \n"), say(llm.RoleAssistant, ""), say(llm.RoleUser, "b")},
			[]string{"user text:b"},
		},
		{
			"calls that share an id are told apart and answered in order",
			[]llm.Message{calls("f", "f"), answer("f", "x"), answer("f", "y"), calls("f"), answer("f", "z")},
			[]string{
				"assistant tool_use:f tool_use:f_2", "user tool_result:f=x tool_result:f_2=y",
				"assistant tool_use:f_3", "user tool_result:f_3=z",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, _ := encodeRequest(t, ask(func(r *llm.Request) { r.Messages = tt.in }), wire.Target{Model: "up"})
			require.Equal(t, tt.want, outline(t, body))
			requireLegal(t, body)
		})
	}
}

func TestEncodeMessagesDroppedMediaLeavesNoHole(t *testing.T) {
	// The dropped image is written and taken back inside a joined turn.
	body, losses := encodeRequest(t, ask(func(r *llm.Request) {
		r.Messages = []llm.Message{
			say(llm.RoleUser, "a"),
			{Role: llm.RoleAssistant, Blocks: []llm.Block{&llm.Reasoning{Text: "x"}}},
			{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Media{Kind: llm.MediaImage, FileID: "file-1"}}},
			{Role: llm.RoleAssistant, Blocks: []llm.Block{&llm.Media{Kind: llm.MediaImage, URL: "https://example.com"}}},
		}
	}), wire.Target{Model: "up"})
	require.Equal(t, []string{"user text:a"}, outline(t, body))
	require.Equal(t, "dropped:file_id,dropped:image_out,dropped:reasoning_history", lossCodes(losses))
}

func TestEncodeToolResultBlocks(t *testing.T) {
	body, losses := encodeRequest(t, ask(func(r *llm.Request) {
		r.Messages = append(r.Messages, calls("1"), llm.Message{Role: llm.RoleTool, Blocks: []llm.Block{
			&llm.ToolResult{CallID: "1", IsError: true, Blocks: []llm.Block{
				&llm.Text{Text: "t"}, &llm.Media{Kind: llm.MediaImage, Data: "iVBO"},
				&llm.Media{Kind: llm.MediaAudio, Data: "x"}, &llm.Reasoning{Text: "r"},
			}},
		}})
	}), wire.Target{Model: "up"})
	require.Equal(t, "dropped:tool_result_media", lossCodes(losses))
	require.Contains(t, string(body), `"is_error":true,"content":[{"type":"text","text":"t"},{"type":"image"`)
}

func TestEncodeCacheMarks(t *testing.T) { // scars G48: marks survive on every block
	mark := func() llm.Attrs { return llm.Attrs{Cache: &llm.CacheMark{TTL: "1h"}} }
	body, losses := encodeRequest(t, ask(func(r *llm.Request) {
		r.System = []llm.Block{&llm.Text{Attrs: mark(), Text: "s"}}
		r.Tools = []llm.Tool{{Kind: llm.ToolFunction, Name: "f", Cache: mark().Cache}}
		r.Messages = []llm.Message{
			{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Attrs: mark(), Text: "q"}, &llm.Media{Attrs: mark(), Kind: llm.MediaImage, URL: "https://example.com"}}},
			{Role: llm.RoleAssistant, Blocks: []llm.Block{&llm.ToolCall{Attrs: mark(), CallID: "1", Name: "f"}}},
			{Role: llm.RoleTool, Blocks: []llm.Block{&llm.ToolResult{Attrs: mark(), CallID: "1", Blocks: []llm.Block{&llm.Text{Attrs: mark(), Text: "r"}}}}},
		}
	}), wire.Target{Model: "up"})
	require.Empty(t, losses)
	require.Equal(t, 7, strings.Count(string(body), `"cache_control":{"type":"ephemeral","ttl":"1h"}`))
}

// Whatever another protocol's conversation holds, the messages are legal, the
// result is stable under another round trip, and nothing panics.
func TestRandomForeignRequestsBecomeLegal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req := ask(func(r *llm.Request) { r.Messages = genMessages(t) })
		out, _, err := codec.EncodeRequest(req, wire.Target{Model: "up"})
		if err != nil {
			return // nothing was left to say
		}
		requireLegal(t, out.Body)
		once := decodeRequest(t, out.Body)
		body, losses := encodeRequest(t, once, wire.Target{Model: once.Model})
		require.Empty(t, losses)
		requireSame(t, once, decodeRequest(t, body))
		require.JSONEq(t, string(out.Body), string(body))
	})
}

// genMessages makes a conversation that obeys the canonical model: results
// follow their calls.
func genMessages(t *rapid.T) []llm.Message {
	var out []llm.Message
	for range rapid.IntRange(1, 6).Draw(t, "turns") {
		role := rapid.SampledFrom([]llm.Role{llm.RoleUser, llm.RoleAssistant, llm.RoleSystem, llm.RoleDeveloper}).Draw(t, "role")
		m := llm.Message{Role: role}
		var results []llm.Message
		for range rapid.IntRange(0, 3).Draw(t, "blocks") {
			switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
			case kind == 0 && role == llm.RoleAssistant:
				id := rapid.SampledFrom([]string{"", "a", "a.b", "é", "call_1"}).Draw(t, "id")
				m.Blocks = append(m.Blocks, &llm.ToolCall{
					CallID: id, Name: "f", Kind: rapid.SampledFrom([]llm.ToolKind{llm.ToolFunction, llm.ToolCustom}).Draw(t, "tool"),
					Input: llm.Raw(rapid.SampledFrom([]string{"", "{}", `{"a":1}`, "broken", "{"}).Draw(t, "input")),
				})
				results = append(results, answer(id, fmt.Sprint("r", len(results))))
			case kind == 1:
				m.Blocks = append(m.Blocks, &llm.Media{
					Kind: rapid.SampledFrom([]llm.MediaKind{llm.MediaImage, llm.MediaAudio, llm.MediaDocument}).Draw(t, "media"),
					URL:  rapid.SampledFrom([]string{"https://example.com/x", "gs://x"}).Draw(t, "url"),
				})
			case kind == 2:
				m.Blocks = append(m.Blocks, &llm.Reasoning{
					Text: rapid.SampledFrom([]string{"", "thought"}).Draw(t, "thought"),
					Signature: rapid.SampledFrom([]*llm.Signature{
						nil, {Data: "S", Origin: llm.Origin{Protocol: llm.AnthropicMessages}}, {Data: "G", Origin: llm.Origin{Protocol: llm.Gemini}},
					}).Draw(t, "signature"),
				})
			case kind == 3:
				m.Blocks = append(m.Blocks, &llm.Refusal{Text: rapid.SampledFrom([]string{"", "no"}).Draw(t, "refusal")})
			default:
				m.Blocks = append(m.Blocks, &llm.Text{Text: rapid.SampledFrom([]string{"", " ", "x", "ünï\u2028"}).Draw(t, "text")})
			}
		}
		out = append(append(out, m), results...)
	}
	return out
}
