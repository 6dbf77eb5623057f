package anthropic_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// The API refuses calls and results in a request that defines no tools.
func TestEncodeRequestToolHistory(t *testing.T) {
	call := func(id, name string) llm.Block {
		return &llm.ToolCall{CallID: id, Name: name, Kind: llm.ToolFunction, Input: llm.Raw(`{}`)}
	}
	result := func(id string) llm.Block {
		return &llm.ToolResult{CallID: id, Blocks: []llm.Block{&llm.Text{Text: "ok"}}}
	}
	used := []llm.Message{
		{Role: llm.RoleAssistant, Blocks: []llm.Block{call("c1", "g"), call("c2", "f"), call("c3", "g")}},
		{Role: llm.RoleTool, Blocks: []llm.Block{result("c1"), result("c2"), result("c3")}},
	}
	const declared = `[{"name":"f","input_schema":{"type":"object"}},{"name":"g","input_schema":{"type":"object"}}]`
	none := object{"type": "none"}
	tests := []struct {
		name   string
		change func(*llm.Request)
		tools  string // "" where none are written
		choice any
		loss   string
	}{
		{"none offered", nil, declared, none, "approximated:tools"},
		{"none to be called", func(r *llm.Request) { r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolModeNone} }, declared, none, "approximated:tools"},
		{"one demanded that is not offered", func(r *llm.Request) { r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolModeRequired} }, declared, none, "approximated:tools,dropped:tool_choice"},
		{"none of them allowed", func(r *llm.Request) {
			r.Tools, r.ToolChoice = []llm.Tool{{Kind: llm.ToolFunction, Name: "h"}}, &llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"i"}}
		}, declared, none, "approximated:tool_choice_allowed,approximated:tools"},
		{"others offered", func(r *llm.Request) { r.Tools = []llm.Tool{{Kind: llm.ToolFunction, Name: "h"}} }, `[{"name":"h","input_schema":{"type":"object"}}]`, nil, ""},
		{"nothing used", func(r *llm.Request) { r.Messages = r.Messages[:1] }, "", nil, ""},
		{"results alone", func(r *llm.Request) { r.Messages = []llm.Message{used[1]} }, `[{"name":"tool","input_schema":{"type":"object"}}]`, none, "approximated:tools"},
		{"said in this protocol", func(r *llm.Request) { r.Source = llm.AnthropicMessages }, "", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := ask(func(r *llm.Request) {
				r.Source, r.Messages = llm.OpenAIChat, append(r.Messages, used...)
				if tt.change != nil {
					tt.change(r)
				}
			})
			body, losses := encodeRequest(t, req, wire.Target{Model: "up"})
			require.Equal(t, tt.loss, lossCodes(losses))
			v := parse(t, body)
			require.Equal(t, tt.choice, v["tool_choice"])
			if tt.tools == "" {
				require.NotContains(t, v, "tools")
				return
			}
			require.Contains(t, string(body), `"tools":`+tt.tools)
		})
	}
}
