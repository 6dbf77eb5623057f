package openairesponses_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

func TestDecodeRequestErrors(t *testing.T) {
	tests := []struct{ name, body, param, code string }{
		{"not json", `{"model":`, "", "invalid_json"},
		{"not an object", `[]`, "body", "invalid_type"},
		{"no model", `{"input":"x"}`, "model", "missing_required_parameter"},
		{"model of wrong type", `{"model":1}`, "model", "invalid_type"},
		{"input of wrong type", `{"model":"m","input":1}`, "input", "invalid_type"},
		{"item of wrong type", `{"model":"m","input":["x"]}`, "input[0]", "invalid_type"},
		{"item without type", `{"model":"m","input":[{"x":1}]}`, "input[0].type", "missing_required_parameter"},
		{"role", `{"model":"m","input":[{"role":"tool","content":"x"}]}`, "input[0].role", "invalid_value"},
		{"message without role", `{"model":"m","input":[{"type":"message","content":"x"}]}`, "input[0].role", "missing_required_parameter"},
		{"message without content", `{"model":"m","input":[{"role":"user"}]}`, "input[0].content", "missing_required_parameter"},
		{"part type", `{"model":"m","input":[{"role":"user","content":"a"},{"role":"user","content":[{"type":"input_text","text":"b"},{"type":7}]}]}`, "input[1].content[1].type", "invalid_type"},
		{"part without type", `{"model":"m","input":[{"role":"user","content":[{"text":"b"}]}]}`, "input[0].content[0].type", "missing_required_parameter"},
		{"part as text", `{"model":"m","input":[{"role":"user","content":["b"]}]}`, "input[0].content[0]", "invalid_type"},
		{"text missing", `{"model":"m","input":[{"role":"user","content":[{"type":"input_text"}]}]}`, "input[0].content[0].text", "missing_required_parameter"},
		{"image of chat", `{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":{"url":"u"}}]}]}`, "input[0].content[0].image_url", "invalid_type"},
		{"image of nothing", `{"model":"m","input":[{"role":"user","content":[{"type":"input_image"}]}]}`, "input[0].content[0].image_url", "missing_required_parameter"},
		{"file of nothing", `{"model":"m","input":[{"role":"user","content":[{"type":"input_file"}]}]}`, "input[0].content[0].file_data", "missing_required_parameter"},
		{"audio format", `{"model":"m","input":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"x"}}]}]}`, "input[0].content[0].input_audio.format", "missing_required_parameter"},
		{"call without id", `{"model":"m","input":[{"type":"function_call","name":"f","arguments":"{}"}]}`, "input[0].call_id", "missing_required_parameter"},
		{"call without name", `{"model":"m","input":[{"type":"function_call","call_id":"c","arguments":"{}"}]}`, "input[0].name", "missing_required_parameter"},
		{"arguments as object", `{"model":"m","input":[{"type":"function_call","call_id":"c","name":"f","arguments":{}}]}`, "input[0].arguments", "invalid_type"},
		{"output without id", `{"model":"m","input":[{"type":"function_call_output","output":"x"}]}`, "input[0].call_id", "missing_required_parameter"},
		{"output of wrong type", `{"model":"m","input":[{"type":"function_call_output","call_id":"c","output":{}}]}`, "input[0].output", "invalid_type"},
		{"summary", `{"model":"m","input":[{"type":"reasoning","summary":["x"]}]}`, "input[0].summary[0]", "invalid_type"},
		{"tools", `{"model":"m","tools":{}}`, "tools", "invalid_type"},
		{"tool without type", `{"model":"m","tools":[{"name":"x"}]}`, "tools[0].type", "missing_required_parameter"},
		{"tool without name", `{"model":"m","tools":[{"type":"function"}]}`, "tools[0].name", "missing_required_parameter"},
		{"tool in group", `{"model":"m","tools":[{"type":"namespace","name":"n","tools":[{"type":"custom"}]}]}`, "tools[0].tools[0].name", "missing_required_parameter"},
		{"choice", `{"model":"m","tool_choice":"any"}`, "tool_choice", "invalid_value"},
		{"choice without name", `{"model":"m","tool_choice":{"type":"function"}}`, "tool_choice.name", "missing_required_parameter"},
		{"allowed mode", `{"model":"m","tool_choice":{"type":"allowed_tools","mode":"x","tools":[]}}`, "tool_choice.mode", "invalid_value"},
		{"temperature", `{"model":"m","temperature":"hot"}`, "temperature", "invalid_type"},
		{"max tokens", `{"model":"m","max_output_tokens":1.5}`, "max_output_tokens", "invalid_type"},
		{"stream", `{"model":"m","stream":"yes"}`, "stream", "invalid_type"},
		{"metadata", `{"model":"m","metadata":{"a":1}}`, "metadata.a", "invalid_type"},
		{"include", `{"model":"m","include":[1]}`, "include[0]", "invalid_type"},
		{"conversation", `{"model":"m","conversation":{}}`, "conversation.id", "missing_required_parameter"},
		{"format type", `{"model":"m","text":{"format":{"type":"xml"}}}`, "text.format.type", "invalid_value"},
		{"format name", `{"model":"m","text":{"format":{"type":"json_schema","schema":{}}}}`, "text.format.name", "missing_required_parameter"},
		{"format schema", `{"model":"m","text":{"format":{"type":"json_schema","name":"n"}}}`, "text.format.schema", "missing_required_parameter"},
		{"effort", `{"model":"m","reasoning":{"effort":3}}`, "reasoning.effort", "invalid_type"},
		{"instructions", `{"model":"m","instructions":[]}`, "instructions", "invalid_type"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := codec.DecodeRequest(wire.Inbound{Body: []byte(tt.body)})
			var e *llm.Error
			require.ErrorAs(t, err, &e, "%v", err)
			require.Equal(t, llm.KindInvalid, e.Kind)
			require.Equal(t, tt.param, e.Param)
			require.Equal(t, tt.code, e.Code)
			require.NotEmpty(t, e.Message)
		})
	}
}

func TestDecodeRequestTurns(t *testing.T) {
	data := files(t, "testdata/requests/10_tool_rounds.json")[0].data
	req := decodeRequest(t, data)
	var roles []llm.Role
	for _, m := range req.Messages {
		roles = append(roles, m.Role)
	}
	require.Equal(t, []llm.Role{"user", "assistant", "tool", "assistant", "tool", "assistant", "assistant", "user"}, roles)
	require.Len(t, req.Messages[1].Blocks, 3, "thinking and both parallel calls are one turn")
	require.Len(t, req.Messages[2].Blocks, 2, "both results are one turn")
	call, ok := req.Messages[1].Blocks[1].(*llm.ToolCall)
	require.True(t, ok)
	require.Equal(t, `{"city": "Köln","n":1.50}`, string(call.Input), "arguments keep their bytes")
	call, ok = req.Messages[1].Blocks[2].(*llm.ToolCall)
	require.True(t, ok)
	require.Equal(t, `{}`, string(call.Input), "empty arguments are the empty object")
	call, ok = req.Messages[3].Blocks[1].(*llm.ToolCall)
	require.True(t, ok)
	require.True(t, json.Valid(call.Input), "cut arguments are wrapped: others embed them as JSON")
	thinking, ok := req.Messages[1].Blocks[0].(*llm.Reasoning)
	require.True(t, ok)
	require.Equal(t, []string{"**Plan**", "second"}, thinking.Summary)
	require.Equal(t, llm.OpenAIResponses, thinking.Encrypted.Origin.Protocol)
	text, ok := req.Messages[3].Blocks[0].(*llm.Text)
	require.True(t, ok)
	require.Equal(t, "commentary", text.Phase)
	require.Equal(t, "msg_1", text.ID)
}

// foreign is a request as other protocols make it: full of what this one has no
// words for.
func foreign() *llm.Request {
	other := llm.Origin{Protocol: llm.AnthropicMessages}
	return &llm.Request{
		Model:  "m",
		System: []llm.Block{&llm.Text{Text: "one", Attrs: llm.Attrs{Cache: &llm.CacheMark{TTL: "1h"}}}, &llm.Text{Text: "two"}},
		Messages: []llm.Message{
			{Role: llm.RoleUser, Name: "bob", Blocks: []llm.Block{
				&llm.Text{Text: "hi", Attrs: llm.Attrs{Cache: &llm.CacheMark{}}},
				&llm.Media{Kind: llm.MediaVideo, URL: "https://e.com/v.mp4"},
				&llm.Media{Kind: llm.MediaDocument, Text: "plain", Context: "c", CitationsOn: new(true)},
				&llm.Opaque{Type: "search_result", Native: llm.Native{Protocol: llm.AnthropicMessages, Raw: llm.Raw("{}")}},
			}},
			{Role: llm.RoleAssistant, Blocks: []llm.Block{
				&llm.Reasoning{Text: "thought", Signature: &llm.Signature{Data: "sig", Origin: other}},
				&llm.Reasoning{Redacted: true, Encrypted: &llm.Signature{Data: "x", Origin: other}},
				&llm.Reasoning{Text: "unsigned"},
				&llm.Text{Text: "cited", Citations: []llm.Citation{{URL: "https://e.com", Title: "E", Text: "q", Protocol: llm.AnthropicMessages, Raw: llm.Raw("{}")}, {Title: "no url"}}, Signature: &llm.Signature{Data: "s", Origin: other}},
				&llm.ToolCall{CallID: "srv", Name: "web_search", Kind: llm.ToolServer, Native: &llm.Native{Protocol: llm.AnthropicMessages, Raw: llm.Raw("{}")}},
				&llm.ServerToolResult{CallID: "srv", Native: &llm.Native{Protocol: llm.AnthropicMessages, Raw: llm.Raw("{}")}},
				&llm.ToolCall{CallID: "functions.weather:0", Name: "weather", Kind: llm.ToolFunction},
				&llm.ToolCall{CallID: strings.Repeat("long", 40), Name: "weather", Kind: llm.ToolFunction, Input: llm.Raw(`{"a":1}`)},
			}},
			{Role: llm.RoleTool, Blocks: []llm.Block{
				&llm.ToolResult{CallID: "functions.weather:0", IsError: true, Blocks: []llm.Block{&llm.Text{Text: "bad"}}},
				&llm.ToolResult{CallID: strings.Repeat("long", 40), Blocks: []llm.Block{&llm.Text{Text: "see"}, &llm.Media{Kind: llm.MediaImage, Data: "/9j/AAA="}}},
			}},
		},
		Tools: []llm.Tool{
			{Kind: llm.ToolFunction, Name: "weather", Schema: llm.Raw(`{"type":"object"}`)},
			{Kind: llm.ToolServer, Name: "web_search", Type: "web_search_20250305", Native: &llm.Native{Protocol: llm.AnthropicMessages, Raw: llm.Raw("{}")}},
			{Kind: llm.ToolServer, Name: "bash", Type: "bash_20250124", Native: &llm.Native{Protocol: llm.AnthropicMessages, Raw: llm.Raw("{}")}},
		},
		Sampling: llm.Sampling{
			TopK: new(int64(3)), MinP: new(0.1), Seed: new(int64(1)), LogitBias: llm.Raw(`{"1":2}`),
			FrequencyPenalty: new(1.0), PresencePenalty: new(1.0), Logprobs: new(true), TopLogprobs: new(int64(2)),
		},
		Reasoning: &llm.ReasoningConfig{Enabled: new(true), Budget: new(int64(4000)), IncludeThoughts: new(true)},
		MaxTokens: new(int64(1)), Stop: []string{"x"}, N: new(int64(2)),
		Modalities: []string{"text", "audio", "image"}, SafetySettings: llm.Raw("[]"),
		User: strings.Repeat("u", 100), ServiceTier: "standard_only",
		Completion: &llm.Completion{Suffix: "s", Echo: true, BestOf: new(int64(2))},
		Ext:        llm.Ext{{Protocol: llm.AnthropicMessages, Name: "container", Value: llm.Raw(`"c"`)}},
	}
}

func TestEncodeForeignRequestLosses(t *testing.T) {
	body, losses := encodeRequest(t, foreign())
	want := []string{
		"approximated:citations", "approximated:document", "approximated:max_tokens", "approximated:reasoning_budget",
		"approximated:server_tool", "approximated:service_tier", "approximated:user",
		"dropped:audio_out", "dropped:best_of", "dropped:cache_mark", "dropped:citations", "dropped:document_context", "dropped:echo", "dropped:extension",
		"dropped:foreign_signature", "dropped:frequency_penalty", "dropped:image_out", "dropped:logit_bias", "dropped:message_name",
		"dropped:min_p", "dropped:n", "dropped:opaque", "dropped:presence_penalty", "dropped:reasoning_history",
		"dropped:safety_settings", "dropped:seed", "dropped:server_tool", "dropped:stop", "dropped:suffix",
		"dropped:tool_result_error", "dropped:top_k", "dropped:video_in",
	}
	require.Equal(t, want, strings.Split(codes(losses), ","))
	paths := map[string]string{}
	for _, l := range losses {
		paths[l.Code()] = l.Path
	}
	require.Equal(t, "messages[0].content[1]", paths["dropped:video_in"])
	require.Equal(t, "messages[2].content[0]", paths["dropped:tool_result_error"])
	require.NotContains(t, string(body), "sig")
	require.NotContains(t, string(body), "thought")
	require.NotContains(t, string(body), "container")

	again := decodeRequest(t, body)
	require.Equal(t, "one\n\ntwo", again.System[0].(*llm.Text).Text)
	require.Equal(t, "medium", again.Reasoning.Effort)
	require.Equal(t, "auto", again.Reasoning.Summary)
	require.Equal(t, []string{"message.output_text.logprobs"}, again.Include)
	require.Len(t, again.User, 64)
	require.Equal(t, int64(16), *again.MaxTokens)
	require.False(t, *again.Tools[0].Strict, "elsewhere a tool is not strict unless it says so")
	require.Equal(t, "web_search", again.Tools[1].Type)
	require.Len(t, again.Tools, 2)
}

// Ids that are too long or of other characters become legal ones, the same for
// the call and its result, and the same in each request.
func TestCallIDs(t *testing.T) {
	first, _ := encodeRequest(t, foreign())
	second, _ := encodeRequest(t, foreign())
	require.Equal(t, string(first), string(second))
	req := decodeRequest(t, first)
	ids := map[string]int{}
	for _, m := range req.Messages {
		for _, b := range m.Blocks {
			switch b := b.(type) {
			case *llm.ToolCall:
				ids[b.CallID]++
				require.LessOrEqual(t, len(b.CallID), 64)
				require.Regexp(t, `^[A-Za-z0-9_-]+[A-Za-z0-9]$`, b.CallID)
			case *llm.ToolResult:
				ids[b.CallID] += 10
			}
		}
	}
	require.Len(t, ids, 2)
	for id, n := range ids {
		require.Equal(t, 11, n, id)
	}
	// A result of a call that the upstream stored keeps the id it has there.
	body, _ := encodeRequest(t, decodeRequest(t, files(t, "testdata/requests/14_state.json")[0].data))
	require.Contains(t, string(body), `"call_id":"call:stored.upstream"`)
}

func TestReasoningConfig(t *testing.T) {
	tests := []struct {
		name   string
		in     llm.ReasoningConfig
		want   string
		losses string
	}{
		{"effort", llm.ReasoningConfig{Effort: "minimal", Summary: "concise"}, `{"effort":"minimal","summary":"concise"}`, ""},
		{"effort beside a budget", llm.ReasoningConfig{Effort: "low", Budget: new(int64(9))}, `{"effort":"low"}`, "dropped:reasoning_budget"},
		{"off", llm.ReasoningConfig{Enabled: new(false)}, `{"effort":"none"}`, ""},
		{"no budget", llm.ReasoningConfig{Budget: new(int64(0))}, `{"effort":"none"}`, "approximated:reasoning_budget"},
		{"small budget", llm.ReasoningConfig{Budget: new(int64(1024))}, `{"effort":"low"}`, "approximated:reasoning_budget"},
		{"large budget", llm.ReasoningConfig{Budget: new(int64(31999))}, `{"effort":"high"}`, "approximated:reasoning_budget"},
		{"adaptive", llm.ReasoningConfig{Adaptive: true}, `{"effort":"medium"}`, "approximated:reasoning_effort"},
		{"adaptive with effort", llm.ReasoningConfig{Adaptive: true, Effort: "high"}, `{"effort":"high"}`, ""},
		{"omitted", llm.ReasoningConfig{Summary: "omitted"}, ``, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, losses := encodeRequest(t, &llm.Request{Model: "m", Reasoning: &tt.in})
			var out struct{ Reasoning json.RawMessage }
			require.NoError(t, json.Unmarshal(body, &out))
			require.Equal(t, tt.want, string(out.Reasoning))
			require.Equal(t, tt.losses, codes(losses))
		})
	}
}

func TestToolChoices(t *testing.T) {
	tools := []llm.Tool{{Kind: llm.ToolCustom, Name: "c"}, {Kind: llm.ToolFunction, Name: "f"}}
	tests := []struct {
		name string
		in   llm.ToolChoice
		want string
	}{
		{"none", llm.ToolChoice{Mode: llm.ToolModeNone}, `"none"`},
		{"required", llm.ToolChoice{Mode: llm.ToolModeRequired}, `"required"`},
		{"named, kind not said", llm.ToolChoice{Mode: llm.ToolModeNamed, Name: "c"}, `{"type":"custom","name":"c"}`},
		{"allowed", llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"f", "c"}}, `{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"},{"type":"custom","name":"c"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, losses := encodeRequest(t, &llm.Request{Model: "m", Tools: tools, ToolChoice: &tt.in})
			require.Empty(t, losses)
			require.Contains(t, string(body), `"tool_choice":`+tt.want)
		})
	}
	_, losses := encodeRequest(t, &llm.Request{Model: "m", ToolChoice: &llm.ToolChoice{Mode: llm.ToolModeNative, Native: &llm.Native{Protocol: llm.Gemini, Raw: llm.Raw("{}")}}})
	require.Equal(t, "dropped:tool_choice", codes(losses))
}

// Ids that we made mean nothing to an upstream; encrypted thinking goes back
// without them, and thinking that is only ours to know does not go back at all.
func TestOwnIDsAreForgotten(t *testing.T) {
	resp := &llm.Response{ID: "resp_1", Choices: []llm.Choice{{Blocks: []llm.Block{
		&llm.Reasoning{Text: "hm"},
		&llm.Text{Text: "hi"},
		&llm.ToolCall{CallID: "c", Name: "f", Kind: llm.ToolFunction, Input: llm.Raw("{}")},
	}}}}
	body, losses, err := codec.EncodeResponse(resp, nil)
	require.NoError(t, err)
	require.Empty(t, losses)
	var out struct {
		Output []struct {
			ID   string
			Type string
		}
	}
	require.NoError(t, json.Unmarshal(body, &out))
	var replay struct {
		Output json.RawMessage
	}
	require.NoError(t, json.Unmarshal(body, &replay))
	for _, item := range out.Output {
		require.NotEmpty(t, item.ID)
		require.LessOrEqual(t, len(item.ID), 64)
	}
	req := decodeRequest(t, []byte(`{"model":"m","input":`+string(replay.Output)+`}`))
	require.Empty(t, cmp.Diff([]llm.Message{{Role: llm.RoleAssistant, Blocks: resp.Choices[0].Blocks}}, req.Messages))
	sent, losses := encodeRequest(t, req)
	require.NotContains(t, string(sent), "_plx")
	require.Equal(t, "dropped:reasoning_history", codes(losses))
}

func TestInboundFromURL(t *testing.T) {
	req, err := codec.DecodeRequest(wire.Inbound{Body: []byte(`{"input":"x"}`), Model: "url-model", Stream: true})
	require.NoError(t, err)
	require.Equal(t, "url-model", req.Model)
	require.True(t, req.Stream)
}
