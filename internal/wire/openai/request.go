package openai

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// Invalid makes the error for a request member that is not as it must be.
func Invalid(param, format string, args ...any) *llm.Error {
	e := llm.Errorf(llm.KindInvalid, "invalid_value", format, args...)
	e.Param = param
	return e
}

// KindName says in words what kind of value v is.
func KindName(v jsonspan.Value) string {
	switch v.Kind() {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "nothing"
}

// Model reads the required "model" member.
func Model(doc *jsonspan.Doc) (string, error) {
	v, ok := doc.Get("model")
	if !ok {
		e := Invalid("model", "model is missing: name the model to use, e.g. \"model\": \"gpt-5\"")
		e.Code = "missing_required_parameter"
		return "", e
	}
	s, ok := v.String()
	if !ok {
		return "", Invalid("model", "model must be a string, not %s", KindName(v))
	}
	if s == "" {
		return "", Invalid("model", "model must not be empty")
	}
	return s, nil
}
