package wirejson

import (
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// markSuffix ends the scope of members that only remember how their protocol
// spelled what the canonical model says in full.
const markSuffix = "#mark"

// MarkScope returns the scope of members that only remember a spelling of the
// protocol's. Other protocols lose nothing by leaving them out.
func MarkScope(p llm.Protocol) llm.Protocol { return p + markSuffix }

// UnsaidIncludes reports whether a request includes something in its answer
// that is not also asked for elsewhere in it: encrypted thinking goes without
// saying where there is any, and log probabilities stand in Sampling.
func UnsaidIncludes(r *llm.Request) bool {
	return slices.ContainsFunc(r.Include, func(name string) bool {
		return name != "reasoning.encrypted_content" && name != "message.output_text.logprobs"
	})
}

// Foreign reports whether m says something that only another protocol than own
// knows, so that leaving it out is a loss.
func Foreign(m llm.Member, own llm.Protocol) bool {
	base, scope, _ := strings.Cut(string(m.Protocol), "#")
	return base != string(own) && "#"+scope != markSuffix
}
