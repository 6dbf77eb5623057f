package toolmap

import (
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// request returns req with the names of the wire: req itself if they are those
// that a codec writes anyway.
func (n *naming) request(req *llm.Request) *llm.Request {
	out := *req
	changed := n.offers(&out)
	changed = n.withoutOffers(&out) || changed
	changed = n.choice(&out) || changed
	changed = n.messages(&out) || changed
	if !changed {
		return req
	}
	return &out
}

// renamed returns what a tool is called by in the request that is encoded, and
// whether that is news to the codec. Codecs flatten namespaces by themselves.
func (n *naming) renamed(from name) (name, bool) {
	to, ok := n.wire[from]
	if !ok || to == from || !n.rule.namespaces && to.name == from.flat() {
		return from, false
	}
	return to, true
}

// offers renames the tools that are offered.
func (n *naming) offers(r *llm.Request) bool {
	shared := true
	for i := range r.Tools {
		t := &r.Tools[i]
		to, news := n.renamed(name{t.Namespace, t.Name})
		if t.Kind == llm.ToolServer || !news {
			continue
		}
		if shared {
			r.Tools, shared = slices.Clone(r.Tools), false
			t = &r.Tools[i]
		}
		t.Namespace, t.Name = to.namespace, to.name
	}
	return !shared
}

// mention returns the word for a tool where only its name is said.
func (n *naming) mention(word string) string {
	from, ok := n.known[word]
	if !ok {
		return word
	}
	return n.wire[from].name
}

// choice renames the tools that must or may be called.
func (n *naming) choice(r *llm.Request) bool {
	c := r.ToolChoice
	if c == nil || c.Kind == llm.ToolServer {
		return false
	}
	out := *c
	switch c.Mode { //nolint:exhaustive // the other modes name no tool of ours
	case llm.ToolModeNamed:
		out.Name = n.mention(c.Name)
	case llm.ToolModeAllowed:
		out.Allowed = slices.Clone(c.Allowed)
		for i, word := range c.Allowed {
			out.Allowed[i] = n.mention(word)
		}
	}
	if out.Name == c.Name && slices.Equal(out.Allowed, c.Allowed) {
		return false
	}
	out.Native = nil // it says the old names
	r.ToolChoice = &out
	return true
}

// messages renames the tools that were called before.
func (n *naming) messages(r *llm.Request) bool {
	calls := map[string]name{} // by id
	shared := true
	for i := range r.Messages {
		blocks := n.blocks(r.Messages[i].Blocks, calls)
		if blocks == nil {
			continue
		}
		if shared {
			r.Messages, shared = slices.Clone(r.Messages), false
		}
		r.Messages[i].Blocks = blocks
	}
	return !shared
}

// blocks returns the blocks with other names; nil when nothing changes.
func (n *naming) blocks(blocks []llm.Block, calls map[string]name) (out []llm.Block) {
	for i, b := range blocks {
		var fresh llm.Block
		switch b := b.(type) {
		case *llm.ToolCall:
			fresh = n.call(b, calls)
		case *llm.ToolResult:
			fresh = n.result(b, calls)
		}
		if fresh == nil {
			continue
		}
		if out == nil {
			out = slices.Clone(blocks)
		}
		out[i] = fresh
	}
	return out
}

// call returns the call under its other name, or nil.
func (n *naming) call(c *llm.ToolCall, calls map[string]name) llm.Block {
	if c.Kind == llm.ToolServer {
		return nil
	}
	from := name{c.Namespace, c.Name}
	calls[c.CallID] = from
	to, news := n.renamed(from)
	if !news {
		return nil
	}
	out := *c
	out.Namespace, out.Name = to.namespace, to.name
	return &out
}

// result returns the result under the name of the call it answers, or nil.
func (n *naming) result(r *llm.ToolResult, calls map[string]name) llm.Block {
	if r.Name == "" {
		return nil
	}
	to := n.mention(r.Name)
	if from, ok := calls[r.CallID]; ok && (r.Name == from.name || r.Name == from.flat()) {
		to = n.wire[from].name
	}
	if !n.rule.legal(to) { // nobody called it
		to = n.rule.legalise(to)
		if !n.rule.any {
			to = to[:min(len(to), n.rule.max)]
		}
	}
	if to == r.Name {
		return nil
	}
	out := *r
	out.Name = to
	return &out
}
