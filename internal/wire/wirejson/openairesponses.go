// Package wirejson holds the small JSON helpers that codecs share: walking
// over the members of a value that has been checked once, and appending values
// to a buffer. It builds no trees: a codec names the members it knows and keeps
// the others as the bytes they came in.
package wirejson

import (
	"bytes"
	"fmt"
	"iter"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Check reports whether b is one syntactically valid JSON value. Invalid UTF-8
// and duplicate names pass: upstreams send both, and requests have been through
// the strict index before. The walking functions below expect checked input;
// with other input they stop early, and never panic.
func Check(b []byte) error {
	v := jsontext.Value(b)
	if v.IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) {
		return nil
	}
	// The slow road only says what is wrong.
	dec := jsontext.NewDecoder(bytes.NewReader(b), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if _, err := dec.ReadValue(); err != nil {
		return fmt.Errorf("not valid JSON: %w", err)
	}
	return fmt.Errorf("not valid JSON: bytes follow the value at offset %d", dec.InputOffset())
}

// KindOf returns what a value is by its first byte: '{', '[', '"', '0' for any
// number, 't', 'f', 'n', or 0 for none of them.
func KindOf(v []byte) byte {
	v = trim(v)
	if len(v) == 0 {
		return 0
	}
	switch c := v[0]; c {
	case '{', '[', '"', 't', 'f', 'n':
		return c
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return '0'
	}
	return 0
}

// IsNull reports whether v is absent or null.
func IsNull(v []byte) bool {
	k := KindOf(v)
	return k == 0 || k == 'n'
}

// Members iterates over the members of an object in order, with names unescaped.
// Names and values alias obj. Anything but an object has no members.
func Members(obj []byte) iter.Seq2[[]byte, llm.Raw] {
	return func(yield func([]byte, llm.Raw) bool) {
		obj = trim(obj)
		if len(obj) < 2 || obj[0] != '{' {
			return
		}
		for i := skipSpace(obj, 1); i < len(obj) && obj[i] == '"'; {
			end := skipString(obj, i)
			name := unquoteName(obj[i:end])
			i = skipSpace(obj, end)
			if i >= len(obj) || obj[i] != ':' {
				return
			}
			i = skipSpace(obj, i+1)
			end = skipValue(obj, i)
			if end == i || !yield(name, llm.Raw(obj[i:end])) {
				return
			}
			i = skipSpace(obj, end)
			if i >= len(obj) || obj[i] != ',' {
				return
			}
			i = skipSpace(obj, i+1)
		}
	}
}

// Elements iterates over the elements of an array. Values alias arr. Anything
// but an array has no elements.
func Elements(arr []byte) iter.Seq2[int, llm.Raw] {
	return func(yield func(int, llm.Raw) bool) {
		arr = trim(arr)
		if len(arr) < 2 || arr[0] != '[' {
			return
		}
		i := skipSpace(arr, 1)
		for n := 0; i < len(arr) && arr[i] != ']'; n++ {
			end := skipValue(arr, i)
			if end == i || !yield(n, llm.Raw(arr[i:end])) {
				return
			}
			i = skipSpace(arr, end)
			if i >= len(arr) || arr[i] != ',' {
				return
			}
			i = skipSpace(arr, i+1)
		}
	}
}

// Member returns the value of the first member with the name, or nil.
func Member(obj []byte, name string) llm.Raw {
	for n, v := range Members(obj) {
		if string(n) == name {
			return v
		}
	}
	return nil
}

// Text returns the text of a JSON string. Invalid UTF-8 and lone surrogates are
// replaced by U+FFFD. It reports false when v is not a string.
func Text(v []byte) (string, bool) {
	v = trim(v)
	if len(v) < 2 || v[0] != '"' || v[len(v)-1] != '"' {
		return "", false
	}
	inner := v[1 : len(v)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner), true
	}
	// The error speaks of invalid UTF-8 only; the text is replaced as promised.
	out, _ := jsontext.AppendUnquote(make([]byte, 0, len(inner)), v)
	return string(out), true
}

// Bool returns the value of true or false.
func Bool(v []byte) (value, ok bool) {
	switch string(trim(v)) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// Int returns the value of a number that is integral, in whatever spelling
// ("16", "16.0", "1.6e1"), and fits an int64.
func Int(v []byte) (int64, bool) {
	if KindOf(v) != '0' {
		return 0, false
	}
	text := string(trim(v))
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}

// Float returns the value of a number.
func Float(v []byte) (float64, bool) {
	if KindOf(v) != '0' {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(trim(v)), 64)
	return f, err == nil
}

// AppendText appends s as a JSON string. Invalid UTF-8 is replaced by U+FFFD;
// nothing is escaped for HTML.
func AppendText[T ~string | ~[]byte](dst []byte, s T) []byte {
	// The error speaks of invalid UTF-8 only, which has been replaced.
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}

// AppendFloat appends f in the shortest spelling that gives f again. JSON has
// no words for NaN and the infinities; they become null.
func AppendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64)
}

// AppendSep appends a comma unless dst is empty or ends with the start of an
// object or array, or with a member's colon.
func AppendSep(dst []byte) []byte {
	if n := len(dst); n == 0 || dst[n-1] == '{' || dst[n-1] == '[' || dst[n-1] == ':' {
		return dst
	}
	return append(dst, ',')
}

// AppendName appends the name of the next member of the object that dst ends in,
// with the comma before and the colon behind it.
func AppendName[T ~string | ~[]byte](dst []byte, name T) []byte {
	return append(AppendText(AppendSep(dst), name), ':')
}

func unquoteName(quoted []byte) []byte {
	if len(quoted) < 2 {
		return nil
	}
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	// As in Text: the error speaks of what has been replaced.
	out, _ := jsontext.AppendUnquote(nil, quoted)
	return out
}

func trim(v []byte) []byte { return bytes.Trim(v, " \t\r\n") }

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the index behind the string that starts at b[i].
func skipString(b []byte, i int) int {
	for j := i + 1; j < len(b); j++ {
		n := bytes.IndexByte(b[j:], '"')
		if n < 0 {
			return len(b)
		}
		j += n
		slashes := 0
		for k := j - 1; k > i && b[k] == '\\'; k-- {
			slashes++
		}
		if slashes%2 == 0 {
			return j + 1
		}
	}
	return len(b)
}

// skipValue returns the index behind the value that starts at b[i].
func skipValue(b []byte, i int) int {
	if i >= len(b) {
		return i
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipNested(b, i)
	}
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] != ' ' && b[i] != '\n' && b[i] != '\t' && b[i] != '\r' {
		i++
	}
	return i
}

func skipNested(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = skipString(b, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return i
}
