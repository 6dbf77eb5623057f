package anthropic_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// ask is a request as another protocol's codec would decode it.
func ask(change func(*llm.Request)) *llm.Request {
	req := &llm.Request{
		Model: "alias", MaxTokens: new(int64(8000)),
		Messages: []llm.Message{{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Text: "q"}}}},
	}
	if change != nil {
		change(req)
	}
	return req
}

func foreignExt() llm.Ext { return llm.Ext{{Protocol: llm.OpenAIChat, Name: "x", Value: llm.Raw("1")}} }

func TestEncodeRequestLosses(t *testing.T) {
	text := func(s string) []llm.Block { return []llm.Block{&llm.Text{Text: s}} }
	tool := llm.Tool{Kind: llm.ToolFunction, Name: "f", Schema: llm.Raw(`{"type":"object"}`)}
	tests := []struct {
		name   string
		change func(*llm.Request)
		want   string
	}{
		{"nothing", nil, ""},
		{"one choice", func(r *llm.Request) { r.N = new(int64(1)) }, ""},
		{"choices", func(r *llm.Request) { r.N = new(int64(2)) }, "dropped:n"},
		{"no penalty", func(r *llm.Request) { r.Sampling.FrequencyPenalty = new(0.0) }, ""},
		{"penalties", func(r *llm.Request) {
			r.Sampling.FrequencyPenalty, r.Sampling.PresencePenalty = new(1.0), new(-1.0)
		}, "dropped:frequency_penalty,dropped:presence_penalty"},
		{"min_p", func(r *llm.Request) { r.Sampling.MinP = new(0.1) }, "dropped:min_p"},
		{"seed", func(r *llm.Request) { r.Sampling.Seed = new(int64(0)) }, "dropped:seed"},
		{"bias", func(r *llm.Request) { r.Sampling.LogitBias = llm.Raw(`{"5":1}`) }, "dropped:logit_bias"},
		{"empty bias", func(r *llm.Request) { r.Sampling.LogitBias = llm.Raw(`{}`) }, ""},
		{"logprobs", func(r *llm.Request) { r.Sampling.Logprobs = new(true) }, "dropped:logprobs"},
		{"no logprobs", func(r *llm.Request) { r.Sampling.Logprobs = new(false) }, ""},
		{"temperature above one", func(r *llm.Request) { r.Sampling.Temperature = new(1.7) }, "approximated:temperature"},
		{"verbosity", func(r *llm.Request) { r.Verbosity = "low" }, "dropped:verbosity"},
		{"text only", func(r *llm.Request) { r.Modalities = []string{"text"} }, ""},
		{"spoken", func(r *llm.Request) {
			r.Modalities, r.AudioOut = []string{"text", "audio"}, &llm.AudioOut{}
		}, "dropped:audio_out"},
		{"flex", func(r *llm.Request) { r.ServiceTier = "flex" }, "dropped:service_tier"},
		{"default tier", func(r *llm.Request) { r.ServiceTier = "default" }, "approximated:service_tier"},
		{"metadata", func(r *llm.Request) { r.Metadata = []llm.KeyValue{{Key: "a", Value: "b"}} }, "dropped:metadata"},
		{"user", func(r *llm.Request) { r.User = "u" }, ""},
		{"cache key", func(r *llm.Request) {
			r.PromptCacheKey, r.PromptCacheRetention = "k", "24h"
		}, "dropped:prompt_cache_key,dropped:prompt_cache_retention"},
		{"safety", func(r *llm.Request) { r.SafetySettings = llm.Raw(`[{}]`) }, "dropped:safety_settings"},
		{"not stored", func(r *llm.Request) { r.Store = new(false) }, ""},
		{"responses state", func(r *llm.Request) {
			r.Store, r.PreviousResponseID, r.Conversation, r.Background = new(true), "p", "c", new(true)
			r.Truncation = "auto"
			r.Include = []string{"reasoning.encrypted_content", "message.output_text.logprobs"}
		}, "dropped:background,dropped:conversation,dropped:previous_response_id,dropped:store,dropped:truncation"},
		{"completion", func(r *llm.Request) {
			r.Completion = &llm.Completion{Suffix: "s", Echo: true, BestOf: new(int64(2))}
		}, "dropped:best_of,dropped:echo,dropped:suffix"},
		{"json object", func(r *llm.Request) { r.Format = &llm.Format{Type: "json_object"} }, "dropped:response_format"},
		{"plain text", func(r *llm.Request) { r.Format = &llm.Format{Type: "text"} }, ""},
		{"schema", func(r *llm.Request) {
			r.Format = &llm.Format{Type: "json_schema", Name: "n", Schema: llm.Raw(`{}`), Strict: new(true)}
		}, ""},
		{"lax schema", func(r *llm.Request) {
			r.Format = &llm.Format{Type: "json_schema", Schema: llm.Raw(`{}`), Strict: new(false)}
		}, "approximated:schema_strict"},
		{"blank stop", func(r *llm.Request) { r.Stop = []string{"\n", "X"} }, "dropped:stop"},
		{"name", func(r *llm.Request) { r.Messages[0].Name = "bob" }, "dropped:message_name"},
		{"leading system", func(r *llm.Request) {
			r.Messages = append([]llm.Message{{Role: llm.RoleSystem, Blocks: text("s")}, {Role: llm.RoleDeveloper, Blocks: text("d")}}, r.Messages...)
		}, ""},
		{"system in the middle", func(r *llm.Request) {
			r.Messages = append(r.Messages, llm.Message{Role: llm.RoleDeveloper, Blocks: text("s")})
		}, "approximated:system_position"},
		{"foreign members", func(r *llm.Request) { r.Ext = foreignExt() }, "dropped:extension"},
		{"foreign members of a block", func(r *llm.Request) {
			r.Messages[0].Blocks[0].Common().Ext = foreignExt()
		}, "dropped:extension"},
		{"foreign server tool", func(r *llm.Request) {
			r.Tools = []llm.Tool{{Kind: llm.ToolServer, Type: "web_search", Native: &llm.Native{Protocol: llm.OpenAIResponses, Raw: llm.Raw(`{}`)}}}
		}, "dropped:server_tool"},
		{"custom tool", func(r *llm.Request) {
			r.Tools = []llm.Tool{{Kind: llm.ToolCustom, Name: "patch", Grammar: &llm.Grammar{Syntax: "lark"}}}
		}, "approximated:custom_tool,dropped:tool_grammar"},
		{"allowed tools", func(r *llm.Request) {
			r.Tools, r.ToolChoice = []llm.Tool{tool}, &llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"f"}}
		}, "approximated:tool_choice_allowed"},
		{"forced without tools", func(r *llm.Request) {
			r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolModeRequired}
		}, "dropped:tool_choice"},
		{"foreign choice", func(r *llm.Request) {
			r.Tools, r.ToolChoice = []llm.Tool{tool}, &llm.ToolChoice{Mode: llm.ToolModeNative, Native: &llm.Native{Protocol: llm.Gemini, Raw: llm.Raw(`{}`)}}
		}, "dropped:tool_choice"},
		{"unknown effort", func(r *llm.Request) { r.Reasoning = &llm.ReasoningConfig{Effort: "heroic"} }, "dropped:reasoning_effort"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, losses := encodeRequest(t, ask(tt.change), wire.Target{Model: "up"})
			require.Equal(t, tt.want, lossCodes(losses))
			for _, l := range losses {
				require.NotEmpty(t, l.Path)
			}
		})
	}
}

func TestEncodeRequestMaxTokens(t *testing.T) {
	tests := []struct {
		name   string
		asked  *int64
		budget *int64
		model  int64
		want   float64
		loss   string
	}{
		{"the client's", new(int64(7)), nil, 64000, 7, ""},
		{"the model's own", nil, nil, 64000, 64000, ""},
		{"nobody's", nil, nil, 0, 4096, "defaulted:max_tokens"},
		{"nobody's, with room to think", nil, new(int64(9000)), 0, 13096, "defaulted:max_tokens"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, losses := encodeRequest(t, ask(func(r *llm.Request) {
				r.MaxTokens = tt.asked
				if tt.budget != nil {
					r.Reasoning = &llm.ReasoningConfig{Budget: tt.budget}
				}
			}), wire.Target{Model: "up", MaxOutput: tt.model})
			require.InDelta(t, tt.want, parse(t, body)["max_tokens"], 0)
			require.Equal(t, tt.loss, lossCodes(losses))
		})
	}
}

func TestEncodeRequestOutbound(t *testing.T) {
	out, _, err := codec.EncodeRequest(ask(func(r *llm.Request) { r.Stream = true }), wire.Target{Model: "up"})
	require.NoError(t, err)
	require.Equal(t, "/messages", out.Path)
	require.Equal(t, "2023-06-01", out.Header.Get("anthropic-version"))
	require.Equal(t, true, parse(t, out.Body)["stream"])
	require.Equal(t, "up", parse(t, out.Body)["model"])

	_, _, err = codec.EncodeRequest(ask(func(r *llm.Request) {
		r.Messages[0].Blocks = []llm.Block{&llm.Media{Kind: llm.MediaAudio, Data: "x"}}
	}), wire.Target{Model: "up"})
	var e *llm.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "messages[0]", e.Param)
}

func TestEncodeRequestReasoning(t *testing.T) {
	tests := []struct {
		name     string
		r        llm.ReasoningConfig
		max      int64
		thinking string // "" none
		effort   string
		loss     string
	}{
		{"effort", llm.ReasoningConfig{Effort: "high"}, 8000, `{"type":"adaptive"}`, "high", ""},
		{"least effort", llm.ReasoningConfig{Effort: "minimal"}, 8000, `{"type":"adaptive"}`, "low", "approximated:reasoning_effort"},
		{"no effort", llm.ReasoningConfig{Effort: "none"}, 8000, `{"type":"disabled"}`, "", ""},
		{"off", llm.ReasoningConfig{Enabled: new(false)}, 8000, `{"type":"disabled"}`, "", ""},
		{"zero budget", llm.ReasoningConfig{Budget: new(int64(0))}, 8000, `{"type":"disabled"}`, "", ""},
		{"on", llm.ReasoningConfig{Enabled: new(true)}, 8000, `{"type":"adaptive"}`, "", ""},
		{"adaptive", llm.ReasoningConfig{Adaptive: true, Budget: new(int64(-1))}, 8000, `{"type":"adaptive"}`, "", ""},
		{"budget", llm.ReasoningConfig{Budget: new(int64(2000))}, 8000, `{"type":"enabled","budget_tokens":2000}`, "", ""},
		{"budget and effort", llm.ReasoningConfig{Budget: new(int64(2000)), Effort: "low"}, 8000, `{"type":"enabled","budget_tokens":2000}`, "", "approximated:reasoning_effort"},
		{"small budget", llm.ReasoningConfig{Budget: new(int64(10))}, 8000, `{"type":"enabled","budget_tokens":1024}`, "", "approximated:reasoning_budget"},
		{"budget over the bound", llm.ReasoningConfig{Budget: new(int64(9000))}, 8000, `{"type":"enabled","budget_tokens":7999}`, "", "approximated:reasoning_budget"},
		{"no room", llm.ReasoningConfig{Budget: new(int64(9000))}, 1000, "", "", "dropped:reasoning_budget"},
		{"summary", llm.ReasoningConfig{Effort: "low", Summary: "auto"}, 8000, `{"type":"adaptive","display":"summarized"}`, "low", ""},
		{"detailed summary", llm.ReasoningConfig{Effort: "low", Summary: "detailed"}, 8000, `{"type":"adaptive","display":"summarized"}`, "low", "approximated:reasoning_summary"},
		{"thoughts asked for", llm.ReasoningConfig{IncludeThoughts: new(true)}, 8000, `{"type":"adaptive","display":"summarized"}`, "", ""},
		{"thoughts not wanted", llm.ReasoningConfig{Adaptive: true, IncludeThoughts: new(false)}, 8000, `{"type":"adaptive","display":"omitted"}`, "", ""},
		{"nothing", llm.ReasoningConfig{}, 8000, "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, losses := encodeRequest(t, ask(func(r *llm.Request) {
				r.Reasoning, r.MaxTokens = &tt.r, &tt.max
			}), wire.Target{Model: "up"})
			var v struct {
				Thinking json.RawMessage
				Config   struct{ Effort string } `json:"output_config"`
			}
			require.NoError(t, json.Unmarshal(body, &v))
			require.Equal(t, tt.thinking, string(v.Thinking))
			require.Equal(t, tt.effort, v.Config.Effort)
			require.Equal(t, tt.loss, lossCodes(losses))
		})
	}
}

// While it thinks, the API takes no top_k, no other temperature, and no forced
// tool; asked for by another protocol, these must not make it refuse.
func TestEncodeRequestWhatThinkingExcludes(t *testing.T) {
	body, losses := encodeRequest(t, ask(func(r *llm.Request) {
		r.Reasoning = &llm.ReasoningConfig{Effort: "high"}
		r.Sampling = llm.Sampling{Temperature: new(0.2), TopP: new(0.5), TopK: new(int64(3))}
	}), wire.Target{Model: "up"})
	v := parse(t, body)
	require.NotContains(t, v, "temperature")
	require.NotContains(t, v, "top_p")
	require.NotContains(t, v, "top_k")
	require.Equal(t, "dropped:temperature,dropped:top_k,dropped:top_p", lossCodes(losses))

	body, losses = encodeRequest(t, ask(func(r *llm.Request) {
		r.Reasoning = &llm.ReasoningConfig{Effort: "high"}
		r.Tools = []llm.Tool{{Kind: llm.ToolFunction, Name: "f"}}
		r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolModeNamed, Name: "f"}
	}), wire.Target{Model: "up"})
	v = parse(t, body)
	require.NotContains(t, v, "thinking")
	require.Equal(t, object{"type": "tool", "name": "f"}, v["tool_choice"])
	require.Equal(t, "dropped:reasoning", lossCodes(losses))
}

// TestScarB13B16SwitchingModels: a conversation another model began goes on
// here; nothing of its reasoning reaches an API that cannot verify it, and
// thinking is not asked for in a turn that was begun without it.
func TestScarB13B16SwitchingModels(t *testing.T) {
	foreign := llm.Origin{Protocol: llm.OpenAIResponses}
	req := ask(func(r *llm.Request) {
		r.Reasoning = &llm.ReasoningConfig{Budget: new(int64(2000))}
		r.Tools = []llm.Tool{{Kind: llm.ToolFunction, Name: "f"}}
		r.Messages = append(r.Messages,
			llm.Message{Role: llm.RoleAssistant, Blocks: []llm.Block{
				&llm.Reasoning{Summary: []string{"s"}, Encrypted: &llm.Signature{Data: "gAAA", Origin: foreign}},
				&llm.ToolCall{CallID: "call_1", Name: "f", Kind: llm.ToolFunction, Input: llm.Raw(`{}`), Signature: &llm.Signature{Data: "G", Origin: llm.Origin{Protocol: llm.Gemini}}},
			}},
			llm.Message{Role: llm.RoleTool, Blocks: []llm.Block{&llm.ToolResult{CallID: "call_1"}}},
		)
	})
	body, losses := encodeRequest(t, req, wire.Target{Model: "up"})
	requireLegal(t, body)
	require.NotContains(t, string(body), "gAAA")
	require.NotContains(t, string(body), `"thinking"`)
	require.Equal(t, "dropped:foreign_signature,dropped:reasoning,dropped:reasoning_history", lossCodes(losses))

	// Signed here, the same turn keeps its thinking and goes on with it.
	req.Messages[1].Blocks[0] = &llm.Reasoning{Text: "t", Signature: &llm.Signature{Data: "SIG", Origin: llm.Origin{Protocol: llm.AnthropicMessages}}}
	body, losses = encodeRequest(t, req, wire.Target{Model: "up"})
	requireLegal(t, body)
	require.Contains(t, string(body), `{"type":"thinking","thinking":"t","signature":"SIG"}`)
	require.Contains(t, string(body), `"thinking":{"type":"enabled","budget_tokens":2000}`)
	require.Equal(t, "dropped:foreign_signature", lossCodes(losses), "Gemini's, on the call")
}

func TestEncodeRequestNoThinkingBeforeAPrefill(t *testing.T) {
	body, losses := encodeRequest(t, ask(func(r *llm.Request) {
		r.Reasoning = &llm.ReasoningConfig{Budget: new(int64(2000))}
		r.Messages = append(r.Messages, llm.Message{Role: llm.RoleAssistant, Blocks: []llm.Block{&llm.Text{Text: "("}}})
	}), wire.Target{Model: "up"})
	require.NotContains(t, string(body), "thinking")
	require.Equal(t, "dropped:reasoning", lossCodes(losses))
}

func TestEncodeRequestSystem(t *testing.T) {
	block := func(s string) []llm.Block { return []llm.Block{&llm.Text{Text: s}} }
	body, _ := encodeRequest(t, ask(func(r *llm.Request) {
		r.System = block("a")
		r.Messages = append([]llm.Message{{Role: llm.RoleSystem, Blocks: block("b")}}, r.Messages...)
		r.Messages = append(r.Messages, llm.Message{Role: llm.RoleDeveloper, Blocks: block("c")})
	}), wire.Target{Model: "up"})
	v := parse(t, body)
	var texts []string
	for _, b := range v["system"].([]any) {
		texts = append(texts, b.(object)["text"].(string))
	}
	require.Equal(t, []string{"a", "b", "c"}, texts, "all of them, in order, none last-wins")
	require.Len(t, v["messages"], 1)

	body, losses := encodeRequest(t, ask(func(r *llm.Request) {
		r.System = []llm.Block{&llm.Media{Kind: llm.MediaImage, URL: "https://example.com"}, &llm.Text{Text: " "}}
	}), wire.Target{Model: "up"})
	require.NotContains(t, parse(t, body), "system")
	require.Equal(t, "dropped:system_media", lossCodes(losses))
	require.Equal(t, "system[0]", losses[0].Path)
}

func TestEncodeRequestSchemas(t *testing.T) {
	for in, want := range map[string]string{
		``:                                     `{"type":"object"}`,
		`null`:                                 `{"type":"object"}`,
		`{ }`:                                  `{"type":"object"}`,
		`{"properties":{}}`:                    `{"type":"object","properties":{}}`,
		`{"type":"object","z":1.0,"$defs":{}}`: `{"type":"object","z":1.0,"$defs":{}}`,
	} {
		body, _ := encodeRequest(t, ask(func(r *llm.Request) {
			r.Tools = []llm.Tool{{Kind: llm.ToolFunction, Name: "f", Namespace: "ns", Schema: llm.Raw(in)}}
		}), wire.Target{Model: "up"})
		require.Contains(t, string(body), `{"name":"ns__f","input_schema":`+want+`}`, in)
	}
}

func TestEncodeRequestToolChoice(t *testing.T) {
	tools := []llm.Tool{{Kind: llm.ToolFunction, Name: "f"}, {Kind: llm.ToolFunction, Name: "g"}}
	tests := []struct {
		name     string
		choice   *llm.ToolChoice
		parallel *bool
		want     string
		tools    int
	}{
		{"none given", nil, nil, ``, 2},
		{"parallel is the default", nil, new(true), ``, 2},
		{"parallel off", nil, new(false), `{"type":"auto","disable_parallel_tool_use":true}`, 2},
		{"auto", &llm.ToolChoice{Mode: llm.ToolModeAuto}, nil, `{"type":"auto"}`, 2},
		{"none", &llm.ToolChoice{Mode: llm.ToolModeNone}, new(false), `{"type":"none"}`, 2},
		{"required", &llm.ToolChoice{Mode: llm.ToolModeRequired}, new(false), `{"type":"any","disable_parallel_tool_use":true}`, 2},
		{"named", &llm.ToolChoice{Mode: llm.ToolModeNamed, Name: "g"}, new(true), `{"type":"tool","name":"g","disable_parallel_tool_use":false}`, 2},
		{"allowed", &llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"g"}}, nil, `{"type":"auto"}`, 1},
		{"one of the allowed", &llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"g"}, AllowedRequired: true}, nil, `{"type":"any"}`, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, _ := encodeRequest(t, ask(func(r *llm.Request) {
				r.Tools, r.ToolChoice, r.ParallelTools = tools, tt.choice, tt.parallel
			}), wire.Target{Model: "up"})
			var v struct {
				Choice json.RawMessage `json:"tool_choice"`
				Tools  []any
			}
			require.NoError(t, json.Unmarshal(body, &v))
			require.Equal(t, tt.want, string(v.Choice))
			require.Len(t, v.Tools, tt.tools)
		})
	}
}

func TestEncodeRequestMedia(t *testing.T) {
	tests := []struct {
		name, want, loss string
		m                llm.Media
	}{
		{"url", `{"type":"image","source":{"type":"url","url":"https://example.com/a"}}`, "", llm.Media{Kind: llm.MediaImage, URL: "https://example.com/a", Detail: "auto"}},
		{"detail", `{"type":"image","source":{"type":"url","url":"https://example.com/a"}}`, "dropped:image_detail", llm.Media{Kind: llm.MediaImage, URL: "https://example.com/a", Detail: "high"}},
		{"jpeg", `{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"/9j/4AAQ"}}`, "", llm.Media{Kind: llm.MediaImage, Data: "/9j/4AAQ"}},
		{"gif", `"media_type":"image/gif"`, "", llm.Media{Kind: llm.MediaImage, Data: "R0lGODlh"}},
		{"webp", `"media_type":"image/webp"`, "", llm.Media{Kind: llm.MediaImage, Data: "UklGRg=="}},
		{"png", `"media_type":"image/png"`, "", llm.Media{Kind: llm.MediaImage, Data: "iVBORw0K"}},
		{"bucket", ``, "dropped:media_url", llm.Media{Kind: llm.MediaImage, URL: "gs://b/o"}},
		{"another's file", ``, "dropped:file_id", llm.Media{Kind: llm.MediaImage, FileID: "file-1"}},
		{"signed by Gemini", `"url"`, "dropped:foreign_signature", llm.Media{Kind: llm.MediaImage, URL: "https://example.com/a", Signature: &llm.Signature{Data: "x"}}},
		{"audio", ``, "dropped:audio_in", llm.Media{Kind: llm.MediaAudio, Data: "x"}},
		{"video", ``, "dropped:video_in", llm.Media{Kind: llm.MediaVideo, URL: "https://example.com/v"}},
		{"pdf", `{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"},"title":"a.pdf"}`, "", llm.Media{Kind: llm.MediaDocument, Data: "JVBE", Name: "a.pdf"}},
		{"text", `{"type":"document","source":{"type":"text","media_type":"text/plain","data":"hi"}}`, "", llm.Media{Kind: llm.MediaDocument, Data: "aGk=", MIME: "text/plain"}},
		{"csv", `"data":"hi"`, "approximated:document", llm.Media{Kind: llm.MediaDocument, Data: "aGk=", MIME: "text/csv"}},
		{"word", ``, "dropped:document", llm.Media{Kind: llm.MediaDocument, Data: "/w==", MIME: "application/msword"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, losses := encodeRequest(t, ask(func(r *llm.Request) {
				r.Messages[0].Blocks = append(r.Messages[0].Blocks, &tt.m)
			}), wire.Target{Model: "up"})
			require.Equal(t, tt.loss, lossCodes(losses))
			requireLegal(t, body)
			if tt.want == "" {
				require.Len(t, parse(t, body)["messages"].([]any)[0].(object)["content"], 1)
				require.Equal(t, "messages[0].content[1]", losses[0].Path)
			} else {
				require.Contains(t, string(body), tt.want)
			}
		})
	}
}

func TestEncodeRequestCalls(t *testing.T) {
	tests := []struct {
		name, want, loss string
		call             llm.ToolCall
	}{
		{"no arguments", `"input":{}`, "", llm.ToolCall{Kind: llm.ToolFunction}},
		{"verbatim", `"input":{"z":1.0}`, "", llm.ToolCall{Kind: llm.ToolFunction, Input: llm.Raw(`{"z":1.0}`)}},
		{"broken", `"input":{"input":"{\"a\":"}`, "approximated:tool_input", llm.ToolCall{Kind: llm.ToolFunction, Input: llm.Raw(`{"a":`)}},
		{"no object", `"input":{"input":"[1]"}`, "approximated:tool_input", llm.ToolCall{Kind: llm.ToolFunction, Input: llm.Raw(`[1]`)}},
		{"free text", `"input":{"input":"*** Begin\n"}`, "", llm.ToolCall{Kind: llm.ToolCustom, Input: llm.Raw("*** Begin\n")}},
		{"namespace", `"name":"ns__f"`, "", llm.ToolCall{Kind: llm.ToolFunction, Namespace: "ns"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.call.CallID, tt.call.Name = "c", "f"
			body, losses := encodeRequest(t, ask(func(r *llm.Request) {
				r.Messages = append(r.Messages, llm.Message{Role: llm.RoleAssistant, Blocks: []llm.Block{&tt.call}})
			}), wire.Target{Model: "up"})
			require.Equal(t, tt.loss, lossCodes(losses))
			require.Contains(t, string(body), tt.want)
			requireLegal(t, body)
		})
	}
}

func TestEncodeRequestLongIDs(t *testing.T) {
	long := strings.Repeat("x", 1000)
	ids := []string{"call_1", "functions.get:0", "functions.get_0", "", "né", long, long + "y"}
	var calls, results []llm.Block
	for _, id := range ids {
		calls = append(calls, &llm.ToolCall{CallID: id, Name: "f", Kind: llm.ToolFunction})
		results = append(results, &llm.ToolResult{CallID: id, Blocks: []llm.Block{&llm.Text{Text: "for " + id}}})
	}
	body, losses := encodeRequest(t, ask(func(r *llm.Request) {
		r.Messages = append(r.Messages, llm.Message{Role: llm.RoleAssistant, Blocks: calls}, llm.Message{Role: llm.RoleTool, Blocks: results})
	}), wire.Target{Model: "up"})
	require.Empty(t, losses)
	requireLegal(t, body)
	again, _ := encodeRequest(t, decodeRequest(t, body), wire.Target{Model: "up"})
	require.JSONEq(t, string(body), string(again), "legal ids stay as they are")
	msgs := parse(t, body)["messages"].([]any)
	for i, c := range msgs[1].(object)["content"].([]any) {
		r := msgs[2].(object)["content"].([]any)[i].(object)
		require.Equal(t, c.(object)["id"], r["tool_use_id"])
		require.LessOrEqual(t, len(r["tool_use_id"].(string)), 256)
	}
}
