package anthropic

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// usage gathers the usage object of one answer. In a stream the objects are
// snapshots of running totals: each field's last value wins and nothing is
// added up. A later zero does not undo a count, because some compatible
// upstreams repeat the object with the fields they no longer know set to zero.
type usage struct {
	seen                  bool
	input, output         int64
	cacheRead, cacheWrite int64
	write5m, write1h      int64
	split                 bool // the cache writes were told by lifetime
	reasoning, searches   int64
	tier                  string
	flags                 llm.UsageFlag
	rest                  llm.Ext // members the canonical usage has no field for
}

// add takes one usage object; anything else is left alone.
func (u *usage) add(v llm.Raw) {
	if wirejson.KindOf(v) != '{' {
		return
	}
	u.seen = true
	for name, m := range wirejson.Members(v) {
		switch string(name) {
		case "input_tokens":
			u.count(&u.input, m)
		case "output_tokens":
			u.count(&u.output, m)
		case "cache_read_input_tokens":
			u.count(&u.cacheRead, m)
		case "cache_creation_input_tokens":
			u.count(&u.cacheWrite, m)
		case "cache_creation":
			u.cacheCreation(m)
		case "output_tokens_details":
			u.details(name, m, "thinking_tokens", &u.reasoning)
		case "server_tool_use":
			u.details(name, m, "web_search_requests", &u.searches)
		case "service_tier":
			if s, _ := wirejson.Text(m); s != "" {
				u.tier = s
			}
		default:
			if !wirejson.IsNull(m) {
				u.rest = addExt(u.rest, name, append(llm.Raw(nil), m...))
			}
		}
	}
}

// count takes a number, if v is one.
func (u *usage) count(dst *int64, v llm.Raw) {
	n, ok := wirejson.Int(v)
	switch {
	case ok && n < 0:
		u.flags |= llm.UsageNegative
	case ok && n > 0:
		*dst = n
	}
}

func (u *usage) cacheCreation(v llm.Raw) {
	if wirejson.KindOf(v) != '{' {
		return
	}
	u.split = true
	u.count(&u.write5m, wirejson.Member(v, "ephemeral_5m_input_tokens"))
	u.count(&u.write1h, wirejson.Member(v, "ephemeral_1h_input_tokens"))
}

// details reads the one member of an object that the canonical usage knows and
// keeps the object when it says more.
func (u *usage) details(name []byte, v llm.Raw, known string, dst *int64) {
	more := false
	for n, m := range wirejson.Members(v) {
		if string(n) == known {
			u.count(dst, m)
			continue
		}
		if count, ok := wirejson.Int(m); !ok && !wirejson.IsNull(m) || count != 0 {
			more = true
		}
	}
	if more {
		u.rest = addExt(u.rest, name, append(llm.Raw(nil), v...))
	}
}

// canonical returns the disjoint vector, which is this protocol's own
// convention, or nil when the upstream told nothing.
func (u *usage) canonical() *llm.Usage {
	if !u.seen {
		return nil
	}
	out := &llm.Usage{
		Input: u.input, CacheRead: u.cacheRead, Output: u.output, Reasoning: u.reasoning,
		CacheWrite5m: u.write5m, CacheWrite1h: u.write1h,
		Searches: u.searches, Source: llm.UsageUpstream, Flags: u.flags,
	}
	// The total may be told without lifetimes, or later than they were.
	if total := u.cacheWrite; total > out.CacheWrite() {
		out.CacheWrite5m += total - out.CacheWrite()
	}
	if out.Reasoning > out.Output {
		out.Flags |= llm.UsageReasoningOverOutput
		out.Output = out.Reasoning
	}
	return out
}

// extra returns the members only this protocol knows, as one object for
// Choice.Ext, or nil.
func (u *usage) extra() llm.Raw {
	var w writer
	w.open('{')
	w.ext(u.rest)
	return w.object()
}

// usage writes a usage object from the vector and the members kept in extra.
// tier is written when it is not empty.
func (w *writer) usage(u *llm.Usage, tier string, extra llm.Raw) {
	var v llm.Usage
	if u != nil {
		v = *u
	}
	w.begin("usage", '{')
	w.int("input_tokens", v.Input)
	w.int("cache_creation_input_tokens", v.CacheWrite())
	w.int("cache_read_input_tokens", v.CacheRead)
	w.begin("cache_creation", '{')
	w.int("ephemeral_5m_input_tokens", v.CacheWrite5m)
	w.int("ephemeral_1h_input_tokens", v.CacheWrite1h)
	w.close('}')
	w.int("output_tokens", v.Output)
	if v.Reasoning > 0 && wirejson.Member(extra, "output_tokens_details") == nil {
		w.begin("output_tokens_details", '{')
		w.int("thinking_tokens", v.Reasoning)
		w.close('}')
	}
	if v.Searches > 0 && wirejson.Member(extra, "server_tool_use") == nil {
		w.begin("server_tool_use", '{')
		w.int("web_search_requests", v.Searches)
		w.close('}')
	}
	w.optStr("service_tier", tier)
	for name, m := range wirejson.Members(extra) {
		w.raw(string(name), m)
	}
	w.close('}')
}

// responseTier returns the tier as this protocol says it ("standard",
// "priority", "batch"), or "".
func responseTier(tier string) string {
	switch tier {
	case "standard", "priority", "batch":
		return tier
	case "default":
		return "standard"
	}
	return ""
}
