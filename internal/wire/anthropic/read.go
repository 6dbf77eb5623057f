package anthropic

import (
	"errors"
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// invalid makes the error for a value that is not what the protocol wants.
// param is relative to the value being decoded; callers add what is above it.
func invalid(param, format string, args ...any) *llm.Error {
	e := llm.Errorf(llm.KindInvalid, "invalid_request", format, args...)
	e.Param = param
	return e
}

// under puts parent before the Param of err.
func under(err error, parent string) error {
	var e *llm.Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Param == "":
		e.Param = parent
	case e.Param[0] == '[':
		e.Param = parent + e.Param
	default:
		e.Param = parent + "." + e.Param
	}
	return e
}

// found names a value for an error message.
func found(v llm.Raw) string {
	switch wirejson.KindOf(v) {
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

func wantString(param string, v llm.Raw) (string, error) {
	s, ok := wirejson.Text(v)
	if !ok {
		return "", invalid(param, "must be a string, not %s", found(v))
	}
	return s, nil
}

// optString is wantString where null means absent.
func optString(param string, v llm.Raw) (string, error) {
	if wirejson.IsNull(v) {
		return "", nil
	}
	return wantString(param, v)
}

func optInt(param string, v llm.Raw) (*int64, error) {
	if wirejson.IsNull(v) {
		return nil, nil
	}
	n, ok := wirejson.Int(v)
	if !ok {
		return nil, invalid(param, "must be a whole number, not %s", found(v))
	}
	return &n, nil
}

func optFloat(param string, v llm.Raw) (*float64, error) {
	if wirejson.IsNull(v) {
		return nil, nil
	}
	f, ok := wirejson.Float(v)
	if !ok {
		return nil, invalid(param, "must be a number, not %s", found(v))
	}
	return &f, nil
}

func optBool(param string, v llm.Raw) (*bool, error) {
	if wirejson.IsNull(v) {
		return nil, nil
	}
	b, ok := wirejson.Bool(v)
	if !ok {
		return nil, invalid(param, "must be true or false, not %s", found(v))
	}
	return &b, nil
}

func wantKind(param string, v llm.Raw, kind byte, what string) error {
	if wirejson.KindOf(v) != kind {
		return invalid(param, "must be %s, not %s", what, found(v))
	}
	return nil
}

// addExt appends a member, or replaces an earlier one of the name: the last of
// duplicate members wins, as it does for the members that are known.
func addExt(ext llm.Ext, name []byte, v llm.Raw) llm.Ext {
	for i := range ext {
		if ext[i].Protocol == self && ext[i].Name == string(name) {
			ext[i].Value = v
			return ext
		}
	}
	return append(ext, llm.Member{Protocol: self, Name: string(name), Value: v})
}

// markScope is the scope of the marks: members that only remember how the
// protocol spelled what the canonical model says in full.
const markScope = self + "#mark"

// spelled appends a mark, or replaces an earlier one of the name.
func spelled(ext llm.Ext, name string, v llm.Raw) llm.Ext {
	for i := range ext {
		if ext[i].Protocol == markScope && ext[i].Name == name {
			ext[i].Value = v
			return ext
		}
	}
	return append(ext, llm.Member{Protocol: markScope, Name: name, Value: v})
}

// mark appends a mark whose value is a string.
func mark(ext llm.Ext, name, value string) llm.Ext {
	return spelled(ext, name, wirejson.AppendText(nil, value))
}

// marked returns the value of a mark, or nil.
func marked(ext llm.Ext, name string) llm.Raw { return wirejson.ExtOf(ext, markScope, name) }

// member returns the value of one of this protocol's members, or nil.
func member(ext llm.Ext, name string) llm.Raw {
	for i := range ext {
		if ext[i].Protocol == self && ext[i].Name == name {
			return ext[i].Value
		}
	}
	return nil
}

// native reports whether n is in this protocol's shape.
func native(n *llm.Native) bool {
	return n != nil && n.Protocol == self && wirejson.KindOf(n.Raw) == '{'
}

// index returns parent[i].
func index(parent string, i int) string { return parent + "[" + strconv.Itoa(i) + "]" }
