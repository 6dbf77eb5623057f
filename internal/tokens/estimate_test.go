package tokens_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/tokens"
)

func sample(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "samples", name+".txt"))
	require.NoError(t, err)
	return string(b)
}

// textEstimate is the estimate for a text alone: the difference it makes to a prompt.
func textEstimate(c *tokens.Counter, text, model string) int64 {
	return c.Estimate(user(text), model) - c.Estimate(user(""), model)
}

func requireWithin(t *testing.T, want, got int64, share float64) {
	t.Helper()
	off := float64(got-want) / float64(want)
	require.LessOrEqual(t, math.Abs(off), share, "want %d, got %d (%+.0f %%)", want, got, 100*off)
}

func TestEstimatesAreNearTheTokenizer(t *testing.T) {
	c := tokens.New()
	for _, name := range []string{"english", "code", "json", "chinese", "japanese", "log"} {
		text := sample(t, name)
		for _, model := range []string{"gpt-4o", "gpt-4"} {
			t.Run(name+" "+model, func(t *testing.T) {
				requireWithin(t, c.Text(text, model).Tokens, textEstimate(c, text, model), 0.15)
			})
		}
	}
}

// Languages that share no alphabet with English, or only most of it, are worse.
func TestEstimatesOfOtherLanguages(t *testing.T) {
	c := tokens.New()
	for _, name := range []string{"russian", "german"} {
		text := sample(t, name)
		for _, model := range []string{"gpt-4o", "gpt-4"} {
			t.Run(name+" "+model, func(t *testing.T) {
				requireWithin(t, c.Text(text, model).Tokens, textEstimate(c, text, model), 0.2)
			})
		}
	}
}

// The counts were made with the tokenizers published for Llama 3, Gemma 3 (of
// which Gemini's is a relative), DeepSeek V3 and Qwen 3.
func TestEstimatesOfOpenModels(t *testing.T) {
	c := tokens.New()
	for model, counts := range map[string]map[string]int64{
		"meta-llama/Llama-3.3-70B-Instruct": {"chinese": 190, "code": 277, "english": 178, "german": 157, "japanese": 178, "json": 335, "log": 294, "russian": 150},
		"models/gemini-2.5-pro":             {"chinese": 153, "code": 361, "english": 176, "german": 125, "japanese": 128, "json": 407, "log": 392, "russian": 121},
		"deepseek-chat":                     {"chinese": 133, "code": 300, "english": 176, "german": 154, "japanese": 165, "json": 365, "log": 299, "russian": 150},
		"qwen3-235b-a22b":                   {"chinese": 151, "code": 277, "english": 178, "german": 157, "japanese": 166, "json": 392, "log": 379, "russian": 152},
	} {
		for name, want := range counts {
			t.Run(model+" "+name, func(t *testing.T) {
				requireWithin(t, want, textEstimate(c, sample(t, name), model), 0.25)
			})
		}
	}
}

// Claude makes more tokens of a text than o200k_base does, by a factor that
// was measured with Anthropic's counter; see the package comment.
func TestClaudeCountsMore(t *testing.T) {
	c := tokens.New()
	for _, tt := range []struct {
		name, model string
		least, most float64
	}{
		{"english", "claude-sonnet-4-5", 1.0, 1.25},
		{"code", "claude-opus-4.6", 1.15, 1.35},
		{"json", "us.anthropic.claude-haiku-4-5-20251001-v1:0", 1.1, 1.35},
		{"chinese", "claude-3-5-haiku-latest", 1.2, 1.7},
		{"english", "anthropic/claude-opus-4.7", 1.3, 1.65},
		{"code", "claude-sonnet-5", 1.35, 1.65},
		{"chinese", "claude-opus-5-5", 1.2, 1.7},
	} {
		t.Run(tt.name+" "+tt.model, func(t *testing.T) {
			text := sample(t, tt.name)
			factor := float64(textEstimate(c, text, tt.model)) / float64(c.Text(text, "gpt-4o").Tokens)
			require.GreaterOrEqual(t, factor, tt.least)
			require.LessOrEqual(t, factor, tt.most)
		})
	}
}

// Appending to a text never makes the estimate smaller, and an estimate is
// never far above one token a byte.
func TestEstimatesGrow(t *testing.T) {
	c := tokens.New()
	models := []string{"gpt-4o", "gpt-4", "claude-opus-5", "claude-3-opus", "gemini-2.5-pro", "llama-3", "qwen3", "deepseek-chat", "mistral-large", "nobody"}
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`([a-zA-Z0-9 \n\t.,(){}"'é世界]){0,40}`), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(t *rapid.T) {
		model := rapid.SampledFrom(models).Draw(t, "model")
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		short, long := textEstimate(c, a, model), textEstimate(c, a+b, model)
		require.GreaterOrEqual(t, long, short)
		require.LessOrEqual(t, long, int64(3*len(a+b)+1))
		whole := textEstimate(c, strings.Repeat(a, 3), model)
		require.GreaterOrEqual(t, whole, short)
	})
}

func TestEstimateAllocatesNothing(t *testing.T) {
	c := tokens.New()
	req := user(strings.Repeat(sample(t, "english"), 100))
	require.Zero(t, testing.AllocsPerRun(10, func() { c.Estimate(req, "claude-opus-5") }))
}

func BenchmarkEstimate100KB(b *testing.B) {
	benchmark(b, func(c *tokens.Counter, req *llm.Request) int64 { return c.Estimate(req, "gpt-4o") })
}

func BenchmarkExact100KB(b *testing.B) {
	benchmark(b, func(c *tokens.Counter, req *llm.Request) int64 { return c.Request(req, "gpt-4o").Tokens })
}

func benchmark(b *testing.B, count func(*tokens.Counter, *llm.Request) int64) {
	text := strings.Repeat(sample(b, "english")+sample(b, "code"), 100<<10/1800)
	req, c := user(text), tokens.New()
	count(c, req)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		count(c, req)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", "don't (stop) camelCaseHTTPServer 12345", "\xff\xfe界 \n\n\t x", strings.Repeat("=", 300)} {
		f.Add(s)
	}
	c := tokens.New()
	f.Fuzz(func(t *testing.T, text string) {
		n := c.Text(text, "gpt-4o")
		require.LessOrEqual(t, n.Tokens, int64(len(text)))
		require.Equal(t, text != "", n.Tokens > 0)
		require.GreaterOrEqual(t, textEstimate(c, text, "claude-opus-5"), int64(0))
	})
}
