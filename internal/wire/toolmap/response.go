package toolmap

import (
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Response returns resp with calls as the client's tools are called: resp
// itself when all are, else a copy that shares what did not change.
func (m *Map) Response(resp *llm.Response) *llm.Response {
	if m.back == nil || resp == nil {
		return resp
	}
	out := *resp
	shared := true
	for i := range resp.Choices {
		blocks := m.restoreAll(resp.Choices[i].Blocks)
		if blocks == nil {
			continue
		}
		if shared {
			out.Choices, shared = slices.Clone(resp.Choices), false
		}
		out.Choices[i].Blocks = blocks
	}
	if shared {
		return resp
	}
	return &out
}

// restoreAll returns the blocks with the client's calls; nil when nothing changes.
func (m *Map) restoreAll(blocks []llm.Block) (out []llm.Block) {
	for i, b := range blocks {
		c, ok := b.(*llm.ToolCall)
		if !ok {
			continue
		}
		own, wrapped := m.restore(c)
		if own == c {
			continue
		}
		if wrapped {
			own.Input = llm.Raw(unwrap(string(c.Input)))
		}
		if out == nil {
			out = slices.Clone(blocks)
		}
		out[i] = own
	}
	return out
}

// restore returns the call by the client's name and kind: c itself, or a copy.
// wrapped says that its input is still that of the function which stands for a
// custom tool.
func (m *Map) restore(c *llm.ToolCall) (own *llm.ToolCall, wrapped bool) {
	t := m.back[name{c.Namespace, c.Name}]
	if t == nil || c.Kind == llm.ToolServer {
		return c, false
	}
	wrapped = t.custom && c.Kind != llm.ToolCustom
	if !wrapped && t.namespace == c.Namespace && t.name.name == c.Name {
		return c, false
	}
	out := *c
	out.Namespace, out.Name = t.namespace, t.name.name
	if wrapped {
		out.Kind = llm.ToolCustom
	}
	return &out, wrapped
}
