package openairesponses

import (
	"fmt"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// The functions below make the errors of DecodeRequest: what is wrong, where,
// and what would be right. Their codes are OpenAI's.

func wrongType(path, want string, got llm.Raw) error {
	e := llm.Errorf(llm.KindInvalid, "invalid_type",
		"Invalid type for '%s': expected %s, but got %s instead.", path, want, describe(got))
	e.Param = path
	return e
}

func missing(path string) error {
	e := llm.Errorf(llm.KindInvalid, "missing_required_parameter", "Missing required parameter: '%s'.", path)
	e.Param = path
	return e
}

func badValue(path, got string, allowed ...string) error {
	e := llm.Errorf(llm.KindInvalid, "invalid_value",
		"Invalid value: '%s' for '%s'. Supported values are: '%s'.", clip(got), path, strings.Join(allowed, "', '"))
	e.Param = path
	return e
}

// describe names what a value is, as the API does.
func describe(v llm.Raw) string {
	switch wirejson.KindOf(v) {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case '0':
		if _, ok := wirejson.Int(v); ok {
			return "an integer"
		}
		return "a decimal number"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "nothing"
}

// clip bounds what an error repeats of the request.
func clip(s string) string {
	const limit = 64
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// The want functions read one value of a type; null is the type's zero.

func wantText(path string, v llm.Raw) (string, error) {
	if wirejson.IsNull(v) {
		return "", nil
	}
	s, ok := wirejson.Text(v)
	if !ok {
		return "", wrongType(path, "a string", v)
	}
	return s, nil
}

func wantBool(path string, v llm.Raw) (*bool, error) {
	if wirejson.IsNull(v) {
		return nil, nil
	}
	b, ok := wirejson.Bool(v)
	if !ok {
		return nil, wrongType(path, "a boolean", v)
	}
	return &b, nil
}

func wantInt(path string, v llm.Raw) (*int64, error) {
	if wirejson.IsNull(v) {
		return nil, nil
	}
	n, ok := wirejson.Int(v)
	if !ok {
		return nil, wrongType(path, "an integer", v)
	}
	return &n, nil
}

func wantFloat(path string, v llm.Raw) (*float64, error) {
	if wirejson.IsNull(v) {
		return nil, nil
	}
	f, ok := wirejson.Float(v)
	if !ok {
		return nil, wrongType(path, "a number", v)
	}
	return &f, nil
}

func wantObject(path string, v llm.Raw) error {
	if wirejson.KindOf(v) != '{' {
		return wrongType(path, "an object", v)
	}
	return nil
}

func wantArray(path string, v llm.Raw) error {
	if wirejson.KindOf(v) != '[' {
		return wrongType(path, "an array", v)
	}
	return nil
}
