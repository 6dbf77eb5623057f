package wirejson

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Writer appends JSON to B. Methods that take a name write a member of the
// object that was opened last, the others an element of the array.
type Writer struct{ B []byte }

// Open begins an object or array as an element.
func (w *Writer) Open(c byte) { w.B = append(AppendSep(w.B), c) }

// Begin begins an object or array as a member.
func (w *Writer) Begin(name string, c byte) { w.B = append(AppendName(w.B, name), c) }

// Close ends the object or array.
func (w *Writer) Close(c byte) { w.B = append(w.B, c) }

// Str writes a text.
func (w *Writer) Str(name, v string) { w.B = AppendText(AppendName(w.B, name), v) }

// OptStr writes a text unless it is empty.
func (w *Writer) OptStr(name, v string) {
	if v != "" {
		w.Str(name, v)
	}
}

// NullStr writes null for the empty text.
func (w *Writer) NullStr(name, v string) {
	if v == "" {
		w.Null(name)
		return
	}
	w.Str(name, v)
}

// Null writes null.
func (w *Writer) Null(name string) { w.B = append(AppendName(w.B, name), "null"...) }

// Raw writes a value as it is.
func (w *Writer) Raw(name string, v llm.Raw) { w.B = append(AppendName(w.B, name), v...) }

// OptRaw writes a value as it is, unless there is none.
func (w *Writer) OptRaw(name string, v llm.Raw) {
	if len(v) > 0 {
		w.Raw(name, v)
	}
}

// Elem writes a value as an element, as it is.
func (w *Writer) Elem(v llm.Raw) { w.B = append(AppendSep(w.B), v...) }

// StrElem writes a text as an element.
func (w *Writer) StrElem(v string) { w.B = AppendText(AppendSep(w.B), v) }

// Int writes a whole number.
func (w *Writer) Int(name string, v int64) { w.B = strconv.AppendInt(AppendName(w.B, name), v, 10) }

// OptInt writes a whole number, if there is one.
func (w *Writer) OptInt(name string, v *int64) {
	if v != nil {
		w.Int(name, *v)
	}
}

// OptFloat writes a number, if there is one.
func (w *Writer) OptFloat(name string, v *float64) {
	if v != nil {
		w.B = AppendFloat(AppendName(w.B, name), *v)
	}
}

// Bool writes true or false.
func (w *Writer) Bool(name string, v bool) { w.B = strconv.AppendBool(AppendName(w.B, name), v) }

// OptBool writes true or false, if it is said.
func (w *Writer) OptBool(name string, v *bool) {
	if v != nil {
		w.Bool(name, *v)
	}
}

// Ext writes the members of the scope, but for those named in except.
func (w *Writer) Ext(ext llm.Ext, scope llm.Protocol, except ...string) {
	for i := range ext {
		if m := &ext[i]; m.Protocol == scope && !slices.Contains(except, m.Name) {
			w.Raw(m.Name, m.Value)
		}
	}
}

// ExtOf returns the member of the scope with the name, or nil.
func ExtOf(ext llm.Ext, scope llm.Protocol, name string) llm.Raw {
	for i := range ext {
		if ext[i].Protocol == scope && ext[i].Name == name {
			return ext[i].Value
		}
	}
	return nil
}

// HasExt reports whether ext has members of the scope.
func HasExt(ext llm.Ext, scope llm.Protocol) bool {
	for i := range ext {
		if ext[i].Protocol == scope {
			return true
		}
	}
	return false
}

// Bad makes the error for a request's member that is not as it must be. param
// is relative to the value being read; Under adds what is above it, and Explain
// puts the whole place before the message.
func Bad(param, code, message string) *llm.Error {
	return &llm.Error{Kind: llm.KindInvalid, Code: code, Param: param, Message: message}
}

// Missing makes the error for a required member that is absent.
func Missing(param string) *llm.Error {
	return Bad(param, "missing_required_parameter", "it is required and missing")
}

// BadType makes the error for a value of the wrong type.
func BadType(param, want string, got []byte) *llm.Error {
	return Bad(param, "invalid_type", "expected "+want+", but got "+describe(got)+" instead")
}

// BadValue makes the error for a text that is none of the allowed ones.
func BadValue(param, got string, allowed ...string) *llm.Error {
	const limit = 64
	if len(got) > limit {
		got = strings.ToValidUTF8(got[:limit], "") + "…"
	}
	return Bad(param, "invalid_value",
		strconv.Quote(got)+" is none of the supported values: '"+strings.Join(allowed, "', '")+"'")
}

func describe(v []byte) string {
	switch KindOf(v) {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case '0':
		if _, ok := Int(v); ok {
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

// At returns "[i]", a place in an array.
func At(i int) string { return "[" + strconv.Itoa(i) + "]" }

// Under puts parents before the place that err names, the outermost first.
func Under(err error, parents ...string) error {
	var e *llm.Error
	if !errors.As(err, &e) {
		return err
	}
	for _, parent := range slices.Backward(parents) {
		switch {
		case e.Param == "":
			e.Param = parent
		case e.Param[0] == '[':
			e.Param = parent + e.Param
		default:
			e.Param = parent + "." + e.Param
		}
	}
	return e
}

// Explain puts the place before the message, for the client.
func Explain(err error) error {
	var e *llm.Error
	if errors.As(err, &e) && e.Param != "" {
		e.Message = "Invalid value for '" + e.Param + "': " + e.Message + "."
	}
	return err
}

// The Want functions read one value of a type; null is absent.

// WantText reads a text.
func WantText(param string, v llm.Raw) (string, error) {
	if IsNull(v) {
		return "", nil
	}
	s, ok := Text(v)
	if !ok {
		return "", BadType(param, "a string", v)
	}
	return s, nil
}

// WantBool reads true or false.
func WantBool(param string, v llm.Raw) (*bool, error) {
	if IsNull(v) {
		return nil, nil
	}
	b, ok := Bool(v)
	if !ok {
		return nil, BadType(param, "a boolean", v)
	}
	return &b, nil
}

// WantInt reads a whole number.
func WantInt(param string, v llm.Raw) (*int64, error) {
	if IsNull(v) {
		return nil, nil
	}
	n, ok := Int(v)
	if !ok {
		return nil, BadType(param, "an integer", v)
	}
	return &n, nil
}

// WantFloat reads a number.
func WantFloat(param string, v llm.Raw) (*float64, error) {
	if IsNull(v) {
		return nil, nil
	}
	f, ok := Float(v)
	if !ok {
		return nil, BadType(param, "a number", v)
	}
	return &f, nil
}

// WantObject demands an object.
func WantObject(param string, v llm.Raw) error {
	if KindOf(v) != '{' {
		return BadType(param, "an object", v)
	}
	return nil
}

// WantArray demands an array.
func WantArray(param string, v llm.Raw) error {
	if KindOf(v) != '[' {
		return BadType(param, "an array", v)
	}
	return nil
}
