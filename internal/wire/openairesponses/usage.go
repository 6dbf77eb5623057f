package openairesponses

import (
	"math"
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// decodeUsage turns the API's inclusive counts into the disjoint vector. It
// returns nil for null and for all zeros, which is how servers that do not
// count (and our own encoder) fill the members that clients demand.
func decodeUsage(v llm.Raw) *llm.Usage {
	if wirejson.KindOf(v) != '{' {
		return nil
	}
	var input, output int64
	var in, out llm.Raw
	var cost *int64
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "input_tokens":
			input, _ = wirejson.Int(e)
		case "output_tokens":
			output, _ = wirejson.Int(e)
		case "input_tokens_details":
			in = e
		case "output_tokens_details":
			out = e
		case "cost": // OpenRouter: US dollars
			cost = scaled(e, nanoPerDollar)
		case "cost_in_usd_ticks": // xAI: 10^10 ticks are a dollar
			cost = scaled(e, nanoPerTick)
		}
	}
	count := func(obj llm.Raw, name string) int64 {
		n, _ := wirejson.Int(wirejson.Member(obj, name))
		return n
	}
	u := llm.FromInclusive(input, count(in, "cached_tokens"), count(in, "cache_write_tokens"),
		output, count(out, "reasoning_tokens"))
	u.AudioIn = clamp(count(in, "audio_tokens"), u.Input)
	u.ImageIn = clamp(count(in, "image_tokens"), u.Input)
	u.AudioOut = clamp(count(out, "audio_tokens"), u.Output)
	u.ReportedCostNano = cost
	if u.Total() == 0 && u.Flags == 0 && cost == nil {
		return nil
	}
	return &u
}

const (
	nanoPerDollar = 1e9
	nanoPerTick   = 0.1
)

// scaled reads an upstream's own statement of cost. It is shown beside what we
// reckon and never added up, so a float is exact enough.
func scaled(v llm.Raw, factor float64) *int64 {
	f, ok := wirejson.Float(v)
	if !ok || f < 0 || f*factor > math.MaxInt64/2 {
		return nil
	}
	n := int64(math.Round(f * factor))
	return &n
}

func clamp(part, whole int64) int64 { return min(max(part, 0), whole) }

// appendUsage appends the usage object; zeros when nothing is known, because
// strict clients refuse a completed response without it.
func appendUsage(b []byte, u *llm.Usage) []byte {
	if u == nil {
		u = &llm.Usage{}
	}
	member := func(name string, n int64) {
		b = strconv.AppendInt(wirejson.AppendName(b, name), n, 10)
	}
	optional := func(name string, n int64) {
		if n > 0 {
			member(name, n)
		}
	}
	b = append(b, '{')
	member("input_tokens", u.Prompt())
	b = append(wirejson.AppendName(b, "input_tokens_details"), '{')
	member("cached_tokens", u.CacheRead)
	member("cache_write_tokens", u.CacheWrite())
	optional("audio_tokens", u.AudioIn)
	optional("image_tokens", u.ImageIn)
	b = append(b, '}')
	member("output_tokens", u.Output)
	b = append(wirejson.AppendName(b, "output_tokens_details"), '{')
	member("reasoning_tokens", u.Reasoning)
	optional("audio_tokens", u.AudioOut)
	b = append(b, '}')
	member("total_tokens", u.Total())
	if u.ReportedCostNano != nil {
		b = wirejson.AppendFloat(wirejson.AppendName(b, "cost"), float64(*u.ReportedCostNano)/nanoPerDollar)
	}
	return append(b, '}')
}

// isSearch reports whether b is a web search the upstream made. Opening a page
// and looking into it are not searches.
func isSearch(b llm.Block) bool {
	c, ok := b.(*llm.ToolCall)
	if !ok || c.Kind != llm.ToolServer || c.Name != "web_search" || !isOwn(c.Native) {
		return false
	}
	kind, _ := wirejson.Text(wirejson.Member(wirejson.Member(c.Native.Raw, "action"), "type"))
	return kind == "" || kind == "search"
}
