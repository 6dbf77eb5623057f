package openai

import (
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Strict returns whether the schema of an answer is to be enforced, for a
// request that the client made in the protocol source. Those of others enforce
// every schema; here that is asked for, of schemas that keep to rules of their
// own. lost: the client expects it, and the schema does not allow it.
func Strict(f *llm.Format, source llm.Protocol) (strict *bool, lost bool) {
	enforced := source != "" && !strings.HasPrefix(string(source), "openai.")
	if !enforced || f.Strict != nil {
		return f.Strict, false
	}
	if !keepsRules(f.Schema) {
		return nil, true
	}
	yes := true
	return &yes, false
}

// Limits of schemas that are enforced.
// https://platform.openai.com/docs/guides/structured-outputs
const (
	maxStrictDepth      = 10
	maxStrictProperties = 5000
	maxStrictEnum       = 1000
)

// strictWords are the keywords that such a schema may have, each with what its
// value is.
var strictWords = map[string]wordKind{
	"type": wordPlain, "description": wordPlain, "title": wordPlain, "enum": wordEnum, "const": wordPlain,
	"pattern": wordPlain, "format": wordPlain, "$ref": wordPlain, "$schema": wordPlain,
	"multipleOf": wordPlain, "maximum": wordPlain, "exclusiveMaximum": wordPlain, "minimum": wordPlain,
	"exclusiveMinimum": wordPlain, "minItems": wordPlain, "maxItems": wordPlain, "required": wordPlain,
	"additionalProperties": wordPlain, // see object
	"items":                wordSchema, "anyOf": wordList,
	"properties": wordMap, "$defs": wordMap, "definitions": wordMap,
}

// wordKind says what the value of a keyword is.
type wordKind uint8

const (
	wordPlain wordKind = iota + 1
	wordEnum
	wordSchema
	wordList // of schemas
	wordMap  // of names to schemas
)

// strictCheck goes through one schema.
type strictCheck struct{ properties int }

// keepsRules reports whether OpenAI enforces a schema: its root is an object,
// all objects list all their properties as required and allow no other, and no
// keyword is there that is not known.
func keepsRules(schema llm.Raw) bool {
	var root any
	if json.Unmarshal(schema, &root) != nil {
		return false
	}
	object, ok := root.(map[string]any)
	if !ok || object["type"] != "object" || object["anyOf"] != nil {
		return false
	}
	c := &strictCheck{}
	return c.schema(root, 1) && c.properties <= maxStrictProperties
}

func (c *strictCheck) schema(v any, depth int) bool {
	object, ok := v.(map[string]any)
	if !ok || depth > maxStrictDepth || !c.object(object) {
		return false
	}
	for word, value := range object {
		if !c.word(strictWords[word], value, depth) {
			return false
		}
	}
	return true
}

func (c *strictCheck) word(kind wordKind, value any, depth int) bool {
	switch kind {
	case wordPlain:
		return true
	case wordEnum:
		list, ok := value.([]any)
		return ok && len(list) <= maxStrictEnum
	case wordSchema:
		return c.schema(value, depth+1)
	case wordList:
		list, ok := value.([]any)
		for _, e := range list {
			ok = ok && c.schema(e, depth)
		}
		return ok
	case wordMap:
		all, ok := value.(map[string]any)
		c.properties += len(all)
		for _, e := range all {
			ok = ok && c.schema(e, depth+1)
		}
		return ok
	}
	return false
}

// object checks what is demanded of a schema that describes objects.
func (c *strictCheck) object(s map[string]any) bool {
	properties, has := s["properties"].(map[string]any)
	if !has && !describesObject(s["type"]) {
		return s["additionalProperties"] == nil
	}
	if s["additionalProperties"] != false {
		return false
	}
	listed := map[any]bool{}
	required, _ := s["required"].([]any)
	for _, name := range required {
		listed[name] = true
	}
	for name := range properties {
		if !listed[name] {
			return false
		}
	}
	return true
}

// describesObject reports whether a type, or one of several, is object.
func describesObject(kind any) bool {
	list, several := kind.([]any)
	if !several {
		return kind == "object"
	}
	for _, k := range list {
		if k == "object" {
			return true
		}
	}
	return false
}
