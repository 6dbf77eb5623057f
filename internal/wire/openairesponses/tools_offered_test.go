package openairesponses_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/toolmap"
)

// offering is a request of Codex's that offers its tools by an item.
func offering(t *testing.T) *llm.Request {
	t.Helper()
	body, err := os.ReadFile("testdata/requests/19_additional_tools.json")
	require.NoError(t, err)
	return decodeRequest(t, body)
}

func flatNames(tools []llm.Tool) []string {
	var names []string
	for i := range tools {
		names = append(names, tools[i].Namespace+"/"+tools[i].Name+" "+string(tools[i].Kind))
	}
	return names
}

// openai/codex: its default models get their tools by an item of the input.
func TestItemsOfferTools(t *testing.T) {
	req := offering(t)
	require.Equal(t, []string{
		"functions/exec custom", "functions/wait function", "clock/now function", "/plain function", "/own function",
	}, flatNames(req.Tools))
	require.Equal(t, "lark", req.Tools[0].Grammar.Syntax)

	// The same protocol gets the item where it stood, and its tools once.
	out, losses, err := codec.EncodeRequest(req, wire.Target{Model: "gpt-6.1-sol"})
	require.NoError(t, err)
	require.Empty(t, losses)
	var sent struct {
		Input []struct{ Type, ID string }
		Tools []struct{ Name string }
	}
	require.NoError(t, json.Unmarshal(out.Body, &sent))
	require.Len(t, sent.Input, 4)
	require.Equal(t, "additional_tools", sent.Input[0].Type)
	require.Equal(t, "at_1", sent.Input[0].ID)
	require.Equal(t, []struct{ Name string }{{"own"}}, sent.Tools)

	// So does the response, which repeats the request's list.
	body, _, err := codec.EncodeResponse(&llm.Response{ID: "r"}, req)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(body, &sent))
	require.Equal(t, []struct{ Name string }{{"own"}}, sent.Tools)
}

// Calls of tools that an item offers come back by the client's name, namespace
// and kind from an upstream that knows none of these.
func TestOfferedToolsAreCalled(t *testing.T) {
	req := offering(t)
	for _, up := range []llm.Protocol{llm.OpenAIChat, llm.AnthropicMessages, llm.Gemini} {
		m := toolmap.New(req, up)
		require.Len(t, m.Request().Messages, 3, "the item means nothing elsewhere")
		require.Equal(t, []llm.Role{llm.RoleUser, llm.RoleAssistant, llm.RoleTool}, roles(m.Request()))
		require.Len(t, m.Request().Tools, 5)
		resp := m.Response(&llm.Response{ID: "r", Choices: []llm.Choice{{Blocks: []llm.Block{
			&llm.ToolCall{CallID: "a", Kind: llm.ToolFunction, Name: "functions__exec", Input: llm.Raw(`{"input":"ls"}`)},
			&llm.ToolCall{CallID: "b", Kind: llm.ToolFunction, Name: "clock__now", Input: llm.Raw(`{}`)},
		}}}})
		body, _, err := codec.EncodeResponse(resp, req)
		require.NoError(t, err)
		var told struct {
			Output []struct{ Type, Name, Namespace, Input, Arguments string }
		}
		require.NoError(t, json.Unmarshal(body, &told))
		require.Equal(t, []struct{ Type, Name, Namespace, Input, Arguments string }{
			{"custom_tool_call", "exec", "functions", "ls", ""},
			{"function_call", "now", "clock", "", "{}"},
		}, told.Output, up)
	}
	require.Len(t, offering(t).Messages, 4)
	require.Len(t, toolmap.New(req, llm.OpenAIResponses).Request().Messages, 4)
}

func roles(r *llm.Request) []llm.Role {
	var out []llm.Role
	for i := range r.Messages {
		out = append(out, r.Messages[i].Role)
	}
	return out
}

func TestToolsOfferedTwiceAreOne(t *testing.T) {
	req := decodeRequest(t, []byte(`{"model":"m","tools":[{"type":"function","name":"a","description":"listed"}],"input":[
		{"type":"additional_tools","tools":[{"type":"function","name":"a","description":"1"},{"type":"function","name":"b","description":"1"},{"type":"namespace","name":"n","tools":[{"type":"function","name":"b"}]}]},
		{"type":"additional_tools","tools":[{"type":"function","name":"b","description":"2"}]},
		{"type":"additional_tools"},{"role":"user","content":"x"}]}`))
	require.Equal(t, []string{"/a function", "n/b function", "/b function"}, flatNames(req.Tools))
	require.Equal(t, "listed", req.Tools[0].Description)
	require.Equal(t, "2", req.Tools[2].Description)
	out, _, err := codec.EncodeRequest(req, wire.Target{Model: "m"})
	require.NoError(t, err)
	var sent struct{ Input, Tools []json.RawMessage }
	require.NoError(t, json.Unmarshal(out.Body, &sent))
	require.Len(t, sent.Input, 4)
	require.Len(t, sent.Tools, 1)
}

func TestOffersThatAreNone(t *testing.T) {
	for body, param := range map[string]string{
		`{"type":"additional_tools","tools":{}}`:                     "input[0].tools",
		`{"type":"additional_tools","tools":[{"name":"f"}]}`:         "input[0].tools[0].type",
		`{"type":"additional_tools","tools":[{"type":"function"}]}`:  "input[0].tools[0].name",
		`{"type":"additional_tools","tools":[{"type":"namespace"}]}`: "input[0].tools[0].name",
	} {
		_, err := codec.DecodeRequest(wire.Inbound{Body: []byte(`{"model":"m","input":[` + body + `]}`)})
		var e *llm.Error
		require.ErrorAs(t, err, &e, body)
		require.Equal(t, param, e.Param)
	}
}
