package anthropic

import (
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// What the API takes of JSON Schema where it holds the model to one (structured
// outputs, tools with strict): all else is refused, and every object must say
// additionalProperties:false.
// https://platform.claude.com/docs/en/build-with-claude/structured-outputs
var (
	schemaPlain = []string{"type", "title", "enum", "const", "default", "required", "pattern", "$ref", "$schema", "$id", "$comment", "examples"}
	schemaLists = []string{"anyOf", "allOf"}
	schemaMaps  = []string{"properties", "$defs", "definitions"}

	schemaFormats = []string{
		"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid",
	}
)

// maxSchemaDepth bounds the nesting of a schema that is gone into.
const maxSchemaDepth = 64

// safeInteger is a bound that says nothing: generators put it on every integer
// of JavaScript.
const safeInteger = "9007199254740991"

// strictSchema returns the schema in the words that the API takes, and whether
// it had to say something else. What it cannot enforce goes into descriptions,
// where the model reads it.
func strictSchema(schema llm.Raw) (llm.Raw, bool) {
	c := schemaCleaner{}
	out := c.clean(schema, 0)
	return out, c.changed
}

type schemaCleaner struct{ changed bool }

// node is one schema being written.
type node struct {
	w           writer
	description string
	hints       []string
	object      bool // it describes an object
	closed      bool // additionalProperties:false stands in it
}

func (c *schemaCleaner) clean(schema llm.Raw, depth int) llm.Raw {
	if wirejson.KindOf(schema) != '{' || depth > maxSchemaDepth {
		return schema // true, false or what the API will judge
	}
	n := &node{}
	n.w.open('{')
	for name, v := range wirejson.Members(schema) {
		c.member(n, string(name), v, depth)
	}
	if n.object && !n.closed {
		c.changed = true
		n.w.raw("additionalProperties", llm.Raw("false"))
	}
	if len(n.hints) > 0 {
		c.changed = true
		n.description = strings.TrimSpace(n.description + " {" + strings.Join(n.hints, ", ") + "}")
	}
	n.w.optStr("description", n.description)
	n.w.close('}')
	return n.w.b
}

func (c *schemaCleaner) member(n *node, name string, v llm.Raw, depth int) {
	switch {
	case name == "description":
		n.description, _ = wirejson.Text(v)
	case name == "additionalProperties":
		n.object = true
		if n.closed = string(v) == "false"; n.closed {
			n.w.raw(name, v)
		}
	case name == "oneOf":
		c.changed = true
		c.list(n, "anyOf", v, depth)
	case slices.Contains(schemaLists, name):
		c.list(n, name, v, depth)
	case slices.Contains(schemaMaps, name):
		n.object = n.object || name == "properties"
		c.mapping(n, name, v, depth)
	case name == "items":
		n.w.raw(name, c.clean(v, depth+1))
	case name == "format":
		c.format(n, v)
	case name == "minItems" && (string(v) == "0" || string(v) == "1"):
		n.w.raw(name, v)
	case slices.Contains(schemaPlain, name):
		n.object = n.object || name == "type" && strings.Contains(string(v), `"object"`)
		n.w.raw(name, v)
	default:
		c.hint(n, name, v)
	}
}

// hint takes a word out that the API refuses. Its value stays readable unless
// it is long or says nothing.
func (c *schemaCleaner) hint(n *node, name string, v llm.Raw) {
	c.changed = true
	const readable = 200
	if len(v) <= readable && strings.TrimPrefix(string(v), "-") != safeInteger {
		n.hints = append(n.hints, name+": "+string(v))
	}
}

func (c *schemaCleaner) format(n *node, v llm.Raw) {
	if s, _ := wirejson.Text(v); !slices.Contains(schemaFormats, s) {
		c.hint(n, "format", v)
		return
	}
	n.w.raw("format", v)
}

func (c *schemaCleaner) list(n *node, name string, v llm.Raw, depth int) {
	if wirejson.KindOf(v) != '[' {
		n.w.raw(name, v)
		return
	}
	n.w.begin(name, '[')
	for _, e := range wirejson.Elements(v) {
		n.w.b = append(wirejson.AppendSep(n.w.b), c.clean(e, depth+1)...)
	}
	n.w.close(']')
}

func (c *schemaCleaner) mapping(n *node, name string, v llm.Raw, depth int) {
	if wirejson.KindOf(v) != '{' {
		n.w.raw(name, v)
		return
	}
	n.w.begin(name, '{')
	for key, e := range wirejson.Members(v) {
		n.w.raw(string(key), c.clean(e, depth+1))
	}
	n.w.close('}')
}
