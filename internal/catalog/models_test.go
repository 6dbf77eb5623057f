package catalog_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/catalog"
)

func TestFacts(t *testing.T) {
	c := load(t)
	for _, tt := range []struct {
		vendor, model string
		context, most int64
	}{
		// Anthropic demands max_tokens: what it documents as "Max output".
		{"anthropic", "claude-3-opus-20240229", 200_000, 4096},
		{"anthropic", "claude-3-haiku-20240307", 200_000, 4096},
		{"anthropic", "claude-3-5-haiku-latest", 200_000, 8192},
		{"anthropic", "claude-3-5-sonnet-20241022", 200_000, 8192},
		{"anthropic", "claude-3-7-sonnet-20250219", 200_000, 64_000},
		{"anthropic", "claude-opus-4-20250514", 200_000, 32_000},
		{"anthropic", "claude-opus-4-0", 200_000, 32_000},
		{"anthropic", "claude-opus-4-1-20250805", 200_000, 32_000},
		{"anthropic", "claude-sonnet-4-20250514", 200_000, 64_000},
		{"anthropic", "claude-sonnet-4-5", 200_000, 64_000},
		{"anthropic", "claude-haiku-4-5-20251001", 200_000, 64_000},
		{"anthropic", "claude-opus-4-5-20251101", 200_000, 64_000},
		{"anthropic", "claude-opus-4-6", 1_000_000, 128_000},
		{"anthropic", "claude-sonnet-4-6", 1_000_000, 128_000},
		{"anthropic", "claude-opus-4-8", 1_000_000, 128_000},
		{"anthropic", "claude-opus-5-5", 1_000_000, 128_000},
		{"anthropic", "claude-haiku-5-5", 1_000_000, 128_000},

		{"openai", "gpt-4o", 128_000, 16_384},
		{"openai", "gpt-4o-2024-05-13", 128_000, 4096},
		{"openai", "gpt-4.1-mini-2025-04-14", 1_047_576, 32_768},
		{"openai", "gpt-5", 400_000, 128_000},
		{"openai", "gpt-5-chat-latest", 128_000, 16_384},
		{"openai", "o3-mini-2025-01-31", 200_000, 100_000},
		{"openai", "gpt-4-0613", 8192, 8192},
		{"gemini", "models/gemini-2.5-flash", 1_048_576, 65_536},

		// The ways providers write the same model.
		{"", "claude-sonnet-4-5", 200_000, 64_000},
		{"openrouter", "anthropic/claude-opus-4.5", 200_000, 64_000},
		{"", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", 200_000, 64_000},
		{"", "claude-sonnet-4-5@20250929", 200_000, 64_000},
		{"openrouter", "openai/gpt-5:extended", 400_000, 128_000},
		{"nobody", "OpenAI/GPT-4o-Mini", 128_000, 16_384},

		// A vendor that differs.
		{"groq", "openai/gpt-oss-120b", 131_072, 65_536},
		{"fireworks", "accounts/fireworks/models/gpt-oss-120b", 131_072, 131_072},
		{"cerebras", "gpt-oss-120b", 131_072, 40_000},
	} {
		t.Run(tt.vendor+" "+tt.model, func(t *testing.T) {
			f, ok := c.Facts(tt.vendor, tt.model)
			require.True(t, ok)
			require.Equal(t, tt.context, f.ContextTokens)
			require.Equal(t, tt.most, f.MaxOutputTokens)
		})
	}
}

func TestAbilities(t *testing.T) {
	c := load(t)
	f, ok := c.Facts("anthropic", "claude-opus-4-8")
	require.True(t, ok)
	require.Equal(t, catalog.ModelFacts{
		ContextTokens: 1_000_000, MaxOutputTokens: 128_000, Inputs: []string{"text", "image", "file"},
		Tools: true, Vision: true, Reasoning: true, JSONSchema: true,
	}, f)
	f, ok = c.Facts("openai", "gpt-3.5-turbo")
	require.True(t, ok)
	require.Equal(t, catalog.ModelFacts{
		ContextTokens: 16_385, MaxOutputTokens: 4096, Inputs: []string{"text"}, Tools: true, JSONMode: true,
	}, f)
	f, ok = c.Facts("anthropic", "claude-3-5-haiku-20241022")
	require.True(t, ok)
	require.False(t, f.JSONSchema || f.Reasoning)
}

func TestFactsOfUnknownModels(t *testing.T) {
	c := load(t)
	for _, model := range []string{
		"", "/", ".", ":", "@", "-latest", "a.", "house-model", "claude", "gpt", "text-embedding-3-small", "whisper-1",
		"gpt-4o-20250101x", "deepseek-r1:7b", "claude-opus-9-9", "-20250101", "x-2025-01-0a",
	} {
		_, ok := c.Facts("openai", model)
		require.False(t, ok, model)
	}
}

func TestFactsAllocateNothing(t *testing.T) {
	c := load(t)
	for _, model := range []string{"gpt-4o", "anthropic/claude-sonnet-4-5-20250929", "no-such-model"} {
		require.Zero(t, testing.AllocsPerRun(100, func() { c.Facts("openrouter", model) }), model)
	}
}

// The table must stay small, and every model that a vendor offers as a chat
// model and that is in it must have room for an answer.
func TestFactsFile(t *testing.T) {
	info, err := os.Stat("modelfacts.json")
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(120_000))

	c := load(t)
	var missing []string
	for _, id := range c.IDs() {
		v, _ := c.Vendor(id)
		for _, m := range v.Models {
			if m.Type != catalog.ModelChat {
				continue
			}
			f, ok := c.Facts(id, m.Name)
			if !ok {
				missing = append(missing, id+"/"+m.Name)
				continue
			}
			require.Positive(t, f.MaxOutputTokens)
			require.Contains(t, f.Inputs, "text")
		}
	}
	t.Logf("offered, but not in the table: %s", strings.Join(missing, " "))
}

func BenchmarkFacts(b *testing.B) {
	c, err := catalog.Load()
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		c.Facts("openrouter", "anthropic/claude-sonnet-4-5-20250929")
	}
}
