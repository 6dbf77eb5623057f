package openai_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
)

func TestParseUsage(t *testing.T) {
	const up = llm.UsageUpstream
	tests := []struct {
		name, in string
		want     *llm.Usage
	}{
		{"inclusive", `{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":30,"audio_tokens":4},"completion_tokens_details":{"reasoning_tokens":20,"audio_tokens":5}}`, &llm.Usage{Input: 70, CacheRead: 30, Output: 50, Reasoning: 20, AudioIn: 4, AudioOut: 5, Source: up}},
		{"cache writes", `{"prompt_tokens":100,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":30,"cache_write_tokens":20,"image_tokens":7}}`, &llm.Usage{Input: 50, CacheRead: 30, CacheWrite5m: 20, Output: 1, ImageIn: 7, Source: up}},
		{"cached over prompt", `{"prompt_tokens":10,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":30}}`, &llm.Usage{CacheRead: 30, Output: 1, Source: up, Flags: llm.UsageCachedOverInput}},
		{"negative", `{"prompt_tokens":-5,"completion_tokens":3,"prompt_tokens_details":{"audio_tokens":-1}}`, &llm.Usage{Output: 3, Source: up, Flags: llm.UsageNegative}},
		{"reasoning over output", `{"prompt_tokens":5,"completion_tokens":3,"completion_tokens_details":{"reasoning_tokens":9}}`, &llm.Usage{Input: 5, Output: 9, Reasoning: 9, Source: up, Flags: llm.UsageReasoningOverOutput}},
		{"nulls", `{"prompt_tokens":5,"completion_tokens":null,"total_tokens":null,"prompt_tokens_details":null,"completion_tokens_details":{"reasoning_tokens":null},"cost":null}`, &llm.Usage{Input: 5, Source: up}},
		{"floats", `{"prompt_tokens":5.0,"completion_tokens":3e1}`, &llm.Usage{Input: 5, Output: 30, Source: up}},
		{"strings are no counts", `{"prompt_tokens":"5","completion_tokens":3}`, &llm.Usage{Output: 3, Source: up}},
		{"absurd", `{"prompt_tokens":1e300,"completion_tokens":3}`, &llm.Usage{Output: 3, Source: up}},
		{"DeepSeek", `{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36}`, &llm.Usage{Input: 36, CacheRead: 64, Output: 5, Source: up}},
		{"Moonshot", `{"prompt_tokens":100,"completion_tokens":5,"cached_tokens":40}`, &llm.Usage{Input: 60, CacheRead: 40, Output: 5, Source: up}},
		{"xAI: reasoning beside completion, ticks", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100},"cost_in_usd_ticks":12345678}`, &llm.Usage{Input: 10, Output: 105, Reasoning: 100, Source: up, ReportedCostNano: new(int64(1234567))}},
		{"xAI: none reasoned", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"completion_tokens_details":{"reasoning_tokens":0},"cost_in_usd_ticks":0}`, &llm.Usage{Input: 10, Output: 5, Source: up, ReportedCostNano: new(int64(0))}},
		{"OpenRouter cost", `{"prompt_tokens":10,"completion_tokens":5,"cost":0.00123456789}`, &llm.Usage{Input: 10, Output: 5, Source: up, ReportedCostNano: new(int64(1234568))}},
		{"cost of nonsense", `{"prompt_tokens":10,"completion_tokens":5,"cost":"free"}`, &llm.Usage{Input: 10, Output: 5, Source: up}},
		{"negative cost", `{"prompt_tokens":10,"completion_tokens":5,"cost":-1,"cost_in_usd_ticks":-7}`, &llm.Usage{Input: 10, Output: 5, Source: up}},
		{"embeddings", `{"prompt_tokens":8,"total_tokens":8}`, &llm.Usage{Input: 8, Source: up}},
		{"a total only", `{"total_tokens":8}`, &llm.Usage{Input: 8, Source: up}},
		{"details of another type do not cost what follows", `{"prompt_tokens_details":[],"completion_tokens_details":"x","prompt_tokens":5,"completion_tokens":7}`, &llm.Usage{Input: 5, Output: 7, Source: up}},
		{"twice", `{"prompt_tokens":5,"prompt_tokens":6,"completion_tokens":7}`, &llm.Usage{Input: 6, Output: 7, Source: up}},
		{"unknown members", `{"prompt_tokens":5,"completion_tokens":7,"x":{"y":[1]},"num_sources_used":3}`, &llm.Usage{Input: 5, Output: 7, Source: up}},
		{"cut", `{"prompt_tokens":5,"completion_tok`, &llm.Usage{Input: 5, Source: up}},
		{"zero", `{"prompt_tokens":0,"completion_tokens":0}`, &llm.Usage{Source: up}},
		{"empty says nothing", `{}`, nil},
		{"nothing readable", `{"prompt_tokens":[],"completion_tokens":{}}`, nil},
		{"null", `null`, nil},
		{"absent", ``, nil},
		{"array", `[1]`, nil},
		{"number", `7`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, openai.ParseUsage([]byte(tt.in))) })
	}
}

// FuzzParseUsage: never panics, never gives a count below zero, and the parts
// stay within the whole.
func FuzzParseUsage(f *testing.F) {
	f.Add([]byte(`{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":30}}`))
	f.Add([]byte(`{"prompt_tokens":-1,"completion_tokens_details":{"reasoning_tokens":1e14}}`))
	f.Add([]byte(`{"cost":1e8,"total_tokens":999999999999999}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		u := openai.ParseUsage(in)
		if u == nil {
			return
		}
		for _, n := range []int64{u.Input, u.CacheRead, u.CacheWrite5m, u.Output, u.Reasoning, u.AudioIn, u.AudioOut, u.ImageIn, u.Total()} {
			require.GreaterOrEqual(t, n, int64(0))
		}
		require.LessOrEqual(t, u.Reasoning, u.Output)
		if u.ReportedCostNano != nil {
			require.GreaterOrEqual(t, *u.ReportedCostNano, int64(0))
		}
	})
}
