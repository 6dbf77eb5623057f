package gemini

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// fieldError says which field is wrong and what would be right. The edges turn
// it into an *llm.Error: KindInvalid for a client, KindUpstream for an upstream.
type fieldError struct {
	path string
	msg  string
}

func (e *fieldError) Error() string {
	if e.path == "" {
		return "the body " + e.msg
	}
	return e.path + ": " + e.msg
}

// wrong says what is wrong with the value at path, relative to the caller.
func wrong(path, format string, args ...any) error {
	return &fieldError{path: path, msg: fmt.Sprintf(format, args...)}
}

// in puts the name of the object or array in which err arose before its path.
// Paths are built only when something is wrong.
func in(name string, err error) error {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*fieldError](err); ok {
		if f.path != "" && f.path[0] != '[' {
			name += "."
		}
		f.path = name + f.path
	}
	return err
}

// asInvalid renders a decoding error for the client that sent the request.
func asInvalid(err error) *llm.Error {
	e := llm.Errorf(llm.KindInvalid, "invalid_argument", "%s", err.Error())
	e.Cause = err
	if f, ok := errors.AsType[*fieldError](err); ok {
		e.Param = f.path
	}
	return e
}

// asUpstream renders a decoding error for an answer that is not of the protocol.
func asUpstream(err error) *llm.Error {
	return &llm.Error{
		Kind: llm.KindUpstream, Scope: llm.ScopeModel, Code: "upstream_malformed",
		Message: "the upstream's answer is not a Gemini response: " + err.Error(), Cause: err,
	}
}

// checked returns body with invalid UTF-8 replaced, which some upstreams send,
// once it is known to be one JSON value.
func checked(body []byte) ([]byte, error) {
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	if err := wirejson.Check(body); err != nil {
		return nil, fmt.Errorf("the body is %w", err)
	}
	return body, nil
}

// field decodes one member into t. Its value is checked JSON without space
// around it.
type field[T any] func(t *T, v llm.Raw) error

// decodeObject hands the members of an object to the fields of their name, in
// either spelling, and returns those without a field, in order. null is absent.
func decodeObject[T any](t *T, raw []byte, fields map[string]field[T]) (llm.Ext, error) {
	if wirejson.KindOf(raw) != '{' {
		return nil, wrong("", "must be an object, not %s", kindName(raw))
	}
	var ext llm.Ext
	for name, v := range wirejson.Members(raw) {
		fn, known := fields[string(name)]
		if !known && bytes.IndexByte(name, '_') >= 0 {
			key := camel(name)
			if fn, known = fields[key]; known && !wirejson.IsNull(wirejson.Member(raw, key)) {
				return nil, wrong(string(name), "is given twice, once in another spelling; give it once, as %s", key)
			}
		}
		if !known {
			ext = append(ext, member(string(name), v))
			continue
		}
		if wirejson.IsNull(v) {
			continue
		}
		if err := fn(t, v); err != nil {
			return nil, in(string(name), err)
		}
	}
	return ext, nil
}

// eachElement calls fn for the elements of an array in order.
func eachElement(raw []byte, fn func(v llm.Raw) error) error {
	if wirejson.KindOf(raw) != '[' {
		return wrong("", "must be an array, not %s", kindName(raw))
	}
	for i, v := range wirejson.Elements(raw) {
		if err := fn(v); err != nil {
			return in("["+strconv.Itoa(i)+"]", err)
		}
	}
	return nil
}

// kindName names the JSON type of v for a message.
func kindName(v []byte) string {
	switch wirejson.KindOf(v) {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '{':
		return "an object"
	case '[':
		return "an array"
	default:
		return "nothing"
	}
}

// camel returns the camelCase spelling of a name that may be in snake_case.
func camel(name []byte) string {
	b := make([]byte, 0, len(name))
	up := false
	for _, c := range name {
		switch {
		case c == '_':
			up = len(b) > 0
		case up && c >= 'a' && c <= 'z':
			b = append(b, c-'a'+'A')
			up = false
		default:
			b = append(b, c)
			up = false
		}
	}
	return string(b)
}

// str reads a string.
func str(v llm.Raw) (string, error) {
	s, ok := wirejson.Text(v)
	if !ok {
		return "", wrong("", "must be a string, not %s", kindName(v))
	}
	return s, nil
}

// number returns a number, which protocol buffers also accept as a string.
func number(v llm.Raw) (llm.Raw, error) {
	switch wirejson.KindOf(v) {
	case '0':
		return v, nil
	case '"':
		s, _ := wirejson.Text(v)
		if s = strings.TrimSpace(s); wirejson.KindOf([]byte(s)) == '0' {
			return llm.Raw(s), nil
		}
	}
	return nil, wrong("", "must be a number, not %s", kindName(v))
}

// integer reads an integer; 40.0 and "40" are integers too.
func integer(v llm.Raw) (int64, error) {
	num, err := number(v)
	if err != nil {
		return 0, err
	}
	n, ok := wirejson.Int(num)
	if !ok {
		return 0, wrong("", "must be an integer, not %.40s", num)
	}
	return n, nil
}

// float reads a finite number.
func float(v llm.Raw) (float64, error) {
	num, err := number(v)
	if err != nil {
		return 0, err
	}
	f, ok := wirejson.Float(num)
	if !ok || math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, wrong("", "must be a finite number, not %.40s", num)
	}
	return f, nil
}

// boolean reads true or false.
func boolean(v llm.Raw) (bool, error) {
	b, ok := wirejson.Bool(v)
	if !ok {
		return false, wrong("", "must be true or false, not %s", kindName(v))
	}
	return b, nil
}

// stringsOf reads an array of strings; an empty one is nil.
func stringsOf(v llm.Raw) ([]string, error) {
	var out []string
	err := eachElement(v, func(v llm.Raw) error {
		s, err := str(v)
		out = append(out, s)
		return err
	})
	return out, err
}

// object checks that v is an object and returns it as it stands.
func object(v llm.Raw) (llm.Raw, error) {
	if wirejson.KindOf(v) != '{' {
		return nil, wrong("", "must be an object, not %s", kindName(v))
	}
	return v, nil
}

// array checks that v is an array and returns it as it stands.
func array(v llm.Raw) (llm.Raw, error) {
	if wirejson.KindOf(v) != '[' {
		return nil, wrong("", "must be an array, not %s", kindName(v))
	}
	return v, nil
}

// into makes the field that reads a value and stores it.
func into[T, V any](read func(llm.Raw) (V, error), set func(*T, V)) field[T] {
	return func(t *T, v llm.Raw) error {
		x, err := read(v)
		if err != nil {
			return err
		}
		set(t, x)
		return nil
	}
}

// get returns this protocol's member of the name, a mark or not.
func get(ext llm.Ext, name string) (llm.Raw, bool) {
	for _, m := range ext {
		if (m.Protocol == llm.Gemini || m.Protocol == markScope) && m.Name == name {
			return m.Value, true
		}
	}
	return nil, false
}

// member makes one of this protocol's members.
func member(name string, v []byte) llm.Member {
	return llm.Member{Protocol: llm.Gemini, Name: name, Value: llm.Raw(v)}
}

// markScope is the protocol of members that only remember how this protocol
// spelled what the canonical model says in full.
const markScope = llm.Gemini + "#mark"

// spelled makes a mark: what stands in name says nothing that others lack.
func spelled(name string, v []byte) llm.Member {
	return llm.Member{Protocol: markScope, Name: name, Value: llm.Raw(v)}
}

// isObject reports whether b is one valid JSON object.
func isObject(b []byte) bool { return wirejson.KindOf(b) == '{' && wirejson.Check(b) == nil }
