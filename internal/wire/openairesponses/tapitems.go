package openairesponses

import (
	"bytes"

	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// What an item tells of the finish, in the order of itemPaths.
const (
	itemAtType = iota
	itemAtAction
	itemAtRefusal
)

var itemPaths = jsonspan.NewPaths("type", "action.type", "content.*.refusal")

// noteItem notes what an item of the output that w has watched tells of the
// finish and of the usage. It is note for items that nobody decodes.
func (s *seen) noteItem(w *jsonspan.Watch) {
	kind := textOf(w.Value(itemAtType))
	s.clientCall = s.clientCall || clientItem(kind)
	switch kind {
	case "web_search_call":
		if action := textOf(w.Value(itemAtAction)); action == "" || action == "search" {
			s.searches++
		}
	case itemMessage:
		s.refusal = s.refusal || !wirejson.IsNull(w.Value(itemAtRefusal))
	}
}

// add takes over what another account of the same items tells.
func (s *seen) add(o seen) {
	s.clientCall = s.clientCall || o.clientCall
	s.refusal = s.refusal || o.refusal
	s.searches = max(s.searches, o.searches)
}

const outputName = "output"

// outputItems finds the items of a response object that passes by in pieces:
// a Watch keeps the last value of a path only, and here each item counts.
type outputItems struct {
	seen  seen
	ended bool // the output is whole

	depth    int // of open brackets
	str, esc bool
	key      []byte // the last string among the members, as far as it matters
	inside   bool   // the array of items
	item     *jsonspan.Watch
}

func (o *outputItems) write(p []byte) {
	from := 0 // of the item that is open
	for i := 0; i < len(p) && !o.ended; {
		if o.str {
			i += o.inString(p[i:])
			continue
		}
		switch p[i] {
		case '"':
			o.str, o.key = true, o.key[:0]
		case '{', '[':
			if o.opened(p[i]) {
				from = i
			}
		case '}', ']':
			o.closed(p[from : i+1])
		}
		i++
	}
	if o.item != nil {
		o.item.Feed(p[from:])
	}
}

// inString passes over text inside a string, up to its end or p's. Where the
// next quote stands is looked for once: a text has more escapes than quotes.
func (o *outputItems) inString(p []byte) int {
	i := 0
	if o.esc {
		o.esc, i = false, 1
	}
	q := quoteFrom(p, i)
	for {
		e := bytes.IndexByte(p[i:q], '\\')
		if e < 0 {
			break
		}
		o.name(p[i : i+e+1])
		i += e + len(`\n`)
		if i > len(p) {
			o.esc = true
			return len(p)
		}
		if i > q { // the quote is what was escaped
			q = quoteFrom(p, i)
		}
	}
	o.name(p[i:q])
	if q == len(p) {
		return q
	}
	o.str = false
	return q + 1
}

// quoteFrom returns where the first quote from i on stands, or the end.
func quoteFrom(p []byte, i int) int {
	if q := bytes.IndexByte(p[i:], '"'); q >= 0 {
		return i + q
	}
	return len(p)
}

// name takes text of a string that may name a member, as far as it matters.
func (o *outputItems) name(text []byte) {
	if room := len(outputName) + 1 - len(o.key); o.depth == 1 && room > 0 {
		o.key = append(o.key, text[:min(room, len(text))]...)
	}
}

// opened takes an opening bracket and reports whether an item begins with it.
func (o *outputItems) opened(c byte) bool {
	o.depth++
	switch {
	case o.depth == 2 && c == '[' && string(o.key) == outputName:
		o.inside = true
	case o.depth == 3 && c == '{' && o.inside:
		o.item = jsonspan.NewWatch(itemPaths)
		return true
	}
	return false
}

// closed takes a closing bracket; rest is what of an open item has not been fed.
func (o *outputItems) closed(rest []byte) {
	o.depth--
	switch {
	case o.depth == 2 && o.item != nil:
		o.item.Feed(rest)
		o.seen.noteItem(o.item)
		o.item = nil
	case o.depth == 1 && o.inside:
		o.inside, o.ended = false, true
	}
}
