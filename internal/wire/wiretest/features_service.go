package wiretest

import "github.com/plexus-gateway/plexus/internal/llm"

func serviceFeatures() []Feature {
	return []Feature{
		{
			Name: "tier_default", Title: "The standard tier", Ask: func(r *llm.Request) { r.ServiceTier = "default" },
			Native: native{
				chat: `"service_tier":"default"`, responses: `"service_tier":"default"`,
				anthropic: `"service_tier":"standard_only"`, gemini: `"serviceTier":"standard"`,
			},
		},
		{
			Name: "tier_flex", Title: "The flexible tier", Ask: func(r *llm.Request) { r.ServiceTier = "flex" },
			Native: native{chat: `"service_tier":"flex"`, responses: `"service_tier":"flex"`, gemini: `"serviceTier":"flex"`},
		},
		{
			Name: "metadata", Title: "Metadata", Ask: func(r *llm.Request) { r.Metadata = []llm.KeyValue{{Key: "team", Value: "a"}} },
			Native: native{
				chat: `"metadata":{"team":"a"}`, responses: `"metadata":{"team":"a"}`, gemini: `"labels":{"team":"a"}`,
			},
		},
		{
			Name: "user", Title: "The end user", Ask: func(r *llm.Request) { r.User = "u1" },
			Native: native{
				chat: `"user":"u1"`, responses: `"user":"u1"`, anthropic: `"metadata":{"user_id":"u1"}`, completions: `"user":"u1"`,
			},
		},
		{
			Name: "safety_identifier", Title: "The safety identifier", Ask: func(r *llm.Request) { r.User = "u1" },
			Native: native{chat: `"safety_identifier":"u1"`, responses: `"safety_identifier":"u1"`},
		},
		{
			Name: "safety_settings", Title: "Safety settings",
			Ask: func(r *llm.Request) {
				r.SafetySettings = llm.Raw(`[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}]`)
			},
			Native: native{gemini: `"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}]`},
		},
	}
}

func cacheFeatures() []Feature {
	marked := func(ttl string) func(*llm.Request) {
		return asks(&llm.Text{Attrs: llm.Attrs{Cache: &llm.CacheMark{TTL: ttl}}, Text: "Hello"})
	}
	system := func(r *llm.Request) {
		r.System = []llm.Block{&llm.Text{Attrs: llm.Attrs{Cache: &llm.CacheMark{}}, Text: "Be brief."}}
	}
	cached := functionTool()
	cached.Cache = &llm.CacheMark{}
	return []Feature{
		{
			Name: "cache_mark", Title: "A cache mark, five minutes", Ask: marked("5m"),
			Native: parts(native{
				chat:      `{"type":"text","text":"Hello","cache_control":{"type":"ephemeral","ttl":"5m"}}`,
				anthropic: `{"type":"text","text":"Hello","cache_control":{"type":"ephemeral","ttl":"5m"}}`,
			}),
		},
		{
			Name: "cache_mark_1h", Title: "A cache mark, one hour", Ask: marked("1h"),
			Native: parts(native{
				chat:      `{"type":"text","text":"Hello","cache_control":{"type":"ephemeral","ttl":"1h"}}`,
				anthropic: `{"type":"text","text":"Hello","cache_control":{"type":"ephemeral","ttl":"1h"}}`,
			}),
		},
		{
			Name: "cache_breakpoint", Title: "A cache breakpoint", Ask: marked(""),
			Native: parts(native{
				chat:      `{"type":"text","text":"Hello","prompt_cache_breakpoint":{"mode":"explicit"}}`,
				responses: `{"type":"input_text","text":"Hello","prompt_cache_breakpoint":{"mode":"explicit"}}`,
			}),
		},
		{
			Name: "cache_mark_system", Title: "A cache mark on the instructions", Ask: system,
			Native: native{
				chat:      `"messages":[{"role":"system","content":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}]},{"role":"user","content":"Hello"}]`,
				anthropic: `"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}]`,
			},
		},
		{
			Name: "cache_mark_tools", Title: "A cache mark on the tools", Ask: offers(cached),
			Native: native{
				anthropic: `"tools":[{"name":"f","description":"Does f.","input_schema":` + schema + `,"cache_control":{"type":"ephemeral"}}]`,
			},
		},
		{
			Name: "prompt_cache_key", Title: "The cache's key", Ask: func(r *llm.Request) { r.PromptCacheKey = "k" },
			Native: native{chat: `"prompt_cache_key":"k"`, responses: `"prompt_cache_key":"k"`},
		},
		{
			Name: "prompt_cache_retention", Title: "How long the cache keeps", Ask: func(r *llm.Request) { r.PromptCacheRetention = "24h" },
			Native: native{chat: `"prompt_cache_retention":"24h"`, responses: `"prompt_cache_retention":"24h"`},
		},
	}
}

func stateFeatures() []Feature {
	return []Feature{
		{
			Name: "store", Title: "Answers kept by the upstream", Ask: func(r *llm.Request) { r.Store = new(true) },
			Native: native{chat: `"store":true`, responses: `"store":true`, gemini: `"store":true`},
		},
		{
			Name: "store_off", Title: "Answers not kept by the upstream", Ask: func(r *llm.Request) { r.Store = new(false) },
			Native: native{chat: `"store":false`, responses: `"store":false`, gemini: `"store":false`},
		},
		{
			Name: "previous_response", Title: "Going on from an earlier answer", Ask: func(r *llm.Request) { r.PreviousResponseID = "resp_1" },
			Native: native{responses: `"previous_response_id":"resp_1"`},
		},
		{
			Name: "conversation", Title: "A conversation kept by the upstream", Ask: func(r *llm.Request) { r.Conversation = "conv_1" },
			Native: native{responses: `"conversation":"conv_1"`},
		},
		{
			Name: "include", Title: "More in the answer (include)", Ask: func(r *llm.Request) { r.Include = []string{"file_search_call.results"} },
			Native: native{responses: `"include":["file_search_call.results"]`},
		},
		{
			Name: "truncation", Title: "The prompt cut to fit", Ask: func(r *llm.Request) { r.Truncation = "auto" },
			Native: native{responses: `"truncation":"auto"`},
		},
		{
			Name: "background", Title: "Answering in the background", Ask: func(r *llm.Request) { r.Background = new(true) },
			Native: native{responses: `"background":true`},
		},
		{
			Name: "context_management", Own: true, Title: "The context managed by the upstream", Looks: []string{"ext.context_management"},
			Ask: func(*llm.Request) {},
			Native: native{
				responses: `"context_management":[{"type":"compaction","compact_threshold":1000}]`,
				anthropic: `"context_management":{"edits":[{"type":"clear_tool_uses_20250919"}]}`,
			},
		},
	}
}

func otherFeatures() []Feature {
	return []Feature{
		{
			Name: "unknown_member", Own: true, Title: "A member of the request that the gateway does not know", Looks: []string{"ext.x_new"},
			Ask: func(*llm.Request) {},
			Native: native{
				chat: `"x_new":1`, responses: `"x_new":1`, anthropic: `"x_new":1`, gemini: `"x_new":1`, completions: `"x_new":1`,
			},
		},
		{
			Name: "unknown_part_member", Own: true, Title: "A member of a part that the gateway does not know", Looks: []string{"ext.parts"},
			Ask: func(*llm.Request) {},
			Native: parts(native{
				chat:      `{"type":"text","text":"Hello","x_new":1}`,
				responses: `{"type":"input_text","text":"Hello","x_new":1}`,
				anthropic: `{"type":"text","text":"Hello","x_new":1}`,
				gemini:    `{"text":"Hello","x_new":1}`,
			}),
		},
		{
			Name: "unknown_part", Own: true, Title: "A kind of part that the gateway does not know",
			Ask: asks(text("Hello"), &llm.Opaque{Type: "x_new", Native: llm.Native{Protocol: responses, Raw: llm.Raw(`{"type":"x_new"}`)}}),
			Native: parts(native{
				chat:      `{"type":"text","text":"Hello"},{"type":"x_new"}`,
				responses: `{"type":"input_text","text":"Hello"},{"type":"x_new"}`,
				anthropic: `{"type":"text","text":"Hello"},{"type":"x_new"}`,
				gemini:    `{"text":"Hello"},{"x_new":{}}`,
			}),
		},
		{
			Name: "unknown_tool_member", Own: true, Title: "A member of a tool that the gateway does not know", Looks: []string{"ext.tools"},
			Ask: offers(functionTool()),
			Native: native{
				chat:      `"tools":[{"type":"function","x_new":1,"function":{"name":"f","description":"Does f.","parameters":` + schema + `}}]`,
				responses: `"tools":[{"type":"function","name":"f","description":"Does f.","parameters":` + schema + `,"strict":false,"x_new":1}]`,
				anthropic: `"tools":[{"name":"f","description":"Does f.","input_schema":` + schema + `,"x_new":1}]`,
				gemini:    `"tools":[{"functionDeclarations":[{"name":"f","description":"Does f.","parametersJsonSchema":` + schema + `,"x_new":1}]}]`,
			},
		},
		{
			Name: "completion_suffix", Title: "The text behind the gap",
			Ask:    func(r *llm.Request) { r.Completion = &llm.Completion{Suffix: "end"} },
			Native: native{completions: `"suffix":"end"`},
		},
		{
			Name: "completion_echo", Title: "The prompt repeated in the answer",
			Ask:    func(r *llm.Request) { r.Completion = &llm.Completion{Echo: true} },
			Native: native{completions: `"echo":true`},
		},
		{
			Name: "completion_best_of", Title: "The best of several",
			Ask:    func(r *llm.Request) { r.Completion = &llm.Completion{BestOf: new(int64(3))} },
			Native: native{completions: `"best_of":3`},
		},
	}
}
