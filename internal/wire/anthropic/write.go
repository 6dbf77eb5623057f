package anthropic

import (
	"slices"
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// writer appends JSON. Its methods that take a name write a member of the
// object that was opened last.
type writer struct{ b []byte }

func (w *writer) open(c byte) { w.b = append(w.b, c) }

// elem opens an element of the present array.
func (w *writer) elem(c byte) { w.b = append(wirejson.AppendSep(w.b), c) }

func (w *writer) close(c byte) { w.b = append(w.b, c) }

// object closes the one object that was written and returns it, or nil when it
// has no members.
func (w *writer) object() llm.Raw {
	if len(w.b) <= len("{") {
		return nil
	}
	w.close('}')
	return w.b
}

func (w *writer) begin(name string, c byte) { w.b = append(wirejson.AppendName(w.b, name), c) }

func (w *writer) str(name, v string) { w.b = wirejson.AppendText(wirejson.AppendName(w.b, name), v) }

// optStr writes nothing for the empty string.
func (w *writer) optStr(name, v string) {
	if v != "" {
		w.str(name, v)
	}
}

func (w *writer) raw(name string, v llm.Raw) { w.b = append(wirejson.AppendName(w.b, name), v...) }

func (w *writer) int(name string, v int64) {
	w.b = strconv.AppendInt(wirejson.AppendName(w.b, name), v, 10)
}

func (w *writer) optInt(name string, v *int64) {
	if v != nil {
		w.int(name, *v)
	}
}

func (w *writer) optFloat(name string, v *float64) {
	if v != nil {
		w.b = wirejson.AppendFloat(wirejson.AppendName(w.b, name), *v)
	}
}

func (w *writer) bool(name string, v bool) {
	w.b = strconv.AppendBool(wirejson.AppendName(w.b, name), v)
}

func (w *writer) optBool(name string, v *bool) {
	if v != nil {
		w.bool(name, *v)
	}
}

// ext writes the members of this protocol, but for those named in except.
func (w *writer) ext(ext llm.Ext, except ...string) {
	for _, m := range ext {
		if m.Protocol == self && !slices.Contains(except, m.Name) {
			w.raw(m.Name, m.Value)
		}
	}
}

// cache writes the cache mark, if there is one.
func (w *writer) cache(c *llm.CacheMark) {
	if c == nil {
		return
	}
	w.begin("cache_control", '{')
	if t := member(c.Ext, "type"); t != nil {
		w.raw("type", t)
	} else {
		w.str("type", "ephemeral")
	}
	w.optStr("ttl", c.TTL)
	w.ext(c.Ext, "type")
	w.close('}')
}
