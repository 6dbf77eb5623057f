package gemini

import (
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// The cleaner brings a JSON Schema into the subset of OpenAPI that the API's
// Schema message has (ai.google.dev/api/caching#Schema): unknown keywords make
// the API refuse the whole request.

// maxSchemaNodes bounds what inlining of references may grow a schema to.
const maxSchemaNodes = 10_000

// schemaUse says where a schema will stand.
type schemaUse byte

const (
	useParameters schemaUse = 'p' // of a function: always an object
	useResponse   schemaUse = 'r'
)

// cleanSchema returns raw, a checked JSON Schema, in the API's subset, and
// whether it says less than before. A function without parameters gives nil.
func cleanSchema(raw llm.Raw, use schemaUse) (cleaned llm.Raw, lossy bool) {
	root := parseNode(raw, 0)
	c := &cleaner{root: root, budget: maxSchemaNodes}
	s := c.schema(root)
	if use == useParameters {
		s = c.parameters(s)
		if s == nil {
			return nil, c.lossy
		}
	}
	return jsonOf(s.write), c.lossy
}

// cleaner holds the state of cleaning one schema.
type cleaner struct {
	root   *node
	refs   []string // being inlined
	depth  int
	budget int // nodes that may still be written
	lossy  bool
}

// subset is a schema of the API's subset, in the order it is written.
type subset struct {
	typ        string // upper case
	nullable   bool
	enum       []string
	items      *subset
	properties []namedSubset
	required   []string
	anyOf      []*subset
	keep       []namedNode // keywords that need no change
}

type namedSubset struct {
	name string
	*subset
}

// anything stands for a schema that says nothing: the API wants a type.
func (c *cleaner) anything() *subset {
	c.lossy = true
	return &subset{typ: "STRING"}
}

// schema cleans one schema.
func (c *cleaner) schema(n *node) *subset {
	c.budget--
	if c.budget < 0 || c.depth > maxSchemaDepth {
		c.lossy = true
		return &subset{typ: "OBJECT"}
	}
	c.depth++
	defer func() { c.depth-- }()
	if n.kind != '{' { // true, false, or garbage
		return c.anything()
	}
	if ref := n.get("$ref"); ref != nil {
		return c.reference(n, ref.text())
	}
	if n.get("allOf") != nil {
		return c.within(func() *subset { return c.schema(c.mergeAll(n)) })
	}
	if union := firstOf(n.get("anyOf"), n.get("oneOf")); union != nil && len(union.items) > 0 {
		return c.union(n, union)
	}
	return c.plain(n)
}

// plain cleans a schema without references and unions.
func (c *cleaner) plain(n *node) *subset {
	types, nullable := c.types(n)
	if len(types) > 1 && (n.get("enum") != nil || n.get("const") != nil) {
		types = []string{"STRING"} // what values become, whatever their types
	}
	var out []*subset
	for _, t := range types {
		out = append(out, c.typed(n, t))
	}
	if len(out) == 0 && !nullable {
		return c.untyped(n)
	}
	return either(out, nullable, n)
}

// untyped is anything with its description kept.
func (c *cleaner) untyped(n *node) *subset {
	s := c.anything()
	s.keep = described(n)
	return s
}

// types returns the types of a schema in upper case, without NULL, and whether
// null is allowed. Without a type it is inferred from the other keywords.
func (c *cleaner) types(n *node) (types []string, nullable bool) {
	nullable = n.get("nullable").isTrue()
	add := func(t string) {
		t = strings.ToUpper(t)
		switch {
		case t == "NULL":
			nullable = true
		case jsonTypes[t] == "":
			c.lossy = true
		case !slices.Contains(types, t):
			types = append(types, t)
		}
	}
	typ := n.get("type")
	if typ != nil && typ.kind == '"' {
		add(typ.text())
	}
	if typ != nil {
		for _, item := range typ.items {
			add(item.text())
		}
	}
	if len(types) == 0 && (typ == nil || !nullable) {
		if t := inferred(n); t != "" {
			types = append(types, t)
		}
	}
	return types, nullable
}

func inferred(n *node) string {
	switch {
	case n.get("properties") != nil, n.get("additionalProperties") != nil && n.get("additionalProperties").kind == '{':
		return "OBJECT"
	case n.get("items") != nil, n.get("prefixItems") != nil:
		return "ARRAY"
	}
	sample := n.get("const")
	if e := n.get("enum"); e != nil {
		for _, item := range e.items {
			if item.kind != 'n' {
				sample = item
				break
			}
		}
	}
	if sample == nil {
		return ""
	}
	switch sample.kind {
	case '"':
		return "STRING"
	case '0':
		if _, ok := wirejson.Int(sample.raw); ok {
			return "INTEGER"
		}
		return "NUMBER"
	case 't', 'f':
		return "BOOLEAN"
	}
	return ""
}
