package anthropic

import (
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// maxHistoryTools bounds how many tools are declared for a history.
const maxHistoryTools = 128

// historyTools returns the names of the tools that a conversation of another
// protocol used and this request offers none of: the API refuses calls and
// results in the messages of a request that defines no tools, where the other
// protocols take them. They are declared with a choice of none, so that the
// model cannot call what the client no longer offers.
func (e *requestEncoder) historyTools() []string {
	if e.req.Source == "" || e.req.Source == self || len(e.offered()) > 0 {
		return nil
	}
	var names []string
	results := false
	for i := range e.req.Messages {
		for _, b := range e.req.Messages[i].Blocks {
			switch b := b.(type) {
			case *llm.ToolCall:
				if b.Kind != llm.ToolServer && len(names) < maxHistoryTools {
					names = append(names, wireName(b.Namespace, b.Name))
				}
			case *llm.ToolResult:
				results = true
			}
		}
		slices.Sort(names) // the same order in each turn keeps the prompt's cache
		names = slices.Compact(names)
	}
	if results && len(names) == 0 {
		return []string{"tool"} // the API counts results whose call is not there too
	}
	return names
}

// declare writes the tools of a history.
func (e *requestEncoder) declare(names []string) {
	e.loss.Approximate("tools", "tools")
	e.w.begin("tools", '[')
	for _, name := range names {
		e.w.elem('{')
		e.w.str("name", name)
		e.w.raw("input_schema", llm.Raw(`{"type":"object"}`))
		e.w.close('}')
	}
	e.w.close(']')
	e.w.raw("tool_choice", llm.Raw(`{"type":"none"}`))
}
