package gemini

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// node is one JSON value of a schema, with the order of its members kept.
type node struct {
	kind    byte // as wirejson.KindOf
	raw     llm.Raw
	members []namedNode // of an object
	items   []*node     // of an array
}

type namedNode struct {
	name string
	*node
}

// maxSchemaDepth bounds the nesting of a schema that is taken apart. What lies
// deeper is left as it is by toJSONSchema and cut off by the cleaner.
const maxSchemaDepth = 64

// parseNode takes checked JSON apart.
func parseNode(raw llm.Raw, depth int) *node {
	n := &node{kind: wirejson.KindOf(raw), raw: raw}
	if depth >= maxSchemaDepth {
		return n
	}
	switch n.kind {
	case '{':
		for name, v := range wirejson.Members(raw) {
			n.members = append(n.members, namedNode{string(name), parseNode(v, depth+1)})
		}
	case '[':
		for _, v := range wirejson.Elements(raw) {
			n.items = append(n.items, parseNode(v, depth+1))
		}
	}
	return n
}

// get returns the member of the name, or nil.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for _, m := range n.members {
		if m.name == name {
			return m.node
		}
	}
	return nil
}

// text returns the value of a string, "" for anything else.
func (n *node) text() string {
	if n == nil {
		return ""
	}
	s, _ := wirejson.Text(n.raw)
	return s
}

func (n *node) isTrue() bool { return n != nil && n.kind == 't' }

// pointer follows a JSON Pointer fragment ("#/$defs/a") from the root.
func (n *node) pointer(ref string) *node {
	path, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil
	}
	for path != "" && n != nil {
		path, ok = strings.CutPrefix(path, "/")
		if !ok {
			return nil
		}
		var step string
		if i := strings.IndexByte(path, '/'); i >= 0 {
			step, path = path[:i], path[i:]
		} else {
			step, path = path, ""
		}
		n = n.step(unescapePointer(step))
	}
	return n
}

func (n *node) step(name string) *node {
	if n.kind != '[' {
		return n.get(name)
	}
	i := 0
	for _, c := range name {
		if c < '0' || c > '9' || i > len(n.items) {
			return nil
		}
		i = i*10 + int(c-'0')
	}
	if name == "" || i >= len(n.items) {
		return nil
	}
	return n.items[i]
}

var pointerEscapes = strings.NewReplacer("%25", "%", "%24", "$", "%2F", "/", "%2f", "/", "%20", " ", "~1", "/", "~0", "~")

func unescapePointer(s string) string { return pointerEscapes.Replace(s) }

// write renders the value, compactly.
func (n *node) write(w *writer) {
	switch {
	case n.kind == '{' && (n.members != nil || countMembers(n.raw) == 0):
		w.open('{')
		for _, m := range n.members {
			w.key(m.name)
			m.write(w)
		}
		w.shut('}')
	case n.kind == '[' && (n.items != nil || countElements(n.raw) == 0):
		w.open('[')
		for _, item := range n.items {
			w.elem()
			item.write(w)
		}
		w.shut(']')
	default:
		w.buf = append(w.buf, n.raw...)
	}
}

func countElements(arr llm.Raw) int {
	n := 0
	for range wirejson.Elements(arr) {
		n++
	}
	return n
}

// Literals.
func quoted(s string) *node {
	return &node{kind: '"', raw: wirejson.AppendText(nil, s)}
}

func literal(s string) *node { return &node{kind: wirejson.KindOf([]byte(s)), raw: llm.Raw(s)} }
