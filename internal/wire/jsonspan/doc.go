// Package jsonspan reads the outside of a JSON object without decoding the
// inside: one strict pass validates the whole text (RFC 8259), refuses
// duplicate member names at every level, and records where the top-level
// members stand, so that a gateway can edit two of them and forward every
// other byte as it came.
//
// Strictness is a security property. A parser that takes the first of two
// "model" members and an upstream that takes the last would authorise one
// model and serve another; therefore nothing else reads a body before Index
// has accepted it.
package jsonspan

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Doc is the index of one JSON object. The zero value is ready for Index and
// may be reused; it keeps no memory of earlier texts.
type Doc struct {
	body    []byte
	members []member
	end     int // offset of the closing brace
	scan    scanner
}

type member struct {
	name       []byte // unescaped
	start, end int    // the value's bytes
	from       int    // offset of the name's opening quote
}

// Value is the text of one JSON value inside a Doc's body.
type Value struct {
	Raw   []byte
	Start int // offset of Raw in the body
}

// Index validates body, which must be one JSON object, and records its
// top-level members. Errors are *SyntaxError. The Doc aliases body.
func (d *Doc) Index(body []byte) error {
	d.body, d.members, d.end = body, d.members[:0], 0
	d.scan.reset(body)
	return d.scan.object(d)
}

// Body returns the indexed text.
func (d *Doc) Body() []byte { return d.body }

// Len returns the number of top-level members.
func (d *Doc) Len() int { return len(d.members) }

// Reset drops the references to the indexed text.
func (d *Doc) Reset() {
	d.body = nil
	clear(d.members)
	d.members = d.members[:0]
	d.scan.reset(nil)
}

// Get returns the value of a top-level member.
func (d *Doc) Get(name string) (Value, bool) {
	for i := range d.members {
		if m := &d.members[i]; string(m.name) == name {
			return Value{Raw: d.body[m.start:m.end], Start: m.start}, true
		}
	}
	return Value{}, false
}

// Miscased returns the name of a top-level member that differs from name in the
// case of letters alone, or "". Servers written in Go do not tell the two
// apart and take the last: what was authorised would not be what is served.
func (d *Doc) Miscased(name string) string {
	for i := range d.members {
		if m := d.members[i].name; len(m) == len(name) && string(m) != name && strings.EqualFold(string(m), name) {
			return string(m)
		}
	}
	return ""
}

// Kind is the first byte of a JSON value's grammar: '{', '[', '"', '0' for
// numbers, 't', 'f' or 'n'.
type Kind byte

// Kind returns what sort of value this is.
func (v Value) Kind() Kind {
	if len(v.Raw) == 0 {
		return 0
	}
	switch c := v.Raw[0]; c {
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return '0'
	default:
		return Kind(c)
	}
}

// String returns the text of a JSON string, unescaped; ok is false for any
// other kind of value.
func (v Value) String() (s string, ok bool) {
	if v.Kind() != '"' {
		return "", false
	}
	inner := v.Raw[1 : len(v.Raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), true
	}
	return string(unescape(inner)), true
}

// Bool returns the truth of a JSON boolean; ok is false for any other value.
func (v Value) Bool() (b, ok bool) {
	k := v.Kind()
	return k == 't', k == 't' || k == 'f'
}

// Int returns a JSON number that is a whole number; ok is false otherwise.
func (v Value) Int() (n int64, ok bool) {
	if v.Kind() != '0' || len(v.Raw) > 18 {
		return 0, false
	}
	raw, neg := v.Raw, false
	if raw[0] == '-' {
		raw, neg = raw[1:], true
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if neg {
		n = -n
	}
	return n, true
}

// Member returns a member of a value that is an object. The value must be
// part of an indexed body. The Start of the result is its offset in that body.
func (v Value) Member(name string) (Value, bool) {
	if v.Kind() != '{' {
		return Value{}, false
	}
	var d Doc
	if d.Index(v.Raw) != nil {
		return Value{}, false
	}
	m, ok := d.Get(name)
	m.Start += v.Start
	return m, ok
}

// Quote returns s as a JSON string. Invalid UTF-8 becomes U+FFFD; HTML
// characters are not escaped.
func Quote(s string) []byte {
	b, err := jsontext.AppendQuote(nil, s)
	if err != nil { // invalid UTF-8: AppendQuote has replaced it
		b, _ = jsontext.AppendQuote(nil, string(bytes.ToValidUTF8([]byte(s), []byte(string(utf8.RuneError)))))
	}
	return b
}
