package wirejson

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// markSuffix ends the scope of members that only remember how their protocol
// spelled what the canonical model says in full.
const markSuffix = "#mark"

// MarkScope returns the scope of members that only remember a spelling of the
// protocol's. Other protocols lose nothing by leaving them out.
func MarkScope(p llm.Protocol) llm.Protocol { return p + markSuffix }

// Foreign reports whether m says something that only another protocol than own
// knows, so that leaving it out is a loss.
func Foreign(m llm.Member, own llm.Protocol) bool {
	base, scope, _ := strings.Cut(string(m.Protocol), "#")
	return base != string(own) && "#"+scope != markSuffix
}
