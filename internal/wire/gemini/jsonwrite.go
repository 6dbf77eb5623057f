package gemini

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// writer appends JSON.
type writer struct {
	buf []byte
	// oneLine: line breaks inside raw values are taken out, because the text
	// becomes a line of a server-sent event.
	oneLine bool
}

// open and shut write a bracket.
func (w *writer) open(c byte) { w.buf = append(w.buf, c) }
func (w *writer) shut(c byte) { w.buf = append(w.buf, c) }

// elem makes room for the next element of an array.
func (w *writer) elem() { w.buf = wirejson.AppendSep(w.buf) }

func (w *writer) key(name string) { w.buf = wirejson.AppendName(w.buf, name) }

// object writes a member whose value is an object that fill writes.
func (w *writer) object(name string, fill func()) {
	w.key(name)
	w.open('{')
	fill()
	w.shut('}')
}

// array writes a member whose value is an array that fill writes.
func (w *writer) array(name string, fill func()) {
	w.key(name)
	w.open('[')
	fill()
	w.shut(']')
}

func (w *writer) quote(s string) { w.buf = wirejson.AppendText(w.buf, s) }

func (w *writer) str(name, s string) { w.key(name); w.quote(s) }

// strIf writes a member unless it is empty.
func (w *writer) strIf(name, s string) {
	if s != "" {
		w.str(name, s)
	}
}

func (w *writer) int(name string, n int64) {
	w.key(name)
	w.buf = strconv.AppendInt(w.buf, n, 10)
}

func (w *writer) intIf(name string, n *int64) {
	if n != nil {
		w.int(name, *n)
	}
}

func (w *writer) floatIf(name string, f *float64) {
	if f != nil {
		w.key(name)
		w.buf = wirejson.AppendFloat(w.buf, *f)
	}
}

func (w *writer) bool(name string, b bool) {
	w.key(name)
	w.buf = strconv.AppendBool(w.buf, b)
}

func (w *writer) raw(name string, v []byte) { w.key(name); w.value(v) }

// value appends a raw value.
func (w *writer) value(v []byte) {
	if w.oneLine && bytes.ContainsAny(v, "\r\n") {
		c := jsontext.Value(bytes.Clone(v))
		if c.Compact(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) == nil {
			v = c
		}
	}
	w.buf = append(w.buf, v...)
}

func (w *writer) strings(name string, list []string) {
	w.array(name, func() {
		for _, s := range list {
			w.elem()
			w.quote(s)
		}
	})
}

// ext writes the members of this protocol except those named in skip.
func (w *writer) ext(ext llm.Ext, skip ...string) {
	for _, m := range ext {
		if m.Protocol == llm.Gemini && !slices.Contains(skip, m.Name) {
			w.raw(m.Name, m.Value)
		}
	}
}

// jsonOf renders one value on its own.
func jsonOf(fill func(w *writer)) []byte {
	var w writer
	fill(&w)
	return w.buf
}
