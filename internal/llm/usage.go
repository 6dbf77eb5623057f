package llm

// Usage is the vector of everything a request consumed. The token counters of
// input are disjoint: Input + CacheRead + CacheWrite5m + CacheWrite1h (+ the
// media parts, which are inside Input) is the whole prompt. Output is the
// whole completion; Reasoning and AudioOut are parts of it. Each codec turns
// its vendor's convention into this one; in streams the last snapshot wins.
type Usage struct {
	Input        int64 // prompt tokens neither read from nor written to a cache
	CacheRead    int64
	CacheWrite5m int64 // also writes of unstated lifetime
	CacheWrite1h int64
	Output       int64 // all completion tokens, reasoning included
	Reasoning    int64 // part of Output
	AudioIn      int64 // part of Input
	AudioOut     int64 // part of Output
	ImageIn      int64 // part of Input
	Searches     int64 // built-in web searches made by the upstream

	// Source says who counted.
	Source UsageSource
	// Flags mark contradictory or repaired counts; see the constants.
	Flags UsageFlag
	// ReportedCostNano is what the upstream says the request cost, in
	// nano-dollars; nil when it does not say.
	ReportedCostNano *int64
}

// UsageSource says who counted.
type UsageSource uint8

// The sources.
const (
	UsageNone      UsageSource = iota // nothing is known
	UsageUpstream                     // the upstream reported it
	UsageEstimated                    // we estimated it
)

// String returns the stable name of the source.
func (s UsageSource) String() string {
	switch s {
	case UsageUpstream:
		return "upstream"
	case UsageEstimated:
		return "estimated"
	default:
		return "none"
	}
}

// UsageFlag marks a count that contradicted itself.
type UsageFlag uint8

// The flags.
const (
	// UsageCachedOverInput: cached tokens exceeded an inclusive input count.
	UsageCachedOverInput UsageFlag = 1 << iota
	// UsageNegative: the upstream reported a negative count; zero was taken.
	UsageNegative
	// UsageReasoningOverOutput: reasoning exceeded output; output was raised to it.
	UsageReasoningOverOutput
)

// CacheWrite returns all tokens written to a cache.
func (u Usage) CacheWrite() int64 { return u.CacheWrite5m + u.CacheWrite1h }

// Prompt returns the whole prompt in tokens.
func (u Usage) Prompt() int64 { return u.Input + u.CacheRead + u.CacheWrite() }

// Total returns prompt and completion tokens together.
func (u Usage) Total() int64 { return u.Prompt() + u.Output }

// FromInclusive builds a Usage from counts in which prompt includes the cached
// tokens and output includes reasoning (OpenAI's and Gemini's convention after
// adding thoughts). It repairs contradictions and flags them.
func FromInclusive(prompt, cached, cacheWrite, output, reasoning int64) Usage {
	u := Usage{Source: UsageUpstream}
	for _, p := range []*int64{&prompt, &cached, &cacheWrite, &output, &reasoning} {
		if *p < 0 {
			*p = 0
			u.Flags |= UsageNegative
		}
	}
	if cached+cacheWrite > prompt {
		u.Flags |= UsageCachedOverInput
		prompt = cached + cacheWrite
	}
	if reasoning > output {
		u.Flags |= UsageReasoningOverOutput
		output = reasoning
	}
	u.Input, u.CacheRead, u.CacheWrite5m = prompt-cached-cacheWrite, cached, cacheWrite
	u.Output, u.Reasoning = output, reasoning
	return u
}
