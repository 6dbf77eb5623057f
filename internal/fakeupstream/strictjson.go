package fakeupstream

import (
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// flaw is what is wrong with a piece of JSON, and where.
type flaw struct {
	// path leads to the value: member names and indexes.
	path []string
	kind flawKind
	want reflect.Kind // for flawType
	got  jsontext.Kind
	text string // for flawSyntax
}

type flawKind int

const (
	flawUnknown flawKind = iota // a member nobody knows; path ends with its name
	flawType                    // a value of another type
	flawSyntax                  // not JSON
)

// at is a value of a request with the way that leads to it.
type at struct {
	path []string
	raw  jsontext.Value
}

// with returns the path of a member or element.
func (a at) with(steps ...string) []string {
	return append(append([]string(nil), a.path...), steps...)
}

// in reads a member.
func (a at) in(name string, raw jsontext.Value) at { return at{a.with(name), raw} }

// strictly reads raw into v, a pointer to a struct, and reports the first
// member that v does not have.
func (a at) strictly(v any, opts ...json.Options) *flaw {
	opts = append(opts, json.RejectUnknownMembers(true))
	return a.flawOf(json.Unmarshal(a.raw, v, opts...))
}

// list returns the elements of an array.
func (a at) list() ([]at, *flaw) {
	var raws []jsontext.Value
	if f := a.flawOf(json.Unmarshal(a.raw, &raws)); f != nil {
		return nil, f
	}
	out := make([]at, len(raws))
	for i, raw := range raws {
		out[i] = at{a.with(strconv.Itoa(i)), raw}
	}
	return out, nil
}

// text returns the value as a string.
func (a at) text() (string, *flaw) {
	var s string
	f := a.flawOf(json.Unmarshal(a.raw, &s))
	return s, f
}

// is reports whether the value is of the kind ('"', '{', '[', '0', 'n').
func (a at) is(kind jsontext.Kind) bool { return len(a.raw) > 0 && a.raw.Kind() == kind }

// absent reports whether the member was not given, or is null.
func (a at) absent() bool { return len(a.raw) == 0 || a.is('n') }

// peek reads one text member of an object, "" if there is none.
func (a at) peek(name string) string {
	var members map[string]jsontext.Value
	if json.Unmarshal(a.raw, &members) != nil {
		return ""
	}
	s, f := at{raw: members[name]}.text()
	if f != nil {
		return ""
	}
	return s
}

func (a at) flawOf(err error) *flaw {
	if err == nil {
		return nil
	}
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return &flaw{path: a.path, kind: flawSyntax, text: err.Error()}
	}
	path := append([]string(nil), a.path...)
	for step := range semantic.JSONPointer.Tokens() {
		path = append(path, step)
	}
	if errors.Is(err, json.ErrUnknownName) {
		return &flaw{path: path, kind: flawUnknown}
	}
	f := &flaw{path: path, kind: flawType, got: semantic.JSONKind, text: err.Error()}
	if semantic.GoType != nil {
		f.want = semantic.GoType.Kind()
	}
	return f
}

// brackets writes a path as a[0].b.
func brackets(path []string) string {
	var b strings.Builder
	for _, step := range path {
		switch _, err := strconv.Atoi(step); {
		case err == nil:
			b.WriteString("[" + step + "]")
		case b.Len() > 0:
			b.WriteString("." + step)
		default:
			b.WriteString(step)
		}
	}
	return b.String()
}

// dots writes a path as a.0.b.
func dots(path []string) string { return strings.Join(path, ".") }

// fields are the members of an object to be written, name and value in turn,
// in the order providers write them.
type fields []any

// MarshalJSONTo implements json.MarshalerTo.
func (f fields) MarshalJSONTo(enc *jsontext.Encoder) error {
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for i := 0; i+1 < len(f); i += 2 {
		if err := json.MarshalEncode(enc, f[i]); err != nil {
			return err
		}
		if err := json.MarshalEncode(enc, f[i+1]); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndObject)
}

// list is an array to be written.
type list []any

// emit writes a value of the mock's own making.
func emit(v any) string {
	b, err := json.Marshal(v, json.Deterministic(true), json.FormatNilSliceAsNull(false))
	if err != nil {
		return strconv.Quote("the mock cannot write its answer: " + err.Error())
	}
	return string(b)
}

// null is a JSON null.
func null() jsontext.Value { return jsontext.Value("null") }

// orNull is the text, or null for the empty one.
func orNull(s string) any {
	if s == "" {
		return null()
	}
	return s
}

// unmarshalLoosely reads a value that may be absent.
func unmarshalLoosely(raw jsontext.Value, v any) error {
	if len(raw) == 0 {
		return nil
	}
	return json.Unmarshal(raw, v)
}

// rawJSON is JSON that is written as it is.
func rawJSON(s string) jsontext.Value { return jsontext.Value(s) }
