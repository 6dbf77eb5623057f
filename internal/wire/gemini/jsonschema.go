package gemini

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// toJSONSchema turns the API's Schema (upper-case types, nullable, numbers as
// strings) into JSON Schema. A schema that is JSON Schema already comes back
// as the same bytes.
func toJSONSchema(raw llm.Raw) llm.Raw {
	root := parseNode(raw, 0)
	if !openAPI(root) {
		return raw
	}
	root.jsonSchema()
	return jsonOf(root.write)
}

// jsonTypes maps the API's types to those of JSON Schema.
var jsonTypes = map[string]string{
	"STRING": "string", "NUMBER": "number", "INTEGER": "integer",
	"BOOLEAN": "boolean", "ARRAY": "array", "OBJECT": "object", "NULL": "null",
}

// countKeywords hold int64 in the API, which protocol buffers write as strings.
var countKeywords = map[string]bool{
	"minItems": true, "maxItems": true, "minLength": true, "maxLength": true,
	"minProperties": true, "maxProperties": true,
}

// eachSchema calls fn for the schemas directly inside a schema.
func (n *node) eachSchema(fn func(*node)) {
	for _, m := range n.members {
		switch m.name {
		case "properties", "$defs", "definitions", "patternProperties":
			for _, p := range m.members {
				fn(p.node)
			}
		case "anyOf", "oneOf", "allOf", "prefixItems":
			for _, item := range m.items {
				fn(item)
			}
		case "items", "additionalProperties", "not":
			if m.kind == '{' {
				fn(m.node)
			}
			for _, item := range m.items {
				fn(item)
			}
		}
	}
}

// openAPI reports whether anything in the schema is the API's own way to say it.
func openAPI(n *node) bool {
	for _, m := range n.members {
		switch {
		case m.name == "type" && (jsonTypes[m.text()] != "" || m.text() == "TYPE_UNSPECIFIED"),
			m.name == "nullable", m.name == "propertyOrdering",
			m.name == "format" && m.text() == "enum",
			countKeywords[m.name] && m.kind == '"':
			return true
		}
	}
	found := false
	n.eachSchema(func(c *node) { found = found || openAPI(c) })
	return found
}

// jsonSchema rewrites the schema in place.
func (n *node) jsonSchema() {
	n.eachSchema((*node).jsonSchema)
	nullable := n.get("nullable").isTrue()
	var out []namedNode
	typ := n.get("type")
	name := strings.ToLower(typ.text())
	for _, m := range n.members {
		switch {
		case m.name == "nullable", m.name == "propertyOrdering", m.name == "format" && m.text() == "enum":
			continue
		case m.name == "type" && m.kind == '"':
			if m.text() == "TYPE_UNSPECIFIED" {
				continue
			}
			m.node = typeNode(m.text(), nullable)
		case m.name == "enum" && (name == "integer" || name == "number"):
			m.node = numbers(m.node)
		case countKeywords[m.name] && m.kind == '"' && wirejson.KindOf([]byte(m.text())) == '0':
			m.node = literal(m.text())
		}
		out = append(out, m)
	}
	if nullable {
		out = allowNull(out)
	}
	n.members = out
}

func typeNode(typ string, nullable bool) *node {
	if t := jsonTypes[typ]; t != "" {
		typ = t
	}
	if !nullable || typ == "null" {
		return quoted(typ)
	}
	return &node{kind: '[', items: []*node{quoted(typ), quoted("null")}}
}

// numbers turns an enum of strings into one of numbers, where they are.
func numbers(n *node) *node {
	out := &node{kind: '[', raw: n.raw}
	for _, item := range n.items {
		if s := item.text(); wirejson.KindOf([]byte(s)) == '0' && wirejson.Check([]byte(s)) == nil {
			item = literal(s)
		}
		out.items = append(out.items, item)
	}
	return out
}

// allowNull lets a union and an enum take null.
func allowNull(members []namedNode) []namedNode {
	for i, m := range members {
		switch m.name {
		case "anyOf":
			null := &node{kind: '{', members: []namedNode{{"type", quoted("null")}}}
			members[i].node = &node{kind: '[', items: append(append([]*node{}, m.items...), null)}
		case "enum":
			members[i].node = &node{kind: '[', items: append(append([]*node{}, m.items...), literal("null"))}
		}
	}
	return members
}
