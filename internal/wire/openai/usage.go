// Package openai holds what the protocols of the OpenAI family share: how
// usage is counted and how errors are worded.
package openai

import (
	"github.com/go-json-experiment/json"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// number is a count as upstreams send it: an integer, a float with a whole
// value, or null. Anything else counts as absent.
type number struct {
	n   int64
	set bool
}

// UnmarshalJSON reads the count and never fails: usage is accounted as far as
// it can be read.
func (c *number) UnmarshalJSON(b []byte) error {
	var f float64
	if json.Unmarshal(b, &f) == nil && f > -1e15 && f < 1e15 && string(b) != "null" {
		c.n, c.set = int64(f), true
	}
	return nil
}

type usage struct {
	Prompt     number `json:"prompt_tokens"`
	Completion number `json:"completion_tokens"`
	Total      number `json:"total_tokens"`
	// DeepSeek and Moonshot tell cache hits beside the details.
	CacheHit      number        `json:"prompt_cache_hit_tokens"`
	Cached        number        `json:"cached_tokens"`
	PromptIn      promptIn      `json:"prompt_tokens_details"`
	CompletionOut completionOut `json:"completion_tokens_details"`
	Cost          json64        `json:"cost"`
	Ticks         number        `json:"cost_in_usd_ticks"`
}

type promptIn struct {
	Cached     number `json:"cached_tokens"`
	CacheWrite number `json:"cache_write_tokens"`
	Audio      number `json:"audio_tokens"`
	Image      number `json:"image_tokens"`
}

// UnmarshalJSON reads the details and never fails: details of another type
// must not cost the counts that stand behind them.
func (p *promptIn) UnmarshalJSON(b []byte) error {
	type plain promptIn
	_ = json.Unmarshal(b, (*plain)(p), lenient)
	return nil
}

type completionOut struct {
	Reasoning number `json:"reasoning_tokens"`
	Audio     number `json:"audio_tokens"`
}

// UnmarshalJSON reads the details and never fails, as above.
func (c *completionOut) UnmarshalJSON(b []byte) error {
	type plain completionOut
	_ = json.Unmarshal(b, (*plain)(c), lenient)
	return nil
}

// json64 is an optional decimal of dollars.
type json64 struct {
	v   float64
	set bool
}

// UnmarshalJSON reads the decimal and never fails.
func (c *json64) UnmarshalJSON(b []byte) error {
	c.set = string(b) != "null" && json.Unmarshal(b, &c.v) == nil && c.v >= 0 && c.v < 1e9
	return nil
}

// ticksPerNano: xAI reports cost in ticks of 1e-10 dollars.
const ticksPerNano = 10

// ParseUsage reads the usage object of chat completions, completions and
// embeddings. It returns nil when raw is null, absent or not an object, and
// when it holds no count at all, which says nothing.
//
// The convention is inclusive: prompt_tokens include cached ones and
// completion_tokens include reasoning. xAI counts reasoning beside
// completion_tokens; its total tells, and it is added here.
func ParseUsage(raw []byte) *llm.Usage {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	var u usage
	// Fields that cannot be read stay absent; what was read before counts.
	_ = json.Unmarshal(raw, &u, lenient)
	if !u.Prompt.set && !u.Completion.set && !u.Total.set {
		return nil
	}
	if !u.Prompt.set { // some embeddings give the total only
		u.Prompt.n = max(u.Total.n-u.Completion.n, 0)
	}
	completion, reasoning := u.Completion.n, u.CompletionOut.Reasoning.n
	if reasoning > 0 && u.Total.set && u.Total.n == u.Prompt.n+completion+reasoning {
		completion += reasoning
	}
	cached := max(u.PromptIn.Cached.n, u.CacheHit.n, u.Cached.n)
	out := llm.FromInclusive(u.Prompt.n, cached, u.PromptIn.CacheWrite.n, completion, reasoning)
	out.AudioIn, out.AudioOut, out.ImageIn = max(u.PromptIn.Audio.n, 0), max(u.CompletionOut.Audio.n, 0), max(u.PromptIn.Image.n, 0)
	switch {
	case u.Ticks.set && u.Ticks.n >= 0:
		nano := u.Ticks.n / ticksPerNano
		out.ReportedCostNano = &nano
	case u.Cost.set:
		nano := int64(u.Cost.v*1e9 + 0.5)
		out.ReportedCostNano = &nano
	}
	return &out
}
