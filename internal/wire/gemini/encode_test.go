package gemini_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

func user(blocks ...llm.Block) llm.Message { return llm.Message{Role: llm.RoleUser, Blocks: blocks} }

func assistant(blocks ...llm.Block) llm.Message {
	return llm.Message{Role: llm.RoleAssistant, Blocks: blocks}
}

func tool(results ...llm.Block) llm.Message { return llm.Message{Role: llm.RoleTool, Blocks: results} }

func text(s string) *llm.Text { return &llm.Text{Text: s} }

func call(id, name, input string) *llm.ToolCall {
	return &llm.ToolCall{CallID: id, Name: name, Kind: llm.ToolFunction, Input: llm.Raw(input)}
}

func result(id, s string) *llm.ToolResult {
	return &llm.ToolResult{CallID: id, Kind: llm.ToolFunction, Blocks: []llm.Block{text(s)}}
}

// member returns one member of the encoded request.
func memberOf(t *testing.T, r *llm.Request, to wire.Target, name string) (string, string) {
	t.Helper()
	body, losses := encodeRequest(t, gemini.Codec{}, r, to)
	return string(wirejson.Member([]byte(body), name)), codes(losses)
}

func TestEncodePath(t *testing.T) {
	tests := []struct {
		name, model, path string
		stream            bool
	}{
		{"plain", "gemini-2.5-pro", "/models/gemini-2.5-pro:generateContent", false},
		{"stream", "gemini-2.5-pro", "/models/gemini-2.5-pro:streamGenerateContent", true},
		{"resource", "models/x", "/models/x:generateContent", false},
		{"tuned", "tunedModels/y", "/tunedModels/y:generateContent", false},
		{"vertex", "publishers/google/models/z", "/publishers/google/models/z:generateContent", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, _, err := gemini.Codec{}.EncodeRequest(&llm.Request{Stream: tt.stream, Messages: []llm.Message{user(text("x"))}}, wire.Target{Model: tt.model})
			require.NoError(t, err)
			require.Equal(t, tt.path, out.Path)
			if tt.stream {
				require.Equal(t, "alt=sse", out.Query)
			} else {
				require.Empty(t, out.Query)
			}
		})
	}
	_, _, err := gemini.Codec{}.EncodeRequest(&llm.Request{}, wire.Target{})
	var e *llm.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, llm.KindUnsupported, e.Kind)
}

// A minimal request says nothing the client did not.
func TestEncodeInjectsNothing(t *testing.T) {
	body, losses := encodeRequest(t, gemini.Codec{}, &llm.Request{Messages: []llm.Message{user(text("<b>&\u2028"))}}, target)
	require.Empty(t, losses)
	requireBytes(t, `{"contents":[{"role":"user","parts":[{"text":"<b>&`+"\u2028"+`"}]}]}`, body)
}

func TestEncodeTurns(t *testing.T) {
	tests := []struct {
		name     string
		messages []llm.Message
		want     string
		losses   string
	}{
		{
			"roles alternate",
			[]llm.Message{user(text("a")), user(text("b")), assistant(text("c")), assistant(text("d")), user(text("e"))},
			`[{"role":"user","parts":[{"text":"a"},{"text":"b"}]},{"role":"model","parts":[{"text":"c"},{"text":"d"}]},{"role":"user","parts":[{"text":"e"}]}]`, "",
		},
		{
			"parallel results in one turn, right after their calls, before other text",
			[]llm.Message{
				user(text("q")), assistant(call("1", "f", `{"a":1.0}`), call("2", "g", "")),
				user(text("wait")), tool(result("2", "two")), tool(result("1", "one")),
			},
			`[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{"a":1.0}}},{"functionCall":{"id":"2","name":"g","args":{}}}]},` +
				`{"role":"user","parts":[{"functionResponse":{"id":"2","name":"g","response":{"output":"two"}}},{"functionResponse":{"id":"1","name":"f","response":{"output":"one"}}},{"text":"wait"}]}]`, "",
		},
		{
			"empty texts go",
			[]llm.Message{user(text(""), text("a")), assistant(text("")), user(text(""))},
			`[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":""}]},{"role":"user","parts":[{"text":""}]}]`, "",
		},
		{
			"a system message in the middle is said by the user, where it stands",
			[]llm.Message{user(text("a")), assistant(text("b")), {Role: llm.RoleSystem, Blocks: []llm.Block{text("now")}}, user(text("c"))},
			`[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]},{"role":"user","parts":[{"text":"now"},{"text":"c"}]}]`,
			"approximated:system_position",
		},
		{
			"a system message behind a message of which nothing is left",
			[]llm.Message{user(&llm.Media{Kind: llm.MediaDocument, FileID: "file_1"}), {Role: llm.RoleSystem, Blocks: []llm.Block{text("now")}}},
			`[{"role":"user","parts":[{"text":"now"}]}]`, "approximated:system_position,dropped:file_id",
		},
		{
			"two calls of one id answer in order",
			[]llm.Message{user(text("q")), assistant(call("x", "f", ""), call("x", "g", "")), tool(result("x", "1"), result("x", "2"))},
			`[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[{"functionCall":{"id":"x","name":"f","args":{}}},{"functionCall":{"id":"x","name":"g","args":{}}}]},` +
				`{"role":"user","parts":[{"functionResponse":{"id":"x","name":"f","response":{"output":"1"}}},{"functionResponse":{"id":"x","name":"g","response":{"output":"2"}}}]}]`, "",
		},
		{
			"names are lost",
			[]llm.Message{{Role: llm.RoleUser, Name: "bob", Blocks: []llm.Block{text("a")}}},
			`[{"role":"user","parts":[{"text":"a"}]}]`, "dropped:message_name",
		},
		{
			"namespaces join the name",
			[]llm.Message{user(text("a")), assistant(&llm.ToolCall{CallID: "1", Namespace: "ns", Name: "f", Kind: llm.ToolFunction}), tool(result("1", "x"))},
			`[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"functionCall":{"id":"1","name":"ns__f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"1","name":"ns__f","response":{"output":"x"}}}]}]`, "",
		},
		{
			"free-form calls and broken arguments",
			[]llm.Message{
				user(text("a")),
				assistant(&llm.ToolCall{CallID: "1", Name: "patch", Kind: llm.ToolCustom, Input: llm.Raw("*** Begin")}, call("2", "f", `{"a":`), call("3", "f", `[1]`)),
			},
			`[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"functionCall":{"id":"1","name":"patch","args":{"input":"*** Begin"}}},{"functionCall":{"id":"2","name":"f","args":{"input":"{\"a\":"}}},{"functionCall":{"id":"3","name":"f","args":{"input":"[1]"}}}]}]`, "approximated:tool_input",
		},
		{
			"errors and several texts in a result",
			[]llm.Message{user(text("a")), assistant(call("1", "f", "")), tool(&llm.ToolResult{CallID: "1", IsError: true, Blocks: []llm.Block{text("x"), text("y")}})},
			`[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"1","name":"f","response":{"error":"x\ny"}}}]}]`,
			"approximated:tool_result_parts",
		},
		{
			"a result without its call",
			[]llm.Message{user(text("a")), tool(result("9", "x"))},
			`[{"role":"user","parts":[{"functionResponse":{"id":"9","name":"tool","response":{"output":"x"}}},{"text":"a"}]}]`,
			"defaulted:tool_result_name",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, losses := memberOf(t, &llm.Request{Messages: tt.messages}, target, "contents")
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.losses, losses)
		})
	}
}

func TestEncodeSystem(t *testing.T) {
	r := &llm.Request{
		System: []llm.Block{text("one"), text("")},
		Messages: []llm.Message{
			{Role: llm.RoleDeveloper, Blocks: []llm.Block{text("two"), &llm.Media{Kind: llm.MediaImage, Data: "iVBORw0KGgo="}}},
			user(text("q")),
		},
	}
	got, losses := memberOf(t, r, target, "systemInstruction")
	requireBytes(t, `{"parts":[{"text":"one"},{"text":"two"}]}`, got)
	require.Equal(t, "dropped:system_media", losses)

	only := &llm.Request{Messages: []llm.Message{{Role: llm.RoleSystem, Blocks: []llm.Block{text("s")}}}}
	got, losses = memberOf(t, only, target, "contents")
	requireBytes(t, `[{"role":"user","parts":[{"text":"s"}]}]`, got, "the API wants a content")
	require.Equal(t, "approximated:system_position", losses)
}

func foreignSig() *llm.Signature {
	return &llm.Signature{Data: "F", Origin: llm.Origin{Protocol: llm.AnthropicMessages}}
}

func ownSig(s string) *llm.Signature {
	return &llm.Signature{Data: s, Origin: llm.Origin{Protocol: llm.Gemini}}
}

// Switching the model in the middle of a conversation never sends a foreign
// signature; the text of thinking is kept.
func TestEncodeSignatures(t *testing.T) {
	blocks := []llm.Block{
		&llm.Reasoning{Text: "hm", Signature: foreignSig()},
		&llm.Reasoning{Redacted: true, Encrypted: foreignSig()},
		&llm.Reasoning{Summary: []string{"s1", "s2"}, Encrypted: foreignSig()},
		&llm.Reasoning{},
		&llm.Text{Text: "t", Signature: ownSig("T")},
		&llm.Text{Text: "u", Signature: foreignSig()},
		&llm.ToolCall{CallID: "1", Name: "f", Kind: llm.ToolFunction, Signature: ownSig("C")},
	}
	r := &llm.Request{Messages: []llm.Message{user(text("q")), assistant(blocks...), tool(result("1", "x"))}}
	got, losses := memberOf(t, r, wire.Target{Model: "gemini-3-pro"}, "contents")
	require.Contains(t, got, `{"role":"model","parts":[{"text":"hm","thought":true},{"text":"s1\n\ns2","thought":true},{"text":"t","thoughtSignature":"T"},{"text":"u"},{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"C"}]}`)
	require.Equal(t, "approximated:reasoning_history,dropped:foreign_signature,dropped:reasoning_history", losses)
}

// Gemini 3 refuses calls of the current exchange without a signature; the API
// documents what to send for calls of other models.
func TestEncodeVouchesForForeignCalls(t *testing.T) {
	r := &llm.Request{Messages: []llm.Message{
		user(text("old")), assistant(call("0", "f", "")), tool(result("0", "x")), assistant(text("done")),
		user(text("new")), assistant(call("1", "f", ""), call("2", "f", "")), tool(result("1", "x"), result("2", "y")),
	}}
	got, losses := memberOf(t, r, wire.Target{Model: "gemini-3.1-pro-preview"}, "contents")
	require.Contains(t, got, `{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"id":"2","name":"f","args":{}}}`)
	require.Contains(t, got, `{"functionCall":{"id":"0","name":"f","args":{}}}`, "earlier exchanges are not checked")
	require.Equal(t, "defaulted:thought_signature", losses)
	require.Nil(t, r.Messages[5].Blocks[0].(*llm.ToolCall).Signature, "the request is not changed")

	got, losses = memberOf(t, r, wire.Target{Model: "gemini-2.5-pro"}, "contents")
	require.NotContains(t, got, "skip_thought")
	require.Empty(t, losses)
}

func TestEncodeMedia(t *testing.T) {
	tests := []struct {
		name   string
		media  llm.Media
		want   string
		losses string
	}{
		{"bytes", llm.Media{Kind: llm.MediaImage, MIME: "image/webp", Data: "AAAA"}, `{"inlineData":{"mimeType":"image/webp","data":"AAAA"}}`, ""},
		{"type by content", llm.Media{Kind: llm.MediaImage, Data: "iVBORw0KGgo="}, `{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}`, ""},
		{"type assumed", llm.Media{Kind: llm.MediaImage, Data: "AAAA"}, `{"inlineData":{"mimeType":"image/jpeg","data":"AAAA"}}`, "defaulted:media_type"},
		{"data URL", llm.Media{Kind: llm.MediaImage, URL: "data:image/gif;base64,R0lGOD"}, `{"inlineData":{"mimeType":"image/gif","data":"R0lGOD"}}`, ""},
		{"URL", llm.Media{Kind: llm.MediaImage, URL: "https://e.example/a.PNG?x=1"}, `{"fileData":{"mimeType":"image/png","fileUri":"https://e.example/a.PNG?x=1"}}`, ""},
		{"URL of unknown type", llm.Media{Kind: llm.MediaImage, URL: "https://e.example/a"}, `{"fileData":{"fileUri":"https://e.example/a"}}`, ""},
		{"own file", llm.Media{Kind: llm.MediaDocument, FileID: "files/x", MIME: "application/pdf"}, `{"fileData":{"mimeType":"application/pdf","fileUri":"files/x"}}`, ""},
		{"foreign file", llm.Media{Kind: llm.MediaDocument, FileID: "file-123"}, `{"text":"q"}`, "dropped:file_id"},
		{"text document", llm.Media{Kind: llm.MediaDocument, Text: "hi", Name: "a.txt"}, `{"inlineData":{"mimeType":"text/plain","data":"aGk=","displayName":"a.txt"}}`, ""},
		{"document with citations", llm.Media{Kind: llm.MediaDocument, Data: "JVBERi0=", CitationsOn: new(true), Context: "c"}, `{"inlineData":{"mimeType":"application/pdf","data":"JVBERi0="}}`, "dropped:citations,dropped:document_context"},
		{"detail", llm.Media{Kind: llm.MediaImage, MIME: "image/png", Data: "AAAA", Detail: "low"}, `{"inlineData":{"mimeType":"image/png","data":"AAAA"},"mediaResolution":{"level":"MEDIA_RESOLUTION_LOW"}}`, ""},
		{"detail original", llm.Media{Kind: llm.MediaImage, MIME: "image/png", Data: "AAAA", Detail: "original"}, `{"inlineData":{"mimeType":"image/png","data":"AAAA"},"mediaResolution":{"level":"MEDIA_RESOLUTION_HIGH"}}`, "approximated:image_detail"},
		{"spoken answer", llm.Media{Kind: llm.MediaAudio, FileID: "audio_1", Transcript: "said"}, `{"text":"said"}`, "approximated:audio_out"},
		{"cache mark", llm.Media{Kind: llm.MediaImage, MIME: "image/png", Data: "AAAA", Attrs: llm.Attrs{Cache: &llm.CacheMark{}}}, `{"inlineData":{"mimeType":"image/png","data":"AAAA"}}`, "dropped:cache_mark"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, losses := memberOf(t, &llm.Request{Messages: []llm.Message{user(&tt.media, text("q"))}}, target, "contents")
			require.Contains(t, got, `"parts":[`+tt.want)
			require.Equal(t, tt.losses, losses)
		})
	}
}

func TestEncodeMediaInResults(t *testing.T) {
	shot := &llm.ToolResult{CallID: "1", Blocks: []llm.Block{text("ok"), &llm.Media{Kind: llm.MediaImage, MIME: "image/png", Data: "AAAA"}}}
	r := &llm.Request{Messages: []llm.Message{user(text("q")), assistant(&llm.ToolCall{CallID: "1", Name: "f", Kind: llm.ToolFunction, Signature: ownSig("S")}), tool(shot)}}
	got, losses := memberOf(t, r, wire.Target{Model: "gemini-3-flash"}, "contents")
	require.Contains(t, got, `{"functionResponse":{"id":"1","name":"f","response":{"output":"ok"},"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}}`)
	require.Empty(t, losses)
	got, losses = memberOf(t, r, wire.Target{Model: "gemini-2.5-flash"}, "contents")
	require.Contains(t, got, `{"functionResponse":{"id":"1","name":"f","response":{"output":"ok"}}},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}`)
	require.Equal(t, "approximated:tool_result_media", losses)
}

func TestEncodeThinking(t *testing.T) {
	tests := []struct {
		name, model string
		config      llm.ReasoningConfig
		want        string
		losses      string
	}{
		{"effort as level", "gemini-3-flash", llm.ReasoningConfig{Effort: "medium"}, `{"thinkingLevel":"MEDIUM"}`, ""},
		{"effort above the levels", "gemini-3-flash", llm.ReasoningConfig{Effort: "xhigh"}, `{"thinkingLevel":"HIGH"}`, "approximated:reasoning_effort"},
		{"minimal on pro", "gemini-3.1-pro", llm.ReasoningConfig{Effort: "minimal"}, `{"thinkingLevel":"LOW"}`, "approximated:reasoning_effort"},
		{"medium on 3 pro", "gemini-3-pro-preview", llm.ReasoningConfig{Effort: "medium"}, `{"thinkingLevel":"HIGH"}`, "approximated:reasoning_effort"},
		{"medium on 3.1 pro", "gemini-3.1-pro-preview", llm.ReasoningConfig{Effort: "medium"}, `{"thinkingLevel":"MEDIUM"}`, ""},
		{"effort on 2.5", "gemini-2.5-flash", llm.ReasoningConfig{Effort: "low"}, `{"thinkingBudget":1024}`, "approximated:reasoning_effort"},
		{"level of an unknown model", "gemini-flash-latest", llm.ReasoningConfig{Effort: "high"}, `{"thinkingLevel":"HIGH"}`, ""},
		{"budget", "gemini-2.5-pro", llm.ReasoningConfig{Budget: new(int64(2000))}, `{"includeThoughts":true,"thinkingBudget":2000}`, ""},
		{"budget above the bound", "gemini-2.5-flash", llm.ReasoningConfig{Budget: new(int64(31999))}, `{"includeThoughts":true,"thinkingBudget":24576}`, "approximated:reasoning_budget"},
		{"budget below the bound", "gemini-2.5-flash-lite", llm.ReasoningConfig{Budget: new(int64(100))}, `{"includeThoughts":true,"thinkingBudget":512}`, "approximated:reasoning_budget"},
		{"budget and effort, old", "gemini-2.5-pro", llm.ReasoningConfig{Budget: new(int64(2000)), Effort: "low"}, `{"includeThoughts":true,"thinkingBudget":2000}`, "approximated:reasoning_effort"},
		{"budget and effort, new", "gemini-3-pro", llm.ReasoningConfig{Budget: new(int64(2000)), Effort: "low"}, `{"includeThoughts":true,"thinkingLevel":"LOW"}`, "dropped:reasoning_budget"},
		{"adaptive", "gemini-3-pro", llm.ReasoningConfig{Adaptive: true}, `{"includeThoughts":true,"thinkingBudget":-1}`, ""},
		{"adaptive and effort, old", "gemini-2.5-pro", llm.ReasoningConfig{Adaptive: true, Effort: "high"}, `{"includeThoughts":true,"thinkingBudget":-1}`, "approximated:reasoning_effort"},
		{"off", "gemini-2.5-flash", llm.ReasoningConfig{Effort: "none"}, `{"thinkingBudget":0}`, ""},
		{"off on 2.5 pro", "gemini-2.5-pro", llm.ReasoningConfig{Enabled: new(false)}, `{"thinkingBudget":128}`, "approximated:reasoning_effort"},
		{"off on 3", "gemini-3-flash", llm.ReasoningConfig{Enabled: new(false)}, `{"thinkingLevel":"MINIMAL"}`, "approximated:reasoning_effort"},
		{"off on 3 pro", "gemini-3-pro", llm.ReasoningConfig{Effort: "none"}, `{"thinkingLevel":"LOW"}`, "approximated:reasoning_effort"},
		{"summary", "gemini-3-pro", llm.ReasoningConfig{Effort: "high", Summary: "auto"}, `{"includeThoughts":true,"thinkingLevel":"HIGH"}`, ""},
		{"summary omitted", "gemini-3-pro", llm.ReasoningConfig{Budget: new(int64(100)), Summary: "omitted"}, `{"thinkingBudget":100}`, ""},
		{"nothing", "gemini-3-pro", llm.ReasoningConfig{}, ``, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &llm.Request{Messages: []llm.Message{user(text("q"))}, Reasoning: &tt.config}
			got, losses := memberOf(t, r, wire.Target{Model: tt.model}, "generationConfig")
			require.Equal(t, tt.want, string(wirejson.Member([]byte(got), "thinkingConfig")))
			require.Equal(t, tt.losses, losses)
		})
	}
}

func TestEncodeLossesName(t *testing.T) {
	base := func() *llm.Request { return &llm.Request{Messages: []llm.Message{user(text("q"))}} }
	tests := []struct {
		name string
		set  func(r *llm.Request)
		want string
	}{
		{"logit_bias", func(r *llm.Request) { r.Sampling.LogitBias = llm.Raw(`{"1":2}`) }, "dropped:logit_bias"},
		{"min_p", func(r *llm.Request) { r.Sampling.MinP = new(0.1) }, "dropped:min_p"},
		{"seed", func(r *llm.Request) { r.Sampling.Seed = new(int64(1) << 40) }, "approximated:seed"},
		{"stop", func(r *llm.Request) { r.Stop = []string{"1", "2", "3", "4", "5", "6"} }, "approximated:stop"},
		{"metadata", func(r *llm.Request) { r.Metadata = []llm.KeyValue{{Key: "a", Value: "b"}} }, "dropped:metadata"},
		{"user", func(r *llm.Request) { r.User = "u" }, "dropped:user"},
		{"store", func(r *llm.Request) { r.Store = new(true) }, "dropped:store"},
		{"store off is what happens", func(r *llm.Request) { r.Store = new(false) }, ""},
		{"prompt_cache_key", func(r *llm.Request) { r.PromptCacheKey = "k" }, "dropped:prompt_cache_key"},
		{"prompt_cache_retention", func(r *llm.Request) { r.PromptCacheRetention = "24h" }, "dropped:prompt_cache_retention"},
		{"previous_response_id", func(r *llm.Request) { r.PreviousResponseID = "resp_1" }, "dropped:previous_response_id"},
		{"conversation", func(r *llm.Request) { r.Conversation = "c" }, "dropped:conversation"},
		{"truncation", func(r *llm.Request) { r.Truncation = "auto" }, "dropped:truncation"},
		{"background", func(r *llm.Request) { r.Background = new(true) }, "dropped:background"},
		{"verbosity", func(r *llm.Request) { r.Verbosity = "low" }, "dropped:verbosity"},
		{"parallel_tools", func(r *llm.Request) { r.ParallelTools = new(false) }, "dropped:parallel_tools"},
		{"parallel tools allowed is the default", func(r *llm.Request) { r.ParallelTools = new(true) }, ""},
		{"service tier", func(r *llm.Request) { r.ServiceTier = "scale" }, "dropped:service_tier"},
		{"service tier default", func(r *llm.Request) { r.ServiceTier = "default" }, "approximated:service_tier"},
		{"audio_out", func(r *llm.Request) { r.AudioOut = &llm.AudioOut{Format: "wav"} }, "dropped:audio_out"},
		{"completion", func(r *llm.Request) {
			r.Completion = &llm.Completion{Suffix: "s", Echo: true, BestOf: new(int64(2))}
		}, "dropped:best_of,dropped:echo,dropped:suffix"},
		{"unknown field of another protocol", func(r *llm.Request) {
			r.Ext = llm.Ext{{Protocol: llm.OpenAIChat, Name: "web_search_options", Value: llm.Raw("{}")}}
		}, "dropped:extension"},
		{"tool strict", func(r *llm.Request) {
			r.Tools = []llm.Tool{{Kind: llm.ToolFunction, Name: "f", Strict: new(true)}}
		}, "dropped:tool_strict"},
		{"custom tool", func(r *llm.Request) {
			r.Tools = []llm.Tool{{Kind: llm.ToolCustom, Name: "f", Grammar: &llm.Grammar{Syntax: "lark"}}}
		}, "approximated:custom_tool,dropped:tool_grammar"},
		{"tool name", func(r *llm.Request) { r.Tools = []llm.Tool{{Kind: llm.ToolFunction, Name: "3 d/x"}} }, "approximated:tool_name"},
		{"named server tool", func(r *llm.Request) {
			r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolModeNamed, Kind: llm.ToolServer, Name: "web_search"}
		}, "dropped:tool_choice"},
		{"search alone", func(r *llm.Request) {
			r.Tools = []llm.Tool{{Kind: llm.ToolServer, Type: "web_search_20250305", Name: "web_search"}}
		}, "approximated:server_tool"},
		{"search beside functions", func(r *llm.Request) {
			r.Tools = []llm.Tool{{Kind: llm.ToolServer, Type: "web_search"}, {Kind: llm.ToolFunction, Name: "f"}}
		}, "dropped:server_tool"},
		{"computer", func(r *llm.Request) { r.Tools = []llm.Tool{{Kind: llm.ToolServer, Type: "computer_2025"}} }, "dropped:server_tool"},
		{"blocks of others", func(r *llm.Request) {
			other := llm.Native{Protocol: llm.AnthropicMessages, Raw: llm.Raw("{}")}
			r.Messages = append(r.Messages, assistant(&llm.Opaque{Native: other}, &llm.ServerToolResult{Native: &other},
				&llm.ToolCall{Kind: llm.ToolServer, Native: &other}, &llm.Refusal{Text: "no"},
				&llm.Text{Text: "t", Phase: "commentary", Citations: []llm.Citation{{URL: "u"}}}))
		}, "approximated:refusal,dropped:citations,dropped:opaque,dropped:phase,dropped:server_tool"},
		{"format description", func(r *llm.Request) {
			r.Format = &llm.Format{Type: "json_schema", Name: "n", Description: "d", Schema: llm.Raw(`{"type":"object"}`)}
		}, "dropped:response_format_description"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := base()
			tt.set(r)
			_, losses := encodeRequest(t, gemini.Codec{}, r, target)
			require.Equal(t, tt.want, codes(losses))
		})
	}
}

func TestEncodeTools(t *testing.T) {
	schema := `{"type":"object","properties":{"a":{"type":"string","format":"uuid"}},"additionalProperties":false}`
	r := &llm.Request{
		Messages: []llm.Message{user(text("q"))},
		Tools: []llm.Tool{
			{Kind: llm.ToolFunction, Name: "f", Description: "d", Schema: llm.Raw(schema)},
			{Kind: llm.ToolFunction, Name: "g"},
		},
		ToolChoice: &llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"f", "g"}},
	}
	got, losses := memberOf(t, r, target, "tools")
	requireBytes(t, `[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":`+schema+`},{"name":"g"}]}]`, got)
	require.Empty(t, losses)
	got, _ = memberOf(t, r, target, "toolConfig")
	requireBytes(t, `{"functionCallingConfig":{"mode":"VALIDATED","allowedFunctionNames":["f","g"]}}`, got)

	body, list := encodeRequest(t, gemini.Codec{SchemaSubset: true}, r, target)
	requireBytes(t, `[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}},{"name":"g"}]}]`,
		string(wirejson.Member([]byte(body), "tools")))
	require.Equal(t, "approximated:schema", codes(list))
}

func TestEncodeToolChoice(t *testing.T) {
	tests := []struct {
		name   string
		choice llm.ToolChoice
		want   string
	}{
		{"auto", llm.ToolChoice{Mode: llm.ToolModeAuto}, `{"mode":"AUTO"}`},
		{"none", llm.ToolChoice{Mode: llm.ToolModeNone}, `{"mode":"NONE"}`},
		{"required", llm.ToolChoice{Mode: llm.ToolModeRequired}, `{"mode":"ANY"}`},
		{"named", llm.ToolChoice{Mode: llm.ToolModeNamed, Name: "f"}, `{"mode":"ANY","allowedFunctionNames":["f"]}`},
		{"set", llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"f", "g"}, AllowedRequired: true}, `{"mode":"ANY","allowedFunctionNames":["f","g"]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, losses := memberOf(t, &llm.Request{Messages: []llm.Message{user(text("q"))}, ToolChoice: &tt.choice}, target, "toolConfig")
			requireBytes(t, `{"functionCallingConfig":`+tt.want+`}`, got)
			require.Empty(t, losses)
		})
	}
}

func TestEncodeFormat(t *testing.T) {
	tests := []struct {
		name   string
		codec  gemini.Codec
		format llm.Format
		want   string
		losses string
	}{
		{"text", gemini.Codec{}, llm.Format{Type: "text"}, `{"responseMimeType":"text/plain"}`, ""},
		{"object", gemini.Codec{}, llm.Format{Type: "json_object"}, `{"responseMimeType":"application/json"}`, ""},
		{
			"schema verbatim",
			gemini.Codec{},
			llm.Format{Type: "json_schema", Schema: llm.Raw(`{"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}}`)},
			`{"responseMimeType":"application/json","responseJsonSchema":{"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}}}`, "",
		},
		{
			"schema cleaned",
			gemini.Codec{SchemaSubset: true},
			llm.Format{Type: "json_schema", Schema: llm.Raw(`{"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}}`)},
			`{"responseMimeType":"application/json","responseSchema":{"type":"STRING"}}`, "",
		},
		{"broken schema", gemini.Codec{}, llm.Format{Type: "json_schema", Schema: llm.Raw(`tru`)}, `{"responseMimeType":"application/json"}`, "approximated:response_format"},
		{"grammar", gemini.Codec{}, llm.Format{Type: "grammar"}, ``, "dropped:response_format"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, losses := encodeRequest(t, tt.codec, &llm.Request{Messages: []llm.Message{user(text("q"))}, Format: &tt.format}, target)
			require.Equal(t, tt.want, string(wirejson.Member([]byte(body), "generationConfig")))
			require.Equal(t, tt.losses, codes(losses))
		})
	}
}

func TestEncodeDropsStreamedArguments(t *testing.T) {
	r := decodeRequest(t, request(`"toolConfig":{"functionCallingConfig":{"mode":"AUTO","streamFunctionCallArguments":true}}`))
	got, losses := memberOf(t, r, target, "toolConfig")
	requireBytes(t, `{"functionCallingConfig":{"mode":"AUTO"}}`, got)
	require.Equal(t, "dropped:stream_tool_args", losses)
}
