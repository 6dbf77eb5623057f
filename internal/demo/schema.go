package demo

import (
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds recursive schemas.
const maxDepth = 12

// schema is the part of JSON Schema the generator honours.
type schema struct {
	Ref              string                    `json:"$ref"`
	Type             jsontext.Value            `json:"type"`
	Enum             []jsontext.Value          `json:"enum"`
	Const            jsontext.Value            `json:"const"`
	Default          jsontext.Value            `json:"default"`
	Examples         []jsontext.Value          `json:"examples"`
	Properties       map[string]jsontext.Value `json:"properties"`
	Required         []string                  `json:"required"`
	Items            jsontext.Value            `json:"items"`
	AnyOf            []jsontext.Value          `json:"anyOf"`
	OneOf            []jsontext.Value          `json:"oneOf"`
	AllOf            []jsontext.Value          `json:"allOf"`
	Format           string                    `json:"format"`
	MinLength        int                       `json:"minLength"`
	MaxLength        *int                      `json:"maxLength"`
	MinItems         int                       `json:"minItems"`
	Minimum          *float64                  `json:"minimum"`
	Maximum          *float64                  `json:"maximum"`
	ExclusiveMinimum *float64                  `json:"exclusiveMinimum"`
	MultipleOf       *float64                  `json:"multipleOf"`
}

// generator makes a value that satisfies a schema, always the same one.
type generator struct{ root jsontext.Value }

// value returns a JSON text for the schema. name is the property's, which
// colours the strings made up for it.
func (g generator) value(name string, raw jsontext.Value, depth int) string {
	var s schema
	if depth > maxDepth || json.Unmarshal(raw, &s) != nil {
		return "null" // also the schemas true and false
	}
	if s.Ref != "" {
		return g.value(name, g.resolve(s.Ref), depth+1)
	}
	if fixed := s.fixed(); fixed != "" {
		return fixed
	}
	for _, branches := range [][]jsontext.Value{s.AnyOf, s.OneOf} {
		if len(branches) > 0 {
			return g.value(name, branches[0], depth+1)
		}
	}
	g.merge(&s, depth)
	return g.typed(name, s, depth)
}

// fixed returns the value the schema itself gives, if it gives one.
func (s schema) fixed() string {
	switch {
	case len(s.Const) > 0:
		return string(s.Const)
	case len(s.Enum) > 0:
		return string(s.Enum[0])
	case len(s.Default) > 0 && s.Default.Kind() != 'n':
		return string(s.Default)
	case len(s.Examples) > 0:
		return string(s.Examples[0])
	}
	return ""
}

// merge takes over what the members of allOf say of objects.
func (g generator) merge(s *schema, depth int) {
	for _, raw := range s.AllOf {
		var part schema
		if depth > maxDepth || json.Unmarshal(raw, &part) != nil {
			continue
		}
		if part.Ref != "" && json.Unmarshal(g.resolve(part.Ref), &part) != nil {
			continue
		}
		if s.Properties == nil {
			s.Properties = map[string]jsontext.Value{}
		}
		maps.Copy(s.Properties, part.Properties)
		s.Required = append(s.Required, part.Required...)
		if len(s.Type) == 0 {
			s.Type = part.Type
		}
	}
}

func (g generator) typed(name string, s schema, depth int) string {
	switch s.kind() {
	case "object":
		return g.object(s, depth)
	case "array":
		return g.array(name, s, depth)
	case "string":
		return s.text(name)
	case "integer", "number":
		return s.number()
	case "boolean":
		return "true"
	default:
		return "null"
	}
}

// kind is the type to make: the first that is not null.
func (s schema) kind() string {
	var one string
	if json.Unmarshal(s.Type, &one) == nil && one != "" {
		return one
	}
	var many []string
	if json.Unmarshal(s.Type, &many) == nil {
		for _, t := range many {
			if t != "null" {
				return t
			}
		}
	}
	switch {
	case s.Properties != nil || s.Required != nil:
		return "object"
	case s.Items != nil:
		return "array"
	case len(s.Type) == 0:
		return "string" // anything would do
	}
	return "null"
}

func (g generator) object(s schema, depth int) string {
	members := make([]string, 0, len(s.Required))
	seen := map[string]bool{}
	for _, name := range s.Required {
		if seen[name] {
			continue
		}
		seen[name] = true
		members = append(members, quote(name)+":"+g.value(name, s.Properties[name], depth+1))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (g generator) array(name string, s schema, depth int) string {
	n := s.MinItems
	if n == 0 && s.Items != nil && depth < maxDepth/2 {
		n = 1
	}
	items := make([]string, min(n, 32))
	for i := range items {
		items[i] = g.value(name, s.Items, depth+1)
	}
	return "[" + strings.Join(items, ",") + "]"
}

var formats = map[string]string{
	"date": "2026-11-22", "time": "12:00:00Z", "date-time": "2026-11-22T12:00:00Z", "duration": "PT1H",
	"email": "ada@example.com", "hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
	"uri": "https://example.com/", "url": "https://example.com/", "uuid": "018f2b6c-0000-7000-8000-000000000000",
}

func (s schema) text(name string) string {
	text, ok := formats[s.Format]
	if !ok {
		text = strings.TrimSpace("demo " + strings.ReplaceAll(name, "_", " "))
		for len([]rune(text)) < min(s.MinLength, 1024) {
			text += "."
		}
		if s.MaxLength != nil {
			text = snippet(text, max(*s.MaxLength, 0), "")
		}
	}
	return quote(text)
}

// number returns the integer nearest to 1 within the bounds, or the lower
// bound itself where no integer fits.
func (s schema) number() string {
	v := 1.0
	if s.Maximum != nil {
		v = math.Min(v, math.Floor(*s.Maximum))
	}
	if s.Minimum != nil && v < *s.Minimum {
		v = math.Ceil(*s.Minimum)
	}
	if s.ExclusiveMinimum != nil && v <= *s.ExclusiveMinimum {
		v = math.Floor(*s.ExclusiveMinimum) + 1
	}
	if m := s.MultipleOf; m != nil && *m > 0 {
		v = math.Ceil(v / *m) * *m
	}
	if s.Maximum != nil && s.Minimum != nil && v > *s.Maximum {
		v = *s.Minimum
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// resolve follows a reference inside the document; null when there is nothing.
func (g generator) resolve(ref string) jsontext.Value {
	at := g.root
	pointer, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return jsontext.Value("null")
	}
	for token := range jsontext.Pointer(pointer).Tokens() {
		var members map[string]jsontext.Value
		if json.Unmarshal(at, &members) != nil {
			return jsontext.Value("null")
		}
		at = members[token]
	}
	return at
}

func quote(s string) string {
	b, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		return fmt.Sprintf("%q", "invalid UTF-8")
	}
	return string(b)
}
