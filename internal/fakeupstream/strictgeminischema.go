package fakeupstream

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// geminiNode is the API's Schema: a subset of OpenAPI 3.0's, not JSON Schema.
// https://ai.google.dev/api/caching#Schema.
type geminiNode struct {
	Type             string                    `json:"type"`
	Format           string                    `json:"format"`
	Title            *string                   `json:"title"`
	Description      *string                   `json:"description"`
	Nullable         *bool                     `json:"nullable"`
	Enum             []string                  `json:"enum"`
	MaxItems         jsontext.Value            `json:"maxItems"`
	MinItems         jsontext.Value            `json:"minItems"`
	Properties       map[string]jsontext.Value `json:"properties"`
	Required         []string                  `json:"required"`
	MinProperties    jsontext.Value            `json:"minProperties"`
	MaxProperties    jsontext.Value            `json:"maxProperties"`
	MinLength        jsontext.Value            `json:"minLength"`
	MaxLength        jsontext.Value            `json:"maxLength"`
	Pattern          *string                   `json:"pattern"`
	Example          jsontext.Value            `json:"example"`
	AnyOf            []jsontext.Value          `json:"anyOf"`
	PropertyOrdering []string                  `json:"propertyOrdering"`
	Default          jsontext.Value            `json:"default"`
	Items            jsontext.Value            `json:"items"`
	Minimum          *float64                  `json:"minimum"`
	Maximum          *float64                  `json:"maximum"`
}

// geminiSchema checks a schema in the API's own form.
func geminiSchema(a at) *refusal {
	var n geminiNode
	if f := a.strictly(&n, lowerCamel()); f != nil {
		return geminiFlaw(f)
	}
	if no := n.check(a); no != nil {
		return no
	}
	for _, name := range sortedNames(n.Properties) {
		if no := geminiSchema(at{a.with("properties", name), n.Properties[name]}); no != nil {
			return no
		}
	}
	if len(n.Items) > 0 {
		if no := geminiSchema(a.in("items", n.Items)); no != nil {
			return no
		}
	}
	for i, raw := range n.AnyOf {
		if no := geminiSchema(at{a.with("anyOf", strconv.Itoa(i)), raw}); no != nil {
			return no
		}
	}
	return nil
}

// check checks the node without what is below it.
func (n *geminiNode) check(a at) *refusal {
	where := "* GenerateContentRequest." + snake(brackets(a.path))
	kind := strings.ToUpper(n.Type)
	kinds := []string{"", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}
	switch {
	case !slices.Contains(kinds, kind):
		return invalid("Invalid value at '" + snake(brackets(a.with("type"))) + "' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), \"" + n.Type + "\"")
	case kind == "" && len(n.AnyOf) == 0:
		return invalid(where + ".type: must be specified")
	case kind == "ARRAY" && len(n.Items) == 0:
		return invalid(where + ".items: missing field.")
	case kind == "OBJECT" && n.Properties != nil && len(n.Properties) == 0:
		return invalid(where + ".properties: should be non-empty for OBJECT type")
	case kind != "OBJECT" && len(n.Properties) > 0:
		return invalid(where + ".properties: only allowed for OBJECT type")
	case len(n.Enum) > 0 && kind != "STRING":
		return invalid(where + ".enum: only allowed for STRING type")
	case slices.Contains(n.Enum, ""):
		return invalid(where + ".enum[0]: cannot be empty")
	case kind == "STRING" && !slices.Contains([]string{"", "enum", "date-time"}, n.Format):
		return invalid(where + ".format: only 'enum' and 'date-time' are supported for STRING type")
	}
	for i, name := range n.Required {
		if _, ok := n.Properties[name]; !ok {
			return invalid(where + ".required[" + strconv.Itoa(i) + "]: property is not defined")
		}
	}
	return nil
}
