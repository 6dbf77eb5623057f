package openairesponses

import (
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Clients may offer tools by items of the input instead of the list of the
// request, or beside it: Codex does for its newer models. Such tools are tools
// of the request to all protocols, and the item, which goes back out as it came
// and where it stood, offers them to this one.

// markOffered marks a tool that an item of the input offers.
const markOffered = "offered"

// offer adds the tools of an item.
func (t *turns) offer(raw llm.Raw, path string) error {
	list := wirejson.Member(raw, "tools")
	if wirejson.IsNull(list) {
		return nil
	}
	tools, err := decodeToolList(list, path+".tools")
	for i := range tools {
		keep(&tools[i].Ext, markScope, []byte(markOffered), llm.Raw("true"))
	}
	t.tools = append(t.tools, tools...)
	return err
}

func isOffered(t *llm.Tool) bool { return ownMember(t.Ext, markScope, markOffered) != nil }

// listed returns the tools that stand in the request's own list.
func listed(tools []llm.Tool) []llm.Tool {
	if !slices.ContainsFunc(tools, func(t llm.Tool) bool { return isOffered(&t) }) {
		return tools
	}
	return slices.DeleteFunc(slices.Clone(tools), func(t llm.Tool) bool { return isOffered(&t) })
}

// offeredOnce leaves out what an item offers and the request's list or a later
// item offers too: other protocols refuse two tools of one name.
func offeredOnce(tools []llm.Tool) []llm.Tool {
	type name struct{ namespace, name string }
	if len(listed(tools)) == len(tools) {
		return tools
	}
	taken := map[name]bool{}
	for _, t := range listed(tools) {
		taken[name{t.Namespace, t.Name}] = true
	}
	out := slices.Clone(tools)
	slices.Reverse(out)
	out = slices.DeleteFunc(out, func(t llm.Tool) bool {
		n := name{t.Namespace, t.Name}
		again := isOffered(&t) && taken[n]
		taken[n] = true
		return again
	})
	slices.Reverse(out)
	return out
}
