package toolmap

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// naming has the name of every tool that a request speaks of.
type naming struct {
	rule  rule
	tools []*tool // declared ones first, then those that only history knows
	wire  map[name]name
	known map[string]name // by what a choice or a result may call it
}

func newNaming(req *llm.Request, r rule) *naming {
	n := &naming{rule: r, known: map[string]name{}}
	seen := map[name]bool{}
	add := func(t tool) {
		if !seen[t.name] {
			seen[t.name] = true
			n.tools = append(n.tools, &t)
		}
	}
	reserved := map[string]bool{} // names of tools that the upstream runs
	for i := range req.Tools {
		t := &req.Tools[i]
		if t.Kind == llm.ToolServer {
			reserved[t.Name] = true
			continue
		}
		add(tool{name{t.Namespace, t.Name}, t.Kind == llm.ToolCustom})
	}
	for i := range req.Messages {
		for _, b := range req.Messages[i].Blocks {
			if c, ok := b.(*llm.ToolCall); ok && c.Kind != llm.ToolServer {
				add(tool{name{c.Namespace, c.Name}, c.Kind == llm.ToolCustom})
			}
		}
	}
	n.assign(reserved)
	n.index()
	return n
}

// assign gives every tool its name on the wire.
func (n *naming) assign(reserved map[string]bool) {
	all := make([]name, len(n.tools))
	for i, t := range n.tools {
		all[i] = t.name
	}
	n.wire = make(map[name]name, len(all))
	if !n.rule.namespaces {
		for from, to := range n.rule.flatten(all, reserved) {
			n.wire[from] = name{name: to}
		}
		return
	}
	var spaces []name
	groups := map[string][]name{}
	for _, a := range all {
		if groups[a.namespace] == nil && a.namespace != "" {
			spaces = append(spaces, name{name: a.namespace})
		}
		groups[a.namespace] = append(groups[a.namespace], name{name: a.name})
	}
	space := n.rule.flatten(spaces, nil)
	for in, group := range groups {
		taken := reserved
		if in != "" {
			taken = nil
		}
		for from, to := range n.rule.flatten(group, taken) {
			n.wire[name{in, from.name}] = name{space[name{name: in}], to}
		}
	}
}

// flatten gives each of the names, which are distinct, a legal one of its own.
// A name in no namespace that is legal is kept before all others; whatever two
// would be called by gets a hash of what they are.
func (r rule) flatten(all []name, reserved map[string]bool) map[name]string {
	out := make(map[name]string, len(all))
	taken := make(map[string]bool, len(all)+len(reserved))
	for s := range reserved {
		taken[s] = true
	}
	var rest []name
	wanted := map[string]int{}
	for _, n := range all {
		if n.namespace == "" && r.legal(n.name) && !taken[n.name] {
			out[n], taken[n.name] = n.name, true
			continue
		}
		rest = append(rest, n)
		wanted[r.legalise(n.flat())]++
	}
	for _, n := range rest {
		s := r.legalise(n.flat())
		if !r.legal(s) || wanted[s] > 1 || taken[s] {
			continue
		}
		out[n], taken[s] = s, true
	}
	for _, n := range rest {
		if _, done := out[n]; done {
			continue
		}
		s := r.hashed(n, taken)
		out[n], taken[s] = s, true
	}
	return out
}

// hashed returns the name with a hash behind it that nobody else has.
func (r rule) hashed(n name, taken map[string]bool) string {
	const digits = 8
	base := r.legalise(n.flat())
	if limit := r.max - digits - 1; !r.any && len(base) > limit {
		base = base[:limit]
	}
	for i := 0; ; i++ {
		sum := sha256.Sum256([]byte(n.namespace + "\x00" + n.name + "\x00" + strconv.Itoa(i)))
		s := base + "_" + hex.EncodeToString(sum[:])[:digits]
		if !taken[s] {
			return s
		}
	}
}

// index notes by what words a choice or a result may mean a tool: its name, its
// flattened name, and its name without the namespace, in this order.
func (n *naming) index() {
	for _, word := range []func(t *tool) string{
		func(t *tool) string {
			if t.namespace != "" {
				return ""
			}
			return t.name.name
		},
		func(t *tool) string { return t.flat() },
		func(t *tool) string { return t.name.name },
	} {
		for _, t := range n.tools {
			w := word(t)
			if _, ok := n.known[w]; !ok && w != "" {
				n.known[w] = t.name
			}
		}
	}
}

// back returns the tools by what their calls come under; nil when all come as
// the client knows them.
func (n *naming) back() map[name]*tool {
	out := make(map[name]*tool, len(n.tools))
	differ := false
	for _, t := range n.tools {
		to := n.wire[t.name]
		out[to] = t
		differ = differ || to != t.name || t.custom && !n.rule.customs
	}
	if !differ {
		return nil
	}
	return out
}
