package ollama_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/ollama"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

func TestStreamIsTheDefault(t *testing.T) {
	for body, want := range map[string]bool{
		`{"model":"m","messages":[]}`:                true,
		`{"model":"m","messages":[],"stream":null}`:  true,
		`{"model":"m","messages":[],"stream":true}`:  true,
		`{"model":"m","messages":[],"stream":false}`: false,
	} {
		r := decodeRequest(t, codec, body)
		require.Equal(t, want, r.Stream, body)
		out, _ := encodeRequest(t, r, "m")
		if want {
			require.Contains(t, out, `"stream":true`)
		} else {
			require.Contains(t, out, `"stream":false`)
		}
	}
}

func TestDecodeRequest(t *testing.T) {
	r := decodeRequest(t, codec, `{"model":"m","think":"high","options":{"num_predict":7,"stop":"x","num_ctx":1},"messages":[
		{"role":"USER","content":"a","images":["data:image/webp;base64,UklGRg=="]},
		{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f","arguments":"{\"a\":1}"}},{"function":{"name":"f"}}]},
		{"role":"tool","content":"two"},{"role":"tool","content":"stray","tool_name":"g"},{"role":"tool","content":"one"}]}`)
	require.Equal(t, int64(7), *r.MaxTokens)
	require.Equal(t, []string{"x"}, r.Stop)
	require.Equal(t, "high", r.Reasoning.Effort)
	require.Equal(t, llm.RoleUser, r.Messages[0].Role)
	require.Equal(t, &llm.Media{Kind: llm.MediaImage, MIME: "image/webp", Data: "UklGRg=="}, r.Messages[0].Blocks[1])
	calls := r.Messages[1].Blocks
	first, ok := calls[0].(*llm.ToolCall)
	require.True(t, ok)
	second, ok := calls[1].(*llm.ToolCall)
	require.True(t, ok)
	require.JSONEq(t, `{"a":1}`, string(first.Input))
	require.Equal(t, `{}`, string(second.Input))
	require.NotEqual(t, first.CallID, second.CallID)
	result := func(i int) *llm.ToolResult {
		res, ok := r.Messages[i].Blocks[0].(*llm.ToolResult)
		require.True(t, ok)
		return res
	}
	require.Equal(t, first.CallID, result(2).CallID)
	require.Equal(t, "f", result(2).Name)
	require.NotEmpty(t, result(3).CallID, "a result of no call")
	require.Equal(t, second.CallID, result(4).CallID)
}

func TestDecodeRequestErrors(t *testing.T) {
	chat, generate := ollama.Codec{}, ollama.Codec{Generate: true}
	for _, c := range []struct {
		codec             ollama.Codec
		body, param, says string
	}{
		{chat, `7`, "", "must be a JSON object"},
		{chat, `{"messages":[]}`, "model", "missing"},
		{chat, `{"model":7}`, "model", "an integer"},
		{chat, `{"model":"m","Model":"other","messages":[]}`, "Model", "lower case"},
		{chat, `{"model":"m","mESSAGES":[]}`, "mESSAGES", "lower case"},
		{chat, `{"model":"m","messages":{}}`, "messages", "an object"},
		{chat, `{"model":"m","messages":["x"]}`, "messages[0]", "a string"},
		{chat, `{"model":"m","messages":[{"content":"x"}]}`, "messages[0].role", "missing"},
		{chat, `{"model":"m","messages":[{"role":"bot"}]}`, "messages[0].role", "none of the supported"},
		{chat, `{"model":"m","messages":[{"role":7}]}`, "messages[0].role", "an integer"},
		{chat, `{"model":"m","messages":[{"role":"user","content":[]}]}`, "messages[0].content", "an array"},
		{chat, `{"model":"m","messages":[{"role":"user","thinking":1}]}`, "messages[0].thinking", "an integer"},
		{chat, `{"model":"m","messages":[{"role":"user","images":[1]}]}`, "messages[0].images[0]", "base64"},
		{chat, `{"model":"m","messages":[{"role":"user","images":[""]}]}`, "messages[0].images[0]", "without data"},
		{chat, `{"model":"m","messages":[{"role":"user","images":"x"}]}`, "messages[0].images", "a string"},
		{chat, `{"model":"m","messages":[{"role":"assistant","tool_calls":{}}]}`, "messages[0].tool_calls", "an object"},
		{chat, `{"model":"m","messages":[{"role":"assistant","tool_calls":[1]}]}`, "messages[0].tool_calls[0]", "an integer"},
		{chat, `{"model":"m","messages":[{"role":"assistant","tool_calls":[{}]}]}`, "messages[0].tool_calls[0].function", "nothing"},
		{chat, `{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":1}]}]}`, "messages[0].tool_calls[0].id", "an integer"},
		{chat, `{"model":"m","messages":[{"role":"assistant","tool_calls":[{"function":{}}]}]}`, "messages[0].tool_calls[0].function.name", "missing"},
		{chat, `{"model":"m","messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":[]}}]}]}`, "messages[0].tool_calls[0].function.arguments", "an array"},
		{chat, `{"model":"m","messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"x"}}]}]}`, "messages[0].tool_calls[0].function.arguments", "a string"},
		{chat, `{"model":"m","tools":{}}`, "tools", "an object"},
		{chat, `{"model":"m","tools":[1]}`, "tools[0]", "an integer"},
		{chat, `{"model":"m","tools":[{}]}`, "tools[0].function", "missing"},
		{chat, `{"model":"m","tools":[{"function":1}]}`, "tools[0].function", "an integer"},
		{chat, `{"model":"m","tools":[{"function":{}}]}`, "tools[0].function.name", "missing"},
		{chat, `{"model":"m","tools":[{"function":{"name":"f","parameters":[]}}]}`, "tools[0].function.parameters", "an array"},
		{chat, `{"model":"m","think":7}`, "think", "a level"},
		{chat, `{"model":"m","format":"xml"}`, "format", "xml"},
		{chat, `{"model":"m","format":7}`, "format", "an integer"},
		{chat, `{"model":"m","stream":1}`, "stream", "an integer"},
		{chat, `{"model":"m","logprobs":1}`, "logprobs", "an integer"},
		{chat, `{"model":"m","options":[]}`, "options", "an array"},
		{chat, `{"model":"m","options":{"temperature":"hot"}}`, "options.temperature", "a string"},
		{chat, `{"model":"m","options":{"seed":1.5}}`, "options.seed", "a decimal"},
		{chat, `{"model":"m","options":{"num_predict":"x"}}`, "options.num_predict", "a string"},
		{chat, `{"model":"m","options":{"stop":[1]}}`, "options.stop[0]", "an integer"},
		{chat, `{"model":"m","options":{"stop":1}}`, "options.stop", "an integer"},
		{generate, `{"model":"m","prompt":7}`, "prompt", "an integer"},
		{generate, `{"model":"m","system":7}`, "system", "an integer"},
		{generate, `{"model":"m","images":7}`, "images", "an integer"},
	} {
		_, err := c.codec.DecodeRequest(wire.Inbound{Body: []byte(c.body)})
		var e *llm.Error
		require.ErrorAs(t, err, &e, c.body)
		require.Equal(t, llm.KindInvalid, e.Kind)
		require.Equal(t, c.param, e.Param, c.body)
		require.Contains(t, e.Message, c.says, c.body)
	}
}

func TestEncodeForeignRequest(t *testing.T) {
	foreign := llm.Ext{{Protocol: llm.OpenAIChat, Name: "x", Value: llm.Raw("1")}}
	r := &llm.Request{
		System: []llm.Block{&llm.Text{Text: "Be brief."}, &llm.Text{Text: "Be kind.", Attrs: llm.Attrs{Cache: &llm.CacheMark{}}}, &llm.Media{Kind: llm.MediaImage}},
		Messages: []llm.Message{
			{Role: llm.RoleDeveloper, Name: "n", Ext: foreign, Blocks: []llm.Block{&llm.Text{Text: "dev"}}},
			{Role: llm.RoleUser, Blocks: []llm.Block{
				&llm.Text{Text: "a"}, &llm.Media{Kind: llm.MediaImage, Data: "AAAA", Detail: "high"}, &llm.Text{Text: "b"},
				&llm.Media{Kind: llm.MediaImage, URL: "https://x"}, &llm.Media{Kind: llm.MediaImage, FileID: "f"},
				&llm.Media{Kind: llm.MediaAudio, Data: "x"}, &llm.Media{Kind: llm.MediaDocument, Data: "x"}, &llm.Media{Kind: llm.MediaDocument, Text: "doc"},
			}},
			{Role: llm.RoleAssistant, Blocks: []llm.Block{
				&llm.Reasoning{Summary: []string{"s", "t"}, Signature: &llm.Signature{Data: "x"}},
				&llm.Text{Text: "one ", Citations: []llm.Citation{{}}}, &llm.Text{Text: "text", Signature: &llm.Signature{}}, &llm.Refusal{Text: "no"},
				&llm.ToolCall{CallID: "1", Namespace: "fs", Name: "read", Input: llm.Raw(`{"a":1}`)},
				&llm.ToolCall{CallID: "2", Name: "patch", Kind: llm.ToolCustom, Input: llm.Raw("+\"x\"")},
				&llm.ToolCall{CallID: "3", Name: "odd", Input: llm.Raw(`[1]`), Signature: &llm.Signature{}},
				&llm.ToolCall{CallID: "4", Name: "search", Kind: llm.ToolServer}, &llm.ServerToolResult{}, &llm.Opaque{},
			}},
			{Role: llm.RoleTool, Blocks: []llm.Block{
				&llm.ToolResult{CallID: "1", IsError: true, Blocks: []llm.Block{&llm.Text{Text: "x"}, &llm.Text{Text: "y"}}},
				&llm.ToolResult{CallID: "2", Blocks: []llm.Block{&llm.Media{Kind: llm.MediaImage, Data: "BBBB"}, &llm.Opaque{}}},
				&llm.ToolResult{CallID: "9", Name: "named"},
			}},
			{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Media{Kind: llm.MediaVideo}}},
		},
		Tools: []llm.Tool{
			{Kind: llm.ToolFunction, Namespace: "fs", Name: "read", Schema: llm.Raw(`{"type":"object"}`), Strict: new(true), Ext: foreign},
			{Kind: llm.ToolCustom, Name: "patch", Grammar: &llm.Grammar{}, Cache: &llm.CacheMark{}},
			{Kind: llm.ToolServer, Name: "search"},
		},
		ToolChoice: &llm.ToolChoice{Mode: llm.ToolModeRequired}, ParallelTools: new(false),
		Format: &llm.Format{Type: "json_schema"}, Sampling: llm.Sampling{LogitBias: llm.Raw(`{"1":2}`), TopLogprobs: new(int64(2))},
		N: new(int64(2)), User: "u", Ext: foreign, Modalities: []string{"text", "image"},
	}
	body, losses := encodeRequest(t, r, "up")
	require.JSONEq(t, `{"model":"up","messages":[
		{"role":"system","content":"Be brief.\n\nBe kind."},
		{"role":"system","content":"dev"},
		{"role":"user","content":"a\n\nb\n\ndoc","images":["AAAA"]},
		{"role":"assistant","content":"one textno","thinking":"s\n\nt","tool_calls":[
			{"id":"1","function":{"index":0,"name":"fs__read","arguments":{"a":1}}},
			{"id":"2","function":{"index":1,"name":"patch","arguments":{"input":"+\"x\""}}},
			{"id":"3","function":{"index":2,"name":"odd","arguments":{"input":"[1]"}}}]},
		{"role":"tool","content":"x\n\ny","tool_name":"fs__read","tool_call_id":"1"},
		{"role":"tool","content":"","images":["BBBB"],"tool_name":"patch","tool_call_id":"2"},
		{"role":"tool","content":"","tool_name":"named","tool_call_id":"9"}],
		"tools":[
			{"type":"function","function":{"name":"fs__read","parameters":{"type":"object"}}},
			{"type":"function","function":{"name":"patch","parameters":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}}}],
		"format":"json","logprobs":true,"top_logprobs":2,"stream":false}`, body)
	require.Equal(t, "approximated:block_order,approximated:custom_tool,approximated:developer_role,approximated:document,approximated:reasoning_history,approximated:refusal,"+
		"approximated:response_format,approximated:text_parts,approximated:tool_input,approximated:tool_result_parts,dropped:audio_in,dropped:cache_mark,dropped:citations,dropped:document,"+
		"dropped:extension,dropped:file_id,dropped:foreign_signature,dropped:image_detail,dropped:image_out,dropped:logit_bias,dropped:media_url,"+
		"dropped:message_name,dropped:n,dropped:opaque,dropped:parallel_tools,dropped:server_tool,dropped:system_media,dropped:tool_choice,"+
		"dropped:tool_grammar,dropped:tool_result_error,dropped:tool_strict,dropped:user,dropped:video_in", losses)
}

func TestToolChoiceLeavesToolsOut(t *testing.T) {
	tools := []llm.Tool{{Kind: llm.ToolFunction, Name: "a"}, {Kind: llm.ToolFunction, Namespace: "n", Name: "b"}}
	one := `"tools":[{"type":"function","function":{"name":"n__b"}}]`
	for _, c := range []struct {
		choice       llm.ToolChoice
		want, losses string
	}{
		{llm.ToolChoice{Mode: llm.ToolModeAuto}, `"tools":[{"type":"function","function":{"name":"a"}},`, ""},
		{llm.ToolChoice{Mode: llm.ToolModeNone}, ``, ""},
		{llm.ToolChoice{Mode: llm.ToolModeNamed, Name: "b"}, one, "approximated:tool_choice"},
		{llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"n__b"}}, one, "approximated:tool_choice_allowed"},
		{llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"b"}, AllowedRequired: true}, one, "approximated:tool_choice_allowed"},
		{llm.ToolChoice{Mode: llm.ToolModeNative}, `"name":"n__b"`, "dropped:tool_choice"},
	} {
		body, losses := encodeRequest(t, &llm.Request{Messages: []llm.Message{user("x")}, Tools: tools, ToolChoice: &c.choice}, "m")
		require.Equal(t, c.losses, losses)
		require.Contains(t, body, c.want)
		if c.want == "" {
			require.NotContains(t, body, "tools")
		}
	}
}

func TestThink(t *testing.T) {
	own := func(raw string) llm.Ext {
		return llm.Ext{{Protocol: wirejson.MarkScope(llm.Ollama), Name: "think", Value: llm.Raw(raw)}}
	}
	for _, c := range []struct {
		name                  string
		r                     llm.ReasoningConfig
		plain, levels         string
		lossPlain, lossLevels string
	}{
		{"nothing", llm.ReasoningConfig{}, "", "", "", ""},
		{"on", llm.ReasoningConfig{Enabled: new(true)}, "true", "true", "", ""},
		{"off", llm.ReasoningConfig{Enabled: new(false)}, "false", `"low"`, "", "approximated:reasoning_effort"},
		{"none", llm.ReasoningConfig{Effort: "none"}, "false", `"low"`, "", "approximated:reasoning_effort"},
		{"no budget", llm.ReasoningConfig{Budget: new(int64(0))}, "false", `"low"`, "", "approximated:reasoning_effort"},
		{"adaptive", llm.ReasoningConfig{Adaptive: true}, "true", "true", "approximated:reasoning_effort", "approximated:reasoning_effort"},
		{"thoughts", llm.ReasoningConfig{IncludeThoughts: new(true)}, "true", "true", "", ""},
		{"medium", llm.ReasoningConfig{Effort: "medium"}, "true", `"medium"`, "approximated:reasoning_effort", ""},
		{"minimal", llm.ReasoningConfig{Effort: "minimal"}, "true", `"low"`, "approximated:reasoning_effort", "approximated:reasoning_effort"},
		{"max", llm.ReasoningConfig{Effort: "max"}, "true", `"high"`, "approximated:reasoning_effort", "approximated:reasoning_effort"},
		{"small", llm.ReasoningConfig{Budget: new(int64(1024))}, "true", `"low"`, "approximated:reasoning_budget", "approximated:reasoning_budget"},
		{"larger", llm.ReasoningConfig{Budget: new(int64(8192))}, "true", `"medium"`, "approximated:reasoning_budget", "approximated:reasoning_budget"},
		{"large", llm.ReasoningConfig{Budget: new(int64(32000))}, "true", `"high"`, "approximated:reasoning_budget", "approximated:reasoning_budget"},
		{"its own level", llm.ReasoningConfig{Effort: "high", Ext: own(`"high"`)}, `"high"`, `"high"`, "", ""},
		{"its own word", llm.ReasoningConfig{Enabled: new(false), Ext: own(`false`)}, "false", "false", "", ""},
		{"no longer its own", llm.ReasoningConfig{Effort: "low", Ext: own(`"high"`)}, "true", `"low"`, "approximated:reasoning_effort", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, m := range []struct{ model, want, loss string }{{"qwen3", c.plain, c.lossPlain}, {"GPT-OSS:20b", c.levels, c.lossLevels}} {
				body, losses := encodeRequest(t, &llm.Request{Messages: []llm.Message{user("x")}, Reasoning: &c.r}, m.model)
				require.Equal(t, m.loss, losses, m.model)
				if m.want == "" {
					require.NotContains(t, body, "think")
					continue
				}
				require.Contains(t, body, `"think":`+m.want+`,`, m.model)
			}
		})
	}
}

func TestEncodeCompletion(t *testing.T) {
	r := &llm.Request{
		Messages:   []llm.Message{{Role: llm.RoleSystem, Blocks: []llm.Block{&llm.Text{Text: "s"}}}, {Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Text: "a"}, &llm.Text{Text: "b"}}}},
		Completion: &llm.Completion{Suffix: "z", Echo: true, BestOf: new(int64(2))}, Tools: []llm.Tool{{Name: "f"}}, Stream: true,
		Sampling: llm.Sampling{Logprobs: new(true)},
	}
	out, losses, err := codec.EncodeRequest(r, wire.Target{Model: "m"})
	require.NoError(t, err)
	require.Equal(t, "/generate", out.Path)
	require.JSONEq(t, `{"model":"m","prompt":"a\n\nb","suffix":"z","system":"s","logprobs":true,"stream":true}`, string(out.Body))
	require.Equal(t, "approximated:prompt_list,dropped:best_of,dropped:echo,dropped:tools", llm.LossCodes(losses))
	for _, messages := range [][]llm.Message{
		{user("a"), {Role: llm.RoleAssistant}},
		{{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Opaque{}}}},
	} {
		_, _, err := codec.EncodeRequest(&llm.Request{Messages: messages, Completion: &llm.Completion{}}, wire.Target{})
		var e *llm.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, llm.KindUnsupported, e.Kind)
	}
}

func TestPreload(t *testing.T) {
	for body, reason := range map[string]string{
		`{"model":"m"}`:                        "load",
		`{"model":"m","keep_alive":"5m"}`:      "load",
		`{"model":"m","keep_alive":0}`:         "unload",
		`{"model":"m","keep_alive":"0s"}`:      "unload",
		`{"model":"m","keep_alive":"0"}`:       "unload",
		`{"model":"m","keep_alive":"never"}`:   "load",
		`{"model":"m","prompt":"","raw":true}`: "load",
	} {
		got, ok := lanes[1].codec.Preload(decodeRequest(t, lanes[1].codec, body))
		require.True(t, ok)
		require.JSONEq(t, `{"model":"m","created_at":"1970-01-01T00:00:00Z","response":"","done":true,"done_reason":"`+reason+`"}`, string(got), body)
	}
	got, ok := codec.Preload(decodeRequest(t, codec, `{"model":"m","messages":[]}`))
	require.True(t, ok)
	require.Contains(t, string(got), `"message":{"role":"assistant","content":""}`)
	_, ok = codec.Preload(&llm.Request{Messages: []llm.Message{user("x")}})
	require.False(t, ok)
}
