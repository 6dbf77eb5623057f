package openaichat_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/catalog"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

func TestDecodeRequestErrors(t *testing.T) {
	for _, c := range []struct{ body, param, says string }{
		{`[]`, "", "must be a JSON object"},
		{`{`, "", "must be a JSON object"},
		{`{"messages":[{"role":"user","content":"x"}]}`, "model", "missing"},
		{`{"model":"m"}`, "messages", "missing"},
		{`{"model":"m","messages":[]}`, "messages", "at least one"},
		{`{"model":7,"messages":[{"role":"user","content":"x"}]}`, "model", "expected a string, but got an integer"},
		{`{"model":"m","messages":[7]}`, "messages[0]", "an object"},
		{`{"model":"m","messages":[{"content":"x"}]}`, "messages[0].role", "missing"},
		{`{"model":"m","messages":[{"role":"robot","content":"x"}]}`, "messages[0].role", "'developer'"},
		{`{"model":"m","messages":[{"role":"user"}]}`, "messages[0].content", "missing"},
		{`{"model":"m","messages":[{"role":"user","content":7}]}`, "messages[0].content", "a string or an array"},
		{`{"model":"m","messages":[{"role":"user","content":"x"},{"role":"user","content":[{"text":"x"}]}]}`, "messages[1].content[0].type", "missing"},
		{`{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]}`, "messages[0].content[0].image_url.url", "missing"},
		{`{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":7}}]}]}`, "messages[0].content[0].input_audio.data", "a string"},
		{`{"model":"m","messages":[{"role":"tool","content":"x"}]}`, "messages[0].tool_call_id", "missing"},
		{`{"model":"m","messages":[{"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f"}}]}]}`, "messages[0].tool_calls[0].id", "missing"},
		{`{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{}}]}]}`, "messages[0].tool_calls[0].function.name", "missing"},
		{`{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":"hot"}`, "temperature", "a number"},
		{`{"model":"m","messages":[{"role":"user","content":"x"}],"n":1.5}`, "n", "a decimal number"},
		{`{"model":"m","messages":[{"role":"user","content":"x"}],"stop":[1]}`, "stop[0]", "a string"},
		{`{"model":"m","messages":[{"role":"user","content":"x"}],"metadata":{"a":1}}`, "metadata.a", "a string"},
		{`{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{}}]}`, "tools[0].function.name", "missing"},
		{`{"model":"m","messages":[{"role":"user","content":"x"}],"tool_choice":"maybe"}`, "tool_choice", "'required'"},
		{`{"model":"m","messages":[{"role":"user","content":"x"}],"tool_choice":{"type":"function"}}`, "tool_choice.function.name", "missing"},
		{`{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema"}}`, "response_format.json_schema", "missing"},
		{`{"model":"m","messages":[{"role":"user","content":"x"}],"stream_options":1}`, "stream_options", "an object"},
	} {
		t.Run(c.param+"/"+c.says, func(t *testing.T) {
			_, err := codec.DecodeRequest(wire.Inbound{Body: []byte(c.body)})
			e := kindOf(t, err)
			require.Equal(t, llm.KindInvalid, e.Kind)
			require.Equal(t, c.param, e.Param)
			require.Contains(t, e.Message, c.says)
			require.Contains(t, e.Message, c.param)
		})
	}
}

func request(messages ...llm.Message) *llm.Request {
	return &llm.Request{Model: "m", Messages: messages}
}

func user(blocks ...llm.Block) llm.Message { return llm.Message{Role: llm.RoleUser, Blocks: blocks} }

func assistant(blocks ...llm.Block) llm.Message {
	return llm.Message{Role: llm.RoleAssistant, Blocks: blocks}
}

func tool(blocks ...llm.Block) llm.Message { return llm.Message{Role: llm.RoleTool, Blocks: blocks} }

func text(s string) *llm.Text { return &llm.Text{Text: s} }

func call(id, name, input string) *llm.ToolCall {
	return &llm.ToolCall{CallID: id, Name: name, Kind: llm.ToolFunction, Input: llm.Raw(input)}
}

func result(id string, blocks ...llm.Block) *llm.ToolResult {
	return &llm.ToolResult{CallID: id, Kind: llm.ToolFunction, Blocks: blocks}
}

// messagesOf cuts the messages out of an encoded request.
func messagesOf(t *testing.T, r *llm.Request, to wire.Target) (string, string) {
	t.Helper()
	body, losses := encodeRequest(t, r, to)
	_, rest, ok := strings.Cut(body, `"messages":[`)
	require.True(t, ok)
	end := strings.LastIndex(rest, "]")
	for _, after := range []string{`],"tools":`, `],"max_`, `],"temperature"`} {
		if i := strings.Index(rest, after); i >= 0 {
			end = i
		}
	}
	return rest[:end], codes(losses)
}

func TestEncodeMessages(t *testing.T) {
	foreign := func(data string) *llm.Signature {
		return &llm.Signature{Data: data, Origin: llm.Origin{Protocol: llm.AnthropicMessages}}
	}
	img := &llm.Media{Kind: llm.MediaImage, MIME: "image/png", Data: "iVBORw0KGgo="}
	for _, c := range []struct {
		name, vendor string
		req          *llm.Request
		want, losses string
	}{
		{
			"several system blocks are one message", "openai",
			&llm.Request{Model: "m", System: []llm.Block{text("a"), &llm.Text{Text: "b", Attrs: llm.Attrs{Cache: &llm.CacheMark{}}}}, Messages: []llm.Message{user(text("x"))}},
			`{"role":"system","content":"a\n\nb"},{"role":"user","content":"x"}`, "dropped:cache_mark",
		},
		{
			"OpenRouter takes cache marks", "openrouter",
			&llm.Request{Model: "m", System: []llm.Block{&llm.Text{Text: "b", Attrs: llm.Attrs{Cache: &llm.CacheMark{TTL: "1h"}}}}, Messages: []llm.Message{user(text("x"))}},
			`{"role":"system","content":[{"type":"text","text":"b","cache_control":{"type":"ephemeral","ttl":"1h"}}]},{"role":"user","content":"x"}`, "",
		},
		{
			"the developer is the system elsewhere", "mistral",
			request(llm.Message{Role: llm.RoleDeveloper, Blocks: []llm.Block{text("d")}}, user(text("x"))),
			`{"role":"system","content":"d"},{"role":"user","content":"x"}`, "approximated:developer_role",
		},
		{
			"thinking goes back as text", "deepseek",
			request(user(text("q")), assistant(&llm.Reasoning{Text: "hm", Signature: foreign("s")}, text("a"))),
			`{"role":"user","content":"q"},{"role":"assistant","reasoning_content":"hm","content":"a"}`, "dropped:foreign_signature",
		},
		{
			"in the vendor's spelling", "groq",
			request(user(text("q")), assistant(&llm.Reasoning{Summary: []string{"a", "b"}}, text("a"))),
			`{"role":"user","content":"q"},{"role":"assistant","reasoning":"a\n\nb","content":"a"}`, "",
		},
		{
			"as parts", "mistral",
			request(user(text("q")), assistant(&llm.Reasoning{Text: "hm"}, text("a"))),
			`{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"}]}`, "",
		},
		{
			"OpenAI takes none", "openai",
			request(user(text("q")), assistant(&llm.Reasoning{Text: "hm"}, &llm.Reasoning{Redacted: true, Encrypted: foreign("x")}, text("a"))),
			`{"role":"user","content":"q"},{"role":"assistant","content":"a"}`, "dropped:foreign_signature,dropped:reasoning_history",
		},
		{
			"a message of which nothing is left goes", "openai",
			request(user(text("q")), assistant(&llm.Reasoning{Text: "hm"}), user(text("r"))),
			`{"role":"user","content":"q"},{"role":"user","content":"r"}`, "dropped:reasoning_history",
		},
		{
			"results stand right behind their calls", "",
			request(user(text("q")), assistant(text("t"), call("a", "f", `{}`), call("b", "g", ``)), user(text("by the way")), tool(result("b", text("2"))), tool(result("a", text("1")))),
			`{"role":"user","content":"q"},{"role":"assistant","content":"t","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]},` +
				`{"role":"tool","tool_call_id":"b","content":"2"},{"role":"tool","tool_call_id":"a","content":"1"},{"role":"user","content":"by the way"}`, "",
		},
		{
			"results inside a message of the user", "",
			request(assistant(call("a", "f", `{"x":1.0}`)), user(result("a", text("1")), text("and"))),
			`{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1.0}"}}]},{"role":"tool","tool_call_id":"a","content":"1"},{"role":"user","content":"and"}`, "",
		},
		{
			"media of results are the user's", "openai",
			request(assistant(call("a", "f", `{}`), call("b", "f", `{}`)), tool(&llm.ToolResult{CallID: "a", IsError: true, Blocks: []llm.Block{text("see"), img}}, result("b", text("2")))),
			`{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]},` +
				`{"role":"tool","tool_call_id":"a","content":"see"},{"role":"tool","tool_call_id":"b","content":"2"},` +
				`{"role":"user","content":[{"type":"text","text":"Media of the result of tool call a:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]}`,
			"approximated:tool_result_media,dropped:tool_result_error",
		},
		{
			"equal ids in one turn", "",
			request(assistant(call("f", "f", `{}`), call("f", "f", `{}`)), tool(result("f", text("1")), result("f", text("2")))),
			`{"role":"assistant","content":null,"tool_calls":[{"id":"f","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"f+","type":"function","function":{"name":"f","arguments":"{}"}}]},` +
				`{"role":"tool","tool_call_id":"f","content":"1"},{"role":"tool","tool_call_id":"f+","content":"2"}`, "",
		},
		{
			"an empty text is not a part", "",
			request(user(text(""), text("x")), assistant(text("")), user(text("y"))),
			`{"role":"user","content":[{"type":"text","text":"x"}]},{"role":"user","content":"y"}`, "",
		},
		{
			"text behind calls moves before them", "",
			request(assistant(call("a", "f", `{}`), text("t")), tool(result("a", text("1")))),
			`{"role":"assistant","content":"t","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"1"}`, "approximated:block_order",
		},
		{
			"signatures of others do not go out", "",
			request(assistant(&llm.ToolCall{CallID: "a", Name: "f", Namespace: "ns", Kind: llm.ToolFunction, Input: llm.Raw(`{}`), Signature: &llm.Signature{Data: "s", Origin: llm.Origin{Protocol: llm.Gemini}}}), tool(result("a", text("1")))),
			`{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"ns__f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"1"}`, "dropped:foreign_signature",
		},
		{
			"custom calls are functions elsewhere", "groq",
			request(assistant(&llm.ToolCall{CallID: "a", Name: "p", Kind: llm.ToolCustom, Input: llm.Raw(`x "y"`)}), tool(result("a", text("1")))),
			`{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"p","arguments":"{\"input\":\"x \\\"y\\\"\"}"}}]},{"role":"tool","tool_call_id":"a","content":"1"}`, "approximated:custom_tool",
		},
		{
			"documents and video", "openai",
			request(user(text("x"), &llm.Media{Kind: llm.MediaDocument, Data: "JVBERi0="}, &llm.Media{Kind: llm.MediaDocument, Text: "plain"}, &llm.Media{Kind: llm.MediaDocument, URL: "https://e.com/a.pdf"}, &llm.Media{Kind: llm.MediaVideo, URL: "https://e.com/a.mp4"}, &llm.Media{Kind: llm.MediaAudio, MIME: "audio/ogg", Data: "T2dn"})),
			`{"role":"user","content":[{"type":"text","text":"x"},{"type":"file","file":{"file_data":"data:application/pdf;base64,JVBERi0=","filename":"document.pdf"}},{"type":"text","text":"plain"}]}`,
			"approximated:document,dropped:audio_in,dropped:document,dropped:video_in",
		},
		{
			"spoken answers of others are text", "openai",
			request(assistant(&llm.Media{Kind: llm.MediaAudio, Data: "AAAA", Transcript: "la"}), user(text("x"))),
			`{"role":"assistant","content":"la"},{"role":"user","content":"x"}`, "approximated:audio_out",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, losses := messagesOf(t, c.req, upstream(t, c.vendor, "m"))
			require.Equal(t, c.want, got)
			require.Equal(t, c.losses, losses)
		})
	}
}

// clients.md: tool ids over 40 characters to chat.
func TestLongCallIDs(t *testing.T) {
	long := "call_" + strings.Repeat("x", 60) + "é|fc_1"
	r := request(assistant(call(long, "f", `{}`), call(long+"2", "f", `{}`)), tool(result(long+"2", text("2")), result(long, text("1"))))
	body, losses := encodeRequest(t, r, wire.Target{})
	require.Empty(t, losses)
	again := decodeRequest(t, []byte(body))
	a, b := again.Messages[0].Blocks[0].(*llm.ToolCall), again.Messages[0].Blocks[1].(*llm.ToolCall)
	require.NotEqual(t, a.CallID, b.CallID)
	require.LessOrEqual(t, len(a.CallID), 40)
	require.Equal(t, b.CallID, again.Messages[1].Blocks[0].(*llm.ToolResult).CallID)
	require.Equal(t, a.CallID, again.Messages[1].Blocks[1].(*llm.ToolResult).CallID)
	same, _ := encodeRequest(t, r, wire.Target{})
	require.Equal(t, body, same, "a later turn matches")
	mistral, _ := encodeRequest(t, r, upstream(t, "mistral", "m"))
	nine := decodeRequest(t, []byte(mistral)).Messages[0].Blocks[0].(*llm.ToolCall)
	require.Regexp(t, `^[a-zA-Z0-9]{9}$`, nine.CallID)
}

func TestMaxTokensByModel(t *testing.T) {
	n := int64(5)
	for model, want := range map[string]string{
		"gpt-4o": "max_tokens", "deepseek-chat": "max_tokens", "o1": "max_completion_tokens", "o3-mini": "max_completion_tokens",
		"o4-mini-2025-04-16": "max_completion_tokens", "openai/gpt-5": "max_completion_tokens", "gpt-5-nano": "max_completion_tokens",
		"gpt-5.6-sol": "max_completion_tokens", "gpt-5-chat-latest": "max_tokens", "openai/gpt-oss-120b": "max_tokens", "o1x": "max_tokens",
	} {
		r := request(user(text("x")))
		r.MaxTokens = &n
		body, losses := encodeRequest(t, r, wire.Target{Model: model})
		require.Contains(t, body, `"`+want+`":5`, model)
		require.Empty(t, losses)
	}
	body, _ := encodeRequest(t, request(user(text("x"))), wire.Target{MaxOutput: 100})
	require.NotContains(t, body, "max_", "nothing is injected")
}

func TestEncodeParameters(t *testing.T) {
	for _, c := range []struct {
		name, vendor, model  string
		set                  func(r *llm.Request)
		says, silent, losses string
	}{
		{"a reasoning model takes no sampling", "openai", "gpt-5", func(r *llm.Request) {
			r.Sampling.Temperature, r.Sampling.TopP, r.Stop = new(0.5), new(1.0), []string{"x"}
		}, `"top_p":1`, "temperature", "dropped:stop,dropped:temperature"},
		{"top_k", "openai", "gpt-4o", func(r *llm.Request) { r.Sampling.TopK = new(int64(4)) }, "", "top_k", "dropped:top_k"},
		{"top_k elsewhere", "together", "m", func(r *llm.Request) { r.Sampling.TopK = new(int64(4)) }, `"top_k":4`, "", ""},
		{"budget", "openai", "gpt-5", func(r *llm.Request) { r.Reasoning = &llm.ReasoningConfig{Budget: new(int64(5000))} }, `"reasoning_effort":"medium"`, "", "approximated:reasoning_budget"},
		{"budget to OpenRouter", "openrouter", "x/y", func(r *llm.Request) { r.Reasoning = &llm.ReasoningConfig{Budget: new(int64(5000))} }, `"reasoning":{"max_tokens":5000}`, "", ""},
		{"nothing to OpenRouter", "openrouter", "x/y", func(r *llm.Request) { r.Reasoning = &llm.ReasoningConfig{IncludeThoughts: new(true)} }, "", "reasoning", ""},
		{"switch", "deepseek", "m", func(r *llm.Request) { r.Reasoning = &llm.ReasoningConfig{Enabled: new(false)} }, `"thinking":{"type":"disabled"}`, "", ""},
		{"off for a model that cannot", "openai", "o3", func(r *llm.Request) { r.Reasoning = &llm.ReasoningConfig{Enabled: new(false)} }, `"reasoning_effort":"low"`, "", "approximated:reasoning_effort"},
		{"effort to a model that does not think", "openai", "gpt-4o", func(r *llm.Request) { r.Reasoning = &llm.ReasoningConfig{Adaptive: true, Effort: "high"} }, "", "reasoning", "dropped:reasoning_effort"},
		{"adaptive", "openai", "gpt-5.1", func(r *llm.Request) { r.Reasoning = &llm.ReasoningConfig{Adaptive: true} }, `"reasoning_effort":"medium"`, "", "approximated:reasoning_effort"},
		{"metadata needs store", "openai", "gpt-4o", func(r *llm.Request) { r.Metadata = []llm.KeyValue{{Key: "a", Value: "b"}} }, "", "metadata", "dropped:metadata"},
		{"long users", "openai", "gpt-4o", func(r *llm.Request) { r.User = strings.Repeat("u", 65) }, `"user":"`, "uuu", "approximated:user"},
		{"tiers", "openai", "gpt-4o", func(r *llm.Request) { r.ServiceTier = "standard_only" }, `"service_tier":"default"`, "", "approximated:service_tier"},
		{"usage of streams", "", "m", func(r *llm.Request) { r.Stream = true }, `"stream":true,"stream_options":{"include_usage":true}`, "", ""},
		{"what the protocol has no words for", "", "m", func(r *llm.Request) {
			r.SafetySettings, r.PreviousResponseID, r.Background = llm.Raw(`[{}]`), "resp_1", new(true)
			r.Include, r.Truncation, r.Conversation = []string{"reasoning.encrypted_content", "file_search_call.results"}, "auto", "c"
			r.Completion = &llm.Completion{Suffix: "s", Echo: true, BestOf: new(int64(2))}
			r.Ext = llm.Ext{{Protocol: llm.OpenAIResponses, Name: "client_metadata", Value: llm.Raw("{}")}}
		}, "", "safety", "dropped:background,dropped:best_of,dropped:conversation,dropped:echo,dropped:extension,dropped:include,dropped:previous_response_id,dropped:safety_settings,dropped:suffix,dropped:truncation"},
		{"web search", "openai", "gpt-4o", func(r *llm.Request) {
			r.Tools = []llm.Tool{{Kind: llm.ToolServer, Name: "web_search", Type: "web_search_20250305"}}
			r.ToolChoice, r.ParallelTools = &llm.ToolChoice{Mode: llm.ToolModeRequired}, new(false)
		}, "", "tool", "dropped:server_tool,dropped:tool_choice"},
		{"web search by a search model", "openai", "gpt-4o-search-preview", func(r *llm.Request) {
			r.Tools = []llm.Tool{{Kind: llm.ToolServer, Name: "web_search"}}
		}, `"web_search_options":{}`, "", "approximated:server_tool"},
		{"an allowed set", "groq", "m", func(r *llm.Request) {
			r.Tools = []llm.Tool{{Kind: llm.ToolFunction, Name: "a"}, {Kind: llm.ToolFunction, Name: "b"}}
			r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"b"}, AllowedRequired: true}
		}, `"tools":[{"type":"function","function":{"name":"b"}}],"tool_choice":"required"`, "", "approximated:tool_choice_allowed"},
		{"a custom tool", "groq", "m", func(r *llm.Request) {
			r.Tools = []llm.Tool{{Kind: llm.ToolCustom, Name: "p", Grammar: &llm.Grammar{Syntax: "lark", Definition: "x"}}}
			r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolModeNamed, Name: "p", Kind: llm.ToolCustom}
		}, `"tool_choice":{"type":"function","function":{"name":"p"}}`, "custom", "approximated:custom_tool,dropped:tool_grammar"},
		{"a schema has a name", "", "m", func(r *llm.Request) {
			r.Format = &llm.Format{Type: "json_schema", Schema: llm.Raw(`{"type":"object"}`)}
		}, `"response_format":{"type":"json_schema","json_schema":{"name":"response","schema":{"type":"object"}}}`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request(user(text("x")))
			c.set(r)
			to := upstream(t, c.vendor, c.model)
			to.NeedUsage = true
			body, losses := encodeRequest(t, r, to)
			require.Contains(t, body, c.says)
			if c.silent != "" {
				require.NotContains(t, body, c.silent)
			}
			require.Equal(t, c.losses, codes(losses))
		})
	}
}

// Every trait of the catalog means something to this codec.
func TestTraitsOfTheCatalog(t *testing.T) {
	c, err := catalog.Load()
	require.NoError(t, err)
	said := 0
	for _, v := range c.Vendors() {
		for _, word := range v.Traits[llm.OpenAIChat] {
			require.True(t, codec.KnowsTrait(word), "%s: %s", v.ID, word)
			said++
		}
	}
	require.Positive(t, said)
}

// The conversation is written in linear time.
func BenchmarkEncodeRequest(b *testing.B) {
	r := conversation()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := codec.EncodeRequest(r, wire.Target{Model: "m"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeRequest(b *testing.B) {
	out, _, err := codec.EncodeRequest(conversation(), wire.Target{Model: "m"})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(out.Body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := codec.DecodeRequest(wire.Inbound{Body: out.Body}); err != nil {
			b.Fatal(err)
		}
	}
}

// conversation is 1 MB in 200 turns.
func conversation() *llm.Request {
	r := &llm.Request{Model: "m"}
	for range 100 {
		id := "call_" + strings.Repeat("a", 10)
		r.Messages = append(r.Messages, user(text(strings.Repeat("question \n", 300))),
			assistant(text(strings.Repeat("answer\t ", 300)), call(id, "f", `{"x":"`+strings.Repeat("y", 2000)+`"}`)),
			tool(result(id, text(strings.Repeat("result", 400)))))
	}
	return r
}
