package fakeupstream

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// properties returns the names of a schema's top-level properties, sorted.
func properties(schema jsontext.Value) []string {
	var s struct {
		Properties map[string]jsontext.Value `json:"properties"`
	}
	if len(schema) == 0 || json.Unmarshal(schema, &s) != nil {
		return nil
	}
	return sortedNames(s.Properties)
}

// toolDigest is a tool as Digest names it.
func toolDigest(name string, schema jsontext.Value, enforced bool) string {
	mark := ""
	if enforced {
		mark = "!"
	}
	return name + "(" + strings.Join(properties(schema), ",") + ")" + mark
}

// schemaNode is a JSON Schema as far as the providers' checks look into it.
type schemaNode struct {
	Type                 jsontext.Value            `json:"type"`
	Properties           map[string]jsontext.Value `json:"properties"`
	Required             []string                  `json:"required"`
	Items                jsontext.Value            `json:"items"`
	AnyOf                []jsontext.Value          `json:"anyOf"`
	Defs                 map[string]jsontext.Value `json:"$defs"`
	AdditionalProperties jsontext.Value            `json:"additionalProperties"`
}

func (n *schemaNode) is(kind string) bool {
	return string(n.Type) == `"`+kind+`"` || strings.Contains(string(n.Type), `"`+kind+`"`) && n.Type.Kind() == '['
}

// below calls visit for every schema inside the node, in a fixed order, until
// one says what is wrong.
func (n *schemaNode) below(visit func(step []string, raw jsontext.Value) string) string {
	for _, group := range []struct {
		name string
		in   map[string]jsontext.Value
	}{{"properties", n.Properties}, {"$defs", n.Defs}} {
		for _, name := range sortedNames(group.in) {
			if wrong := visit([]string{group.name, name}, group.in[name]); wrong != "" {
				return wrong
			}
		}
	}
	if len(n.Items) > 0 {
		if wrong := visit([]string{"items"}, n.Items); wrong != "" {
			return wrong
		}
	}
	for i, raw := range n.AnyOf {
		if wrong := visit([]string{"anyOf", fmt.Sprint(i)}, raw); wrong != "" {
			return wrong
		}
	}
	return ""
}

func sortedNames[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// openAISchema checks a schema as OpenAI does: arrays say what they hold, and
// in strict mode objects are closed and all their properties are required.
// It returns the end of the error message, "" if all is well.
func openAISchema(raw jsontext.Value, strict bool, way ...string) string {
	var n schemaNode
	if raw.Kind() != '{' {
		return "" // true and false are schemas
	}
	if err := json.Unmarshal(raw, &n); err != nil {
		return "schema is not valid under any of the given schemas"
	}
	in := "In context=(" + strings.Join(quoted(way), ", ") + "), "
	switch {
	case n.is("array") && len(n.Items) == 0:
		return in + "array schema missing items."
	case strict && n.is("object") && string(n.AdditionalProperties) != "false":
		return in + "'additionalProperties' is required to be supplied and to be false."
	}
	for _, name := range sortedNames(n.Properties) {
		if strict && !slices.Contains(n.Required, name) {
			return in + "'required' is required to be supplied and to be an array including every key in properties. Missing '" + name + "'."
		}
	}
	return n.below(func(step []string, raw jsontext.Value) string {
		return openAISchema(raw, strict, append(slices.Clone(way), step...)...)
	})
}

func quoted(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = "'" + w + "'"
	}
	return out
}

// isObjectSchema reports whether a schema says at its top that it is an object.
func isObjectSchema(raw jsontext.Value) bool {
	var n schemaNode
	return len(raw) > 0 && json.Unmarshal(raw, &n) == nil && string(n.Type) == `"object"`
}

// closedSchema checks a schema as Anthropic's structured outputs do: every
// object is closed and numbers have no bounds.
func closedSchema(raw jsontext.Value) string {
	var n schemaNode
	var members map[string]jsontext.Value
	if raw.Kind() != '{' || json.Unmarshal(raw, &n) != nil || json.Unmarshal(raw, &members) != nil {
		return ""
	}
	if n.is("object") && string(n.AdditionalProperties) != "false" {
		return "For 'object' type, 'additionalProperties' must be explicitly set to false"
	}
	for _, kind := range []string{"integer", "number"} {
		for _, bound := range []string{"maximum", "minimum", "multipleOf"} {
			if n.is(kind) && len(members[bound]) > 0 {
				return "For '" + kind + "' type, property '" + bound + "' is not supported"
			}
		}
	}
	for _, bound := range []string{"minLength", "maxLength"} {
		if n.is("string") && len(members[bound]) > 0 {
			return "For 'string' type, property '" + bound + "' is not supported"
		}
	}
	return n.below(func(_ []string, raw jsontext.Value) string { return closedSchema(raw) })
}
