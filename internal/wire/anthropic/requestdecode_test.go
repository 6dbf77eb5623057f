package anthropic_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

func TestDecodeRequestRefuses(t *testing.T) {
	const ok = `"model":"m","max_tokens":5,"messages":[{"role":"user","content":"q"}]`
	with := func(m string) string { return `{` + ok + `,` + m + `}` }
	block := func(b string) string {
		return `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[` + b + `]}]}`
	}
	tests := []struct{ name, body, param, says string }{
		{"not an object", `[]`, "", "not an array"},
		{"no model", `{"max_tokens":5,"messages":[{"role":"user","content":"q"}]}`, "model", "required"},
		{"model of another kind", `{"model":5}`, "model", "must be a string, not a number"},
		{"no max_tokens", `{"model":"m","messages":[{"role":"user","content":"q"}]}`, "max_tokens", "required"},
		{"max_tokens of another kind", with(`"max_tokens":"5"`), "max_tokens", "whole number, not a string"},
		{"max_tokens below zero", with(`"max_tokens":-1`), "max_tokens", "-1"},
		{"max_tokens with a fraction", with(`"max_tokens":1.5`), "max_tokens", "whole number"},
		{"no messages", `{"model":"m","max_tokens":5}`, "messages", "required"},
		{"empty messages", `{"model":"m","max_tokens":5,"messages":[]}`, "messages", "at least one"},
		{"only blank messages", `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":" "}]}`, "messages", "at least one"},
		{"messages of another kind", `{"messages":{}}`, "messages", "an array of messages, not an object"},
		{"message of another kind", `{"messages":["hi"]}`, "messages[0]", "not a string"},
		{"unknown role", `{"messages":[{"role":"tool","content":"q"}]}`, "messages[0].role", `"tool"`},
		{"no role", `{"messages":[{"content":"q"}]}`, "messages[0].role", "required"},
		{"no content", `{"messages":[{"role":"user"}]}`, "messages[0].content", "nothing"},
		{"content of another kind", `{"messages":[{"role":"user","content":5}]}`, "messages[0].content", "not a number"},
		{"block of another kind", block(`5`), "messages[1].content[0]", "not a number"},
		{"block without a type", block(`{"text":"x"}`), "messages[1].content[0].type", `"text"`},
		{"text of another kind", block(`{"type":"text","text":5}`), "messages[1].content[0].text", "not a number"},
		{"text without text", block(`{"type":"text"}`), "messages[1].content[0].text", "required"},
		{"call without an id", block(`{"type":"tool_use","name":"f","input":{}}`), "messages[1].content[0].id", "required"},
		{"call without a name", block(`{"type":"tool_use","id":"i","input":{}}`), "messages[1].content[0].name", "name of the tool"},
		{"call with other input", block(`{"type":"tool_use","id":"i","name":"f","input":"{}"}`), "messages[1].content[0].input", "not a string"},
		{"result without an id", block(`{"type":"tool_result","content":"x"}`), "messages[1].content[0].tool_use_id", "answered"},
		{
			"bad block in a result", block(`{"type":"tool_result","tool_use_id":"i","content":[{"type":"text"}]}`),
			"messages[1].content[0].content[0].text", "required",
		},
		{"image without a source", block(`{"type":"image"}`), "messages[1].content[0].source", "an object"},
		{"image without data", block(`{"type":"image","source":{"type":"base64","media_type":"image/png"}}`), "messages[1].content[0].source.data", "string"},
		{"bad citations", block(`{"type":"text","text":"x","citations":[5]}`), "messages[1].content[0].citations[0]", "citation"},
		{"bad cache mark", block(`{"type":"text","text":"x","cache_control":"ephemeral"}`), "messages[1].content[0].cache_control", "not a string"},
		{"bad ttl", block(`{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":5}}`), "messages[1].content[0].cache_control.ttl", "not a number"},
		{"bad signature", block(`{"type":"thinking","thinking":"x","signature":5}`), "messages[1].content[0].signature", "not a number"},
		{"bad is_error", block(`{"type":"tool_result","tool_use_id":"i","is_error":"yes"}`), "messages[1].content[0].is_error", "true or false"},
		{"bad system", with(`"system":5`), "system", "string or an array"},
		{"bad stream", with(`"stream":"yes"`), "stream", "true or false, not a string"},
		{"bad temperature", with(`"temperature":"hot"`), "temperature", "number, not a string"},
		{"bad stop", with(`"stop_sequences":["a",5]`), "stop_sequences[1]", "not a number"},
		{"bad metadata", with(`"metadata":"u"`), "metadata", "not a string"},
		{"bad user", with(`"metadata":{"user_id":5}`), "metadata.user_id", "not a number"},
		{"bad tools", with(`"tools":{}`), "tools", "array of tools"},
		{"tool without a name", with(`"tools":[{"input_schema":{}}]`), "tools[0].name", "name of the tool"},
		{"tool without a schema", with(`"tools":[{"name":"f"}]`), "tools[0].input_schema", "JSON Schema"},
		{"tool of OpenAI's shape", with(`"tools":[{"type":5}]`), "tools[0].type", "not a number"},
		{"bad choice", with(`"tool_choice":"auto"`), "tool_choice", `{"type":"auto"}`},
		{"choice without a name", with(`"tool_choice":{"type":"tool"}`), "tool_choice.name", "name of the tool"},
		{"bad thinking", with(`"thinking":true`), "thinking", "not a boolean"},
		{"thinking without a budget", with(`"thinking":{"type":"enabled"}`), "thinking.budget_tokens", "must bound"},
		{"bad effort", with(`"output_config":{"effort":5}`), "output_config.effort", "not a number"},
		{"bad format", with(`"output_config":{"format":{"type":"xml"}}`), "output_config.format.type", `"xml"`},
		{"format without a schema", with(`"output_format":{"type":"json_schema"}`), "output_format.schema", "JSON Schema"},
		{
			"two formats", with(`"output_format":{"type":"json_schema","schema":{}},"output_config":{"format":{"type":"json_schema","schema":{}}}`),
			"output_format", "together",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := codec.DecodeRequest(wire.Inbound{Body: []byte(tt.body)})
			var e *llm.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, llm.KindInvalid, e.Kind)
			require.Equal(t, tt.param, e.Param)
			require.Contains(t, e.Message, tt.says)
		})
	}
}

// What the canonical model says of a request, so that other codecs can say it.
func TestDecodeRequestMeaning(t *testing.T) {
	body := `{"model":"m","max_tokens":100,"stream":true,"system":[{"type":"text","text":"S","cache_control":{"type":"ephemeral","ttl":"1h","scope":"global"}}],
	"temperature":0.5,"top_p":0.9,"top_k":4,"stop_sequences":["X"],"metadata":{"user_id":"u"},"service_tier":"auto",
	"thinking":{"type":"enabled","budget_tokens":2048,"display":"summarized"},"output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object"}}},
	"tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true},{"type":"web_search_20250305","name":"web_search"}],
	"tool_choice":{"type":"any","disable_parallel_tool_use":true},
	"messages":[
	 {"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":"b"},{"type":"text","text":""}]},
	 {"role":"assistant","content":[{"type":"thinking","thinking":"T","signature":"SIG"},{"type":"tool_use","id":"t1","name":"f","input":{"x":1}}]},
	 {"role":"user","content":[{"type":"text","text":"after"},{"type":"tool_result","tool_use_id":"t1","is_error":true,"content":"no"}]}]}`
	req := decodeRequest(t, []byte(body))
	require.Equal(t, "m", req.Model)
	require.True(t, req.Stream)
	require.EqualValues(t, 100, *req.MaxTokens)
	require.Equal(t, "u", req.User)
	require.Equal(t, "auto", req.ServiceTier)
	require.Equal(t, []string{"X"}, req.Stop)
	require.InDelta(t, 0.5, *req.Sampling.Temperature, 0)
	require.InDelta(t, 0.9, *req.Sampling.TopP, 0)
	require.EqualValues(t, 4, *req.Sampling.TopK)
	require.Equal(t, "high", req.Reasoning.Effort)
	require.EqualValues(t, 2048, *req.Reasoning.Budget)
	require.True(t, *req.Reasoning.Enabled)
	require.Equal(t, "auto", req.Reasoning.Summary)
	require.Equal(t, "json_schema", req.Format.Type)
	require.Equal(t, llm.ToolModeRequired, req.ToolChoice.Mode)
	require.False(t, *req.ParallelTools)
	require.Equal(t, "1h", req.System[0].Common().Cache.TTL)
	require.Equal(t, "f", req.Tools[0].Name)
	require.True(t, *req.Tools[0].Strict)
	require.Equal(t, llm.ToolServer, req.Tools[1].Kind)
	require.Equal(t, "web_search_20250305", req.Tools[1].Type)

	require.Len(t, req.Messages, 4)
	require.Len(t, req.Messages[0].Blocks, 2, "messages of one role are one turn, blank texts are nothing")
	reasoning := req.Messages[1].Blocks[0].(*llm.Reasoning)
	require.Equal(t, llm.Signature{Data: "SIG", Origin: llm.Origin{Protocol: llm.AnthropicMessages}}, *reasoning.Signature)
	call := req.Messages[1].Blocks[1].(*llm.ToolCall)
	require.Equal(t, "t1", call.CallID)
	require.Equal(t, `{"x":1}`, string(call.Input))
	require.Equal(t, llm.RoleTool, req.Messages[2].Role, "results stand first in their turn")
	result := req.Messages[2].Blocks[0].(*llm.ToolResult)
	require.True(t, result.IsError)
	require.Equal(t, "no", result.Blocks[0].(*llm.Text).Text)
	require.Equal(t, llm.RoleUser, req.Messages[3].Role)
}

func TestDecodeRequestTakesNullForAbsent(t *testing.T) {
	body := `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","text":"q","cache_control":null,"citations":null}]}],
	"system":null,"stream":null,"temperature":null,"top_p":null,"top_k":null,"stop_sequences":null,"metadata":null,"service_tier":null,
	"tools":null,"tool_choice":null,"thinking":null,"output_config":null,"output_format":null}`
	req := decodeRequest(t, []byte(body))
	requireSame(t, &llm.Request{
		Model: "m", MaxTokens: new(int64(1)),
		Messages: []llm.Message{{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Text: "q"}}}},
	}, req)
}

func TestDecodeRequestSources(t *testing.T) {
	body := `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[
	{"type":"document","title":"T","context":"C","citations":{"enabled":true},"source":{"type":"content","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}},
	{"type":"document","source":{"type":"content","content":[{"type":"image","source":{"type":"url","url":"https://example.com"}}]}},
	{"type":"image","source":{"type":"file","file_id":"file_1"}}]}]}`
	blocks := decodeRequest(t, []byte(body)).Messages[0].Blocks
	doc := blocks[0].(*llm.Media)
	require.Equal(t, "a\n\nb", doc.Text, "other protocols can say content that is only text")
	require.Equal(t, "T", doc.Name)
	require.Equal(t, "C", doc.Context)
	require.True(t, *doc.CitationsOn)
	require.Equal(t, "document", blocks[1].(*llm.Opaque).Type)
	require.Equal(t, "file_1", blocks[2].(*llm.Media).FileID)
}
