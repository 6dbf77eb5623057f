package openai

import (
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
)

const nanoPerDollar = 1e9

// AppendUsage appends the usage object of chat completions and completions,
// in which prompt_tokens include what caches held.
func AppendUsage(b []byte, u *llm.Usage) []byte {
	member := func(name string, n int64) {
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), name...), `":`...)
		b = strconv.AppendInt(b, n, 10)
	}
	optional := func(name string, n int64) {
		if n > 0 {
			member(name, n)
		}
	}
	b = append(b, '{')
	member("prompt_tokens", u.Prompt())
	member("completion_tokens", u.Output)
	member("total_tokens", u.Total())
	b = append(b, `,"prompt_tokens_details":{`...)
	member("cached_tokens", u.CacheRead)
	optional("cache_write_tokens", u.CacheWrite())
	member("audio_tokens", u.AudioIn)
	optional("image_tokens", u.ImageIn)
	b = append(b, `},"completion_tokens_details":{`...)
	member("reasoning_tokens", u.Reasoning)
	member("audio_tokens", u.AudioOut)
	b = append(b, '}')
	if u.ReportedCostNano != nil {
		b = append(b, `,"cost":`...)
		b = strconv.AppendFloat(b, float64(*u.ReportedCostNano)/nanoPerDollar, 'f', -1, 64)
	}
	return append(b, '}')
}
