// Package toolmap carries the names and kinds of a client's tools through an
// upstream of another protocol and back.
//
// On the way out, tools get names that the upstream's protocol takes: tools in
// namespaces are flattened to Namespace + "__" + Name where there are none,
// and names that are illegal or that would collide are replaced. On the way
// back, calls come by the client's own name, namespace and kind; the function
// that stands for a custom (free-form) tool is taken off its text again.
//
// Names are a function of the request alone, so that every turn of a
// conversation, and every replica, gives the same ones: prompts stay cached.
package toolmap

import (
	"github.com/plexus-gateway/plexus/internal/llm"
)

// Map is the mapping of one request. It is safe for concurrent use.
type Map struct {
	req *llm.Request // as the upstream's codec gets it
	// back finds the client's tool by the name its calls come under. It is nil
	// where every call comes as the client knows it.
	back map[name]*tool
}

// name is what a tool is called by. On the wire of most protocols the
// namespace is always empty.
type name struct{ namespace, name string }

// flat is the name that codecs of protocols without namespaces write.
func (n name) flat() string {
	if n.namespace == "" {
		return n.name
	}
	return n.namespace + separator + n.name
}

const separator = "__"

// tool is one of the client's.
type tool struct {
	name
	custom bool
}

// New maps the tools of req for an upstream that speaks out. Neither req nor
// what it points to is changed. A request whose tools need no mapping costs one
// look at each of them.
func New(req *llm.Request, out llm.Protocol) *Map {
	m := &Map{req: req}
	r := ruleOf(out)
	if !needed(req, r) {
		return m
	}
	n := newNaming(req, r)
	m.req = n.request(req)
	m.back = n.back()
	return m
}

// Request returns the request as it is to be encoded: the one that was given,
// or a copy, which shares what did not change, with other names.
func (m *Map) Request() *llm.Request { return m.req }

// needed reports whether a tool's calls may look different to upstream and client.
func needed(req *llm.Request, r rule) bool {
	for i := range req.Tools {
		t := &req.Tools[i]
		if t.Kind == llm.ToolServer {
			continue
		}
		if t.Kind == llm.ToolCustom && !r.customs || !r.takes(name{t.Namespace, t.Name}) {
			return true
		}
	}
	for i := range req.Messages {
		for _, b := range req.Messages[i].Blocks {
			switch b := b.(type) {
			case *llm.Opaque:
				if !r.offers && isOffer(b) {
					return true
				}
			case *llm.ToolCall:
				if b.Kind != llm.ToolServer && !r.takes(name{b.Namespace, b.Name}) {
					return true
				}
			case *llm.ToolResult:
				if b.Name != "" && !r.takes(name{name: b.Name}) {
					return true
				}
			}
		}
	}
	return false
}
