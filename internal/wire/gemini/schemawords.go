package gemini

import (
	"slices"
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// wordTypes names the types at which the API keeps a keyword as it is; nil
// means at every type.
var wordTypes = map[string][]string{
	"title": nil, "description": nil, "default": nil, "example": nil,
	"minItems": {"ARRAY"}, "maxItems": {"ARRAY"},
	"minLength": {"STRING"}, "maxLength": {"STRING"}, "pattern": {"STRING"},
	"minProperties": {"OBJECT"}, "maxProperties": {"OBJECT"}, "propertyOrdering": {"OBJECT"},
	"minimum": {"INTEGER", "NUMBER"}, "maximum": {"INTEGER", "NUMBER"},
}

// formats that the API takes, by type.
var formats = map[string][]string{
	"STRING": {"date-time"}, "NUMBER": {"float", "double"}, "INTEGER": {"int32", "int64"},
}

// silent keywords say nothing about the value, or are dealt with elsewhere.
var silent = map[string]bool{
	"type": true, "nullable": true, "properties": true, "required": true, "items": true,
	"anyOf": true, "oneOf": true, "allOf": true, "prefixItems": true,
	"$schema": true, "$id": true, "$comment": true, "$defs": true, "definitions": true, "$anchor": true,
	"strict": true, "examples": true, "deprecated": true, "readOnly": true, "writeOnly": true,
	"discriminator": true, "xml": true, "externalDocs": true,
}

// typed cleans a schema as one of the given type.
func (c *cleaner) typed(n *node, typ string) *subset {
	s := &subset{typ: typ}
	for _, m := range n.members {
		c.word(s, m)
	}
	switch typ {
	case "OBJECT":
		c.properties(s, n)
	case "ARRAY":
		c.elements(s, n)
	}
	return s
}

// word cleans one keyword.
func (c *cleaner) word(s *subset, m namedNode) {
	types, known := wordTypes[m.name]
	switch {
	case known && (types == nil || slices.Contains(types, s.typ)):
		if keepable(m) {
			s.keep = append(s.keep, m)
		}
	case known, silent[m.name]:
	case m.name == "enum":
		c.enum(s, m.items)
	case m.name == "const":
		c.enum(s, []*node{m.node})
	case m.name == "format":
		c.format(s, m)
	case m.name == "exclusiveMinimum" || m.name == "exclusiveMaximum":
		c.exclusive(s, m)
	case m.name == "additionalProperties":
		// Closed objects lose nothing: the model writes declared members only.
		c.lossy = c.lossy || m.kind == '{' && len(m.members) > 0
	case len(m.name) > 1 && m.name[:2] == "x-":
	default:
		c.lossy = true
	}
}

// keepable: strings where strings belong, anything but null elsewhere.
func keepable(m namedNode) bool {
	switch m.name {
	case "title", "description", "pattern":
		return m.kind == '"'
	case "default", "example":
		return true
	case "propertyOrdering":
		return m.kind == '['
	}
	return m.kind == '0' || m.kind == '"'
}

// enum keeps the values as strings, the only ones the API takes: a numeric enum
// becomes one of strings, null makes the schema nullable, and an enum of
// anything else is left out.
func (c *cleaner) enum(s *subset, values []*node) {
	if s.typ == "OBJECT" || s.typ == "ARRAY" || s.typ == "BOOLEAN" {
		c.lossy = true
		return
	}
	var list []string
	for _, v := range values {
		switch v.kind {
		case '"':
			if t := v.text(); t != "" {
				list = append(list, t)
				continue
			}
			c.lossy = true // an empty string is refused
		case '0':
			c.lossy = true
			list = append(list, string(v.raw))
		case 'n':
			s.nullable = true
		default:
			c.lossy = true
		}
	}
	if len(list) == 0 {
		return
	}
	s.typ = "STRING"
	for _, v := range list {
		if !slices.Contains(s.enum, v) {
			s.enum = append(s.enum, v)
		}
	}
	// Bounds of a number mean nothing to the strings.
	s.keep = slices.DeleteFunc(s.keep, func(m namedNode) bool {
		return m.name == "minimum" || m.name == "maximum" || m.name == "format" || m.name == "default" && m.kind == '0'
	})
}

func (c *cleaner) format(s *subset, m namedNode) {
	f := m.text()
	if f == "enum" { // implied by enum
		return
	}
	if !slices.Contains(formats[s.typ], f) {
		c.lossy = true
		return
	}
	s.keep = append(s.keep, m)
}

// exclusive turns an exclusive bound of an integer into the bound beside it.
func (c *cleaner) exclusive(s *subset, m namedNode) {
	n, ok := wirejson.Int(m.raw)
	if !ok || s.typ != "INTEGER" || n > 1<<53 || n < -(1<<53) {
		c.lossy = true
		return
	}
	name, step := "minimum", int64(1)
	if m.name == "exclusiveMaximum" {
		name, step = "maximum", -1
	}
	s.keep = append(s.keep, namedNode{name, literal(strconv.FormatInt(n+step, 10))})
}

func (c *cleaner) properties(s *subset, n *node) {
	if p := n.get("properties"); p != nil {
		for _, m := range p.members {
			s.properties = append(s.properties, namedSubset{m.name, c.schema(m.node)})
		}
	}
	req := n.get("required")
	if req == nil {
		return
	}
	for _, item := range req.items {
		name := item.text()
		declared := slices.ContainsFunc(s.properties, func(p namedSubset) bool { return p.name == name })
		switch {
		case !declared: // refused by the API
			c.lossy = true
		case !slices.Contains(s.required, name):
			s.required = append(s.required, name)
		}
	}
}

// elements cleans the items of an array. A tuple becomes a list of any of its
// types.
func (c *cleaner) elements(s *subset, n *node) {
	items := n.get("items")
	tuple := n.get("prefixItems")
	if items != nil && items.kind == '[' {
		tuple = items
	}
	switch {
	case tuple != nil && len(tuple.items) > 0:
		c.lossy = true
		s.items = c.union(&node{kind: '{'}, &node{kind: '[', items: tuple.items})
	case items != nil && items.kind == '{':
		s.items = c.schema(items)
	default:
		s.items = c.anything()
	}
}

// parameters fits the root of a function's parameters: an object, whose
// description is the function's. An object without properties is refused, and
// a function without parameters needs none.
func (c *cleaner) parameters(s *subset) *subset {
	if len(s.anyOf) > 0 {
		s = c.joined(s.anyOf)
	}
	if s.typ != "OBJECT" {
		c.lossy = true
		return nil
	}
	s.nullable = false
	s.keep = slices.DeleteFunc(slices.Clone(s.keep), func(m namedNode) bool { return m.name == "description" })
	if len(s.properties) == 0 {
		return nil
	}
	return s
}

// joined makes one object of the branches of a union: all properties, and
// required what every branch requires.
func (c *cleaner) joined(branches []*subset) *subset {
	c.lossy = true
	out := &subset{typ: "OBJECT"}
	first := true
	for _, b := range branches {
		if b.typ != "OBJECT" {
			continue
		}
		for _, p := range b.properties {
			if !slices.ContainsFunc(out.properties, func(q namedSubset) bool { return q.name == p.name }) {
				out.properties = append(out.properties, p)
			}
		}
		if first {
			out.required = slices.Clone(b.required)
		} else {
			out.required = slices.DeleteFunc(out.required, func(r string) bool { return !slices.Contains(b.required, r) })
		}
		first = false
	}
	return out
}

// write renders the schema.
func (s *subset) write(w *writer) {
	w.open('{')
	if s.typ != "" {
		w.str("type", s.typ)
	}
	written := map[string]bool{}
	for i, v := range slices.Backward(s.keep) { // the last of a name wins
		if m := v; written[m.name] {
			s.keep = slices.Delete(s.keep, i, i+1)
		} else {
			written[m.name] = true
		}
	}
	for _, m := range s.keep {
		w.key(m.name)
		m.write(w)
	}
	if s.nullable {
		w.bool("nullable", true)
	}
	if len(s.enum) > 0 {
		w.strings("enum", s.enum)
	}
	if s.items != nil {
		w.key("items")
		s.items.write(w)
	}
	if len(s.properties) > 0 {
		w.object("properties", func() {
			for _, p := range s.properties {
				w.key(p.name)
				p.write(w)
			}
		})
	}
	if len(s.required) > 0 {
		w.strings("required", s.required)
	}
	if len(s.anyOf) > 0 {
		w.array("anyOf", func() {
			for _, b := range s.anyOf {
				w.elem()
				b.write(w)
			}
		})
	}
	w.shut('}')
}

// schemaLoss notes that a schema had to say less.
func schemaLoss(losses *llm.Losses, lossy bool, path string) {
	if lossy {
		losses.Approximate("schema", path)
	}
}
