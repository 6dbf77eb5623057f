package anthropic_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// asked returns what a request of r to a model says of thinking, and what it
// lost.
func asked(t *testing.T, model string, r *llm.Request) (thinking, effort, losses string) {
	t.Helper()
	body, lost := encodeRequest(t, r, wire.Target{Model: model})
	var v struct {
		Thinking json.RawMessage
		Config   struct{ Effort string } `json:"output_config"`
	}
	require.NoError(t, json.Unmarshal(body, &v))
	return string(v.Thinking), v.Config.Effort, lossCodes(lost)
}

// How each model is asked for high effort, in all the names it goes by.
func TestModelFamilies(t *testing.T) {
	const budget, adaptive = `{"type":"enabled","budget_tokens":24576}`, `{"type":"adaptive"}`
	for want, models := range map[[3]string][]string{
		{"", "", "dropped:reasoning"}: {
			"claude-2.1", "anthropic.claude-v2:1", "claude-instant-1.2", "anthropic.claude-instant-v1",
			"claude-3-opus-20240229", "claude-3-sonnet-20240229", "claude-3-haiku@20240307", "claude-3-5-sonnet-20241022",
			"claude-3-5-haiku-latest", "claude-3-5-sonnet-v2@20241022", "anthropic/claude-3.5-sonnet:beta",
			"us.anthropic.claude-3-5-sonnet-20241022-v2:0", "CLAUDE-3-OPUS",
		},
		{budget, "", "approximated:reasoning_effort"}: {
			"claude-3-7-sonnet-20250219", "anthropic/claude-3.7-sonnet:thinking", "claude-3-7-sonnet@20250219",
			"claude-sonnet-4-20250514", "claude-sonnet-4@20250514", "claude-opus-4-0", "claude-4-sonnet-20250522",
			"claude-opus-4-1-20250805", "claude-opus-4-1@20250805", "anthropic/claude-opus-4.1", "claude-opus-4-5-20251101",
			"claude-sonnet-4-5", "claude-haiku-4-5-20251001", "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
			"arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0",
			"publishers/anthropic/models/claude-sonnet-4-5@20250929", "claude-sonnet-4-5[1m]",
		},
		{adaptive, "high", ""}: {
			"claude-opus-4-6", "claude-sonnet-4-6", "anthropic.claude-opus-4-6-v1", "claude-opus-4-6[1m]", "claude-opus-4-7",
			"anthropic/claude-4.7-opus", "claude-opus-4-10", "claude-sonnet-5", "claude-opus-5", "claude-opus-5-5", "claude-haiku-5-5",
			"claude-fable-5-1", "claude-mythos-preview", "claude-next", "claude-latest", "claude-",
			"kimi-k2", "qwen3-distill-claude-4.5-opus", "claude", "",
		},
	} {
		for _, model := range models {
			thinking, effort, losses := asked(t, model, ask(func(r *llm.Request) {
				r.Reasoning, r.MaxTokens = &llm.ReasoningConfig{Effort: "high"}, new(int64(32000))
			}))
			require.Equal(t, want, [3]string{thinking, effort, losses}, model)
		}
	}
}

func TestForeignReasoningByFamily(t *testing.T) {
	const (
		never, budget, both, adaptive = "claude-3-5-haiku-20241022", "claude-sonnet-4-5", "claude-opus-4-6", "claude-opus-4-7"
		always, between               = "claude-opus-5-5", "claude-sonnet-5-5"
	)
	for _, tt := range []struct {
		name, model              string
		r                        llm.ReasoningConfig
		max                      int64
		thinking, effort, losses string
	}{
		{"nothing", never, llm.ReasoningConfig{}, 8000, "", "", ""},
		{"off", never, llm.ReasoningConfig{Effort: "none"}, 8000, "", "", ""},
		{"budget", never, llm.ReasoningConfig{Budget: new(int64(2000))}, 8000, "", "", "dropped:reasoning"},
		{"on", never, llm.ReasoningConfig{Enabled: new(true)}, 8000, "", "", "dropped:reasoning"},

		{"nothing", budget, llm.ReasoningConfig{}, 8000, "", "", ""},
		{"off", budget, llm.ReasoningConfig{Effort: "none"}, 8000, `{"type":"disabled"}`, "", ""},
		{"minimal", budget, llm.ReasoningConfig{Effort: "minimal"}, 8000, `{"type":"enabled","budget_tokens":1024}`, "", "approximated:reasoning_effort"},
		{"low", budget, llm.ReasoningConfig{Effort: "low"}, 8000, `{"type":"enabled","budget_tokens":1024}`, "", "approximated:reasoning_effort"},
		{"medium", budget, llm.ReasoningConfig{Effort: "medium"}, 64000, `{"type":"enabled","budget_tokens":8192}`, "", "approximated:reasoning_effort"},
		{"max", budget, llm.ReasoningConfig{Effort: "max"}, 64000, `{"type":"enabled","budget_tokens":24576}`, "", "approximated:reasoning_effort"},
		{"bounded", budget, llm.ReasoningConfig{Effort: "high"}, 8000, `{"type":"enabled","budget_tokens":7999}`, "", "approximated:reasoning_effort"},
		{"no room", budget, llm.ReasoningConfig{Effort: "high"}, 1024, "", "", "dropped:reasoning"},
		{"adaptive", budget, llm.ReasoningConfig{Adaptive: true}, 64000, `{"type":"enabled","budget_tokens":8192}`, "", "approximated:reasoning_effort"},
		{"unknown", budget, llm.ReasoningConfig{Effort: "heroic"}, 64000, `{"type":"enabled","budget_tokens":8192}`, "", "dropped:reasoning_effort"},
		{"budget", budget, llm.ReasoningConfig{Budget: new(int64(2000))}, 8000, `{"type":"enabled","budget_tokens":2000}`, "", ""},
		{"summary is the default", budget, llm.ReasoningConfig{Effort: "low", Summary: "auto"}, 8000, `{"type":"enabled","budget_tokens":1024}`, "", "approximated:reasoning_effort"},

		{"budget", both, llm.ReasoningConfig{Budget: new(int64(2000))}, 8000, `{"type":"enabled","budget_tokens":2000}`, "", ""},
		{"xhigh", both, llm.ReasoningConfig{Effort: "xhigh"}, 8000, `{"type":"adaptive"}`, "high", "approximated:reasoning_effort"},
		{"max", both, llm.ReasoningConfig{Effort: "max"}, 8000, `{"type":"adaptive"}`, "max", ""},

		{"small budget", adaptive, llm.ReasoningConfig{Budget: new(int64(1024))}, 8000, `{"type":"adaptive"}`, "low", "approximated:reasoning_budget"},
		{"middling budget", adaptive, llm.ReasoningConfig{Budget: new(int64(8192))}, 8000, `{"type":"adaptive"}`, "medium", "approximated:reasoning_budget"},
		{"large budget", adaptive, llm.ReasoningConfig{Budget: new(int64(32000))}, 8000, `{"type":"adaptive"}`, "high", "approximated:reasoning_budget"},
		{"budget and effort", adaptive, llm.ReasoningConfig{Budget: new(int64(32000)), Effort: "low"}, 8000, `{"type":"adaptive"}`, "low", "approximated:reasoning_budget"},
		{"xhigh", adaptive, llm.ReasoningConfig{Effort: "xhigh"}, 8000, `{"type":"adaptive"}`, "xhigh", ""},
		{"off", adaptive, llm.ReasoningConfig{Effort: "none"}, 8000, `{"type":"disabled"}`, "", ""},

		{"off", always, llm.ReasoningConfig{Enabled: new(false)}, 8000, "", "low", "approximated:reasoning_effort"},
		{"off", "claude-mythos-preview", llm.ReasoningConfig{Effort: "none"}, 8000, "", "low", "approximated:reasoning_effort"},
		{"off", between, llm.ReasoningConfig{Budget: new(int64(0))}, 8000, `{"type":"between_tools"}`, "", "approximated:reasoning_effort"},
	} {
		t.Run(tt.model+" "+tt.name, func(t *testing.T) {
			thinking, effort, losses := asked(t, tt.model, ask(func(r *llm.Request) {
				r.Reasoning, r.MaxTokens = &tt.r, &tt.max
			}))
			require.Equal(t, []string{tt.thinking, tt.effort, tt.losses}, []string{thinking, effort, losses})
		})
	}
}

// What was asked in this protocol's own words goes out in them.
func TestNativeThinkingStaysAsItIs(t *testing.T) {
	for _, body := range []string{
		`{"model":"claude-sonnet-4-5","max_tokens":2000,"thinking":{"type":"adaptive"},"output_config":{"effort":"max"},"messages":[{"role":"user","content":"q"}]}`,
		`{"model":"claude-opus-4-7","max_tokens":2000,"thinking":{"type":"enabled","budget_tokens":1500},"messages":[{"role":"user","content":"q"}]}`,
	} {
		req := decodeRequest(t, []byte(body))
		out, losses := encodeRequest(t, req, wire.Target{Model: req.Model})
		require.Empty(t, losses)
		require.Equal(t, parse(t, []byte(body))["thinking"], parse(t, out)["thinking"])
		require.Equal(t, parse(t, []byte(body))["output_config"], parse(t, out)["output_config"])
	}
}

func TestSamplingByFamily(t *testing.T) {
	for _, tt := range []struct {
		name, model, effort string
		s                   llm.Sampling
		want                object
		losses              string
	}{
		{"no Claude", "up", "", llm.Sampling{Temperature: new(0.5), TopP: new(0.5), TopK: new(int64(3))}, object{"temperature": 0.5, "top_p": 0.5, "top_k": 3.0}, ""},
		{"old", "claude-3-7-sonnet-20250219", "", llm.Sampling{Temperature: new(1.5), TopP: new(0.5)}, object{"temperature": 1.0, "top_p": 0.5}, "approximated:temperature"},
		{"one of two", "claude-sonnet-4-5", "", llm.Sampling{Temperature: new(0.5), TopP: new(0.5)}, object{"temperature": 0.5}, "dropped:top_p"},
		{"one of two, the other says nothing", "claude-opus-4-6", "", llm.Sampling{Temperature: new(0.5), TopP: new(1.0)}, object{"temperature": 0.5}, ""},
		{"one of two, the first says nothing", "claude-opus-4-6", "", llm.Sampling{Temperature: new(1.0), TopP: new(0.5)}, object{"top_p": 0.5}, ""},
		{"only one", "claude-opus-4-6", "", llm.Sampling{TopP: new(0.5), TopK: new(int64(3))}, object{"top_p": 0.5, "top_k": 3.0}, ""},
		{"none", "claude-opus-4-7", "", llm.Sampling{Temperature: new(0.5), TopP: new(0.5), TopK: new(int64(3))}, object{}, "dropped:temperature,dropped:top_k,dropped:top_p"},
		{"none, defaults", "claude-sonnet-5", "", llm.Sampling{Temperature: new(1.0), TopP: new(1.0)}, object{}, ""},
		{"none, thinking", "claude-fable-5", "low", llm.Sampling{Temperature: new(2.0)}, object{}, "dropped:temperature"},
		{"thinking", "claude-opus-4-6", "low", llm.Sampling{Temperature: new(1.0), TopP: new(0.97), TopK: new(int64(3))}, object{"top_p": 0.97}, "dropped:top_k"},
		{"thinking by budget", "claude-sonnet-4-20250514", "low", llm.Sampling{Temperature: new(0.2), TopP: new(0.5)}, object{}, "approximated:reasoning_effort,dropped:temperature,dropped:top_p"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body, losses := encodeRequest(t, ask(func(r *llm.Request) {
				r.Sampling, r.MaxTokens = tt.s, new(int64(8000))
				if tt.effort != "" {
					r.Reasoning = &llm.ReasoningConfig{Effort: tt.effort}
				}
			}), wire.Target{Model: tt.model})
			got := object{}
			for _, name := range []string{"temperature", "top_p", "top_k"} {
				if v, ok := parse(t, body)[name]; ok {
					got[name] = v
				}
			}
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.losses, lossCodes(losses))
		})
	}
}

// The models that refuse a forced call are asked without force, and may think.
func TestForcedToolByFamily(t *testing.T) {
	for _, tt := range []struct{ model, choice, losses string }{
		{"claude-opus-5", "tool", "dropped:reasoning"},
		{"claude-opus-5-5", "auto", "approximated:tool_choice"},
	} {
		body, losses := encodeRequest(t, ask(func(r *llm.Request) {
			r.Reasoning = &llm.ReasoningConfig{Effort: "high"}
			r.Tools = []llm.Tool{{Kind: llm.ToolFunction, Name: "f"}}
			r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolModeNamed, Name: "f"}
		}), wire.Target{Model: tt.model})
		require.Equal(t, tt.choice, parse(t, body)["tool_choice"].(object)["type"])
		require.Equal(t, tt.losses, lossCodes(losses))
	}
}
