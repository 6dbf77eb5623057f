package jsonspan

import (
	"bytes"
	"strings"
)

// maxCapture bounds what a Watch keeps of one value, in bytes.
const maxCapture = 64 << 10

// Paths is a compiled set of paths for watching. A path is member names joined
// by dots; * stands for any element of an array: "choices.*.finish_reason".
type Paths struct {
	root  *watchNode
	count int
}

type watchNode struct {
	children map[string]*watchNode
	index    int // of the path that ends here, or -1
}

// NewPaths compiles paths; Watch.Value counts them in this order.
func NewPaths(paths ...string) *Paths {
	root := &watchNode{index: -1}
	for i, p := range paths {
		n := root
		for part := range strings.SplitSeq(p, ".") {
			next := n.children[part]
			if next == nil {
				next = &watchNode{index: -1}
				if n.children == nil {
					n.children = map[string]*watchNode{}
				}
				n.children[part] = next
			}
			n = next
		}
		n.index = i
	}
	return &Paths{root: root, count: len(paths)}
}

// Watch picks values out of one JSON text that passes by in pieces, without
// keeping or validating the text: it is for answers that are relayed verbatim.
// When a path matches more than once, the last value wins.
type Watch struct {
	paths  *Paths
	values [][]byte

	stack []watchFrame // open containers on a path
	next  *watchNode   // what the coming value is to the paths; nil: nothing
	state watchState
	depth int // open brackets inside a value that is skipped or captured
	str   bool
	esc   bool
	grab  int // index of the path being captured, or -1
	key   []byte
	over  bool // the captured value is too long
}

type watchFrame struct {
	node  *watchNode
	array bool
}

type watchState uint8

const (
	wantValue watchState = iota
	inScalar
	inNested // a string or container that is skipped or captured
	wantKey  // or the end of the object
	inKey
	wantColon
	wantComma // or the end of the container
	watchDone
)

// NewWatch starts watching one text.
func NewWatch(p *Paths) *Watch {
	return &Watch{paths: p, values: make([][]byte, p.count), next: p.root, grab: -1}
}

// Value returns the bytes of the last complete value at path i, or nil.
func (w *Watch) Value(i int) []byte { return w.values[i] }

// Feed takes the next piece of the text.
func (w *Watch) Feed(p []byte) {
	for len(p) > 0 && w.state != watchDone {
		switch w.state {
		case inNested:
			p = p[w.nested(p):]
		case inKey:
			p = p[w.readKey(p):]
		case inScalar:
			p = p[w.scalar(p):]
		default:
			if c := p[0]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
				if w.structure(c) {
					continue // the byte belongs to the new state
				}
			}
			p = p[1:]
		}
	}
}

// structure takes one byte between values; again asks for it to be read again
// by the state it started.
func (w *Watch) structure(c byte) (again bool) {
	switch w.state {
	case wantValue:
		if c == ']' { // an empty array
			if n := len(w.stack); n == 0 || !w.stack[n-1].array {
				w.state = watchDone
				return false
			}
			w.pop()
			return false
		}
		return w.begin(c)
	case wantKey:
		switch c {
		case '"':
			w.state, w.key, w.esc = inKey, w.key[:0], false
		case '}':
			w.pop()
		}
	case wantColon:
		if c == ':' {
			top := w.stack[len(w.stack)-1]
			w.next, w.state = top.node.children[string(w.key)], wantValue
		}
	case wantComma:
		switch c {
		case ',':
			w.state = wantKey
			if w.stack[len(w.stack)-1].array {
				w.state = wantValue
				w.next = w.stack[len(w.stack)-1].node.children["*"]
			}
		case ']', '}':
			w.pop()
		}
	default: // the states with readers of their own
	}
	return false
}

// begin starts the value whose first byte is c.
func (w *Watch) begin(c byte) (again bool) {
	n := w.next
	if n != nil && n.children != nil && (c == '{' || c == '[') {
		w.stack = append(w.stack, watchFrame{node: n, array: c == '['})
		w.state = wantKey
		if c == '[' {
			w.state, w.next = wantValue, n.children["*"]
		}
		return false
	}
	w.grab, w.over = -1, false
	if n != nil && n.index >= 0 {
		w.grab = n.index
		w.values[n.index] = w.values[n.index][:0]
	}
	switch c {
	case '{', '[', '"':
		w.state, w.depth, w.str, w.esc = inNested, 0, false, false
	default:
		w.state = inScalar
	}
	return true
}

func (w *Watch) pop() {
	w.stack = w.stack[:len(w.stack)-1]
	w.ended()
}

// ended moves on after a value.
func (w *Watch) ended() {
	if w.grab >= 0 && w.over {
		w.values[w.grab] = nil
	}
	w.grab = -1
	w.state = wantComma
	if len(w.stack) == 0 {
		w.state = watchDone
	}
}

func (w *Watch) capture(p []byte) {
	if w.grab < 0 || w.over {
		return
	}
	v := &w.values[w.grab]
	if w.over = len(*v)+len(p) > maxCapture; !w.over {
		*v = append(*v, p...)
	}
}

func (w *Watch) scalar(p []byte) int {
	i := bytes.IndexAny(p, ",]} \n\r\t")
	if i < 0 {
		w.capture(p)
		return len(p)
	}
	w.capture(p[:i])
	if len(w.stack) == 0 {
		w.state = watchDone
		return i
	}
	w.ended()
	return i
}

func (w *Watch) readKey(p []byte) int {
	for i, c := range p {
		switch {
		case w.esc:
			w.esc = false
		case c == '\\':
			w.esc = true
		case c == '"':
			w.key = append(w.key, p[:i]...)
			if bytes.IndexByte(w.key, '\\') >= 0 {
				w.key = unescapeLoose(w.key)
			}
			w.state = wantColon
			return i + 1
		}
	}
	if len(w.key) < maxCapture {
		w.key = append(w.key, p...)
	}
	return len(p)
}

// unescapeLoose resolves escapes of a name that nobody validated.
func unescapeLoose(b []byte) []byte {
	var d Doc
	if d.Index(append(append([]byte(`{"`), b...), `":0}`...)) != nil {
		return b
	}
	return d.members[0].name
}

// nested passes over a string or container, up to its end or p's.
func (w *Watch) nested(p []byte) int {
	i := 0
	for i < len(p) {
		if w.str {
			n, closed := w.inString(p[i:])
			i += n
			if closed && w.depth == 0 {
				w.capture(p[:i])
				w.ended()
				return i
			}
			continue
		}
		n, closed := w.brackets(p[i:])
		i += n
		if closed {
			w.capture(p[:i])
			w.ended()
			return i
		}
	}
	w.capture(p)
	return len(p)
}

func (w *Watch) inString(p []byte) (n int, closed bool) {
	if w.esc {
		w.esc = false
		return 1, false
	}
	// Each quote is looked for once and each escape behind it once, so that a
	// text full of escapes costs no more than its length.
	for i := 0; ; {
		q := bytes.IndexByte(p[i:], '"')
		end := len(p)
		if q >= 0 {
			end = i + q
		}
		for i <= end {
			e := bytes.IndexByte(p[i:end], '\\')
			if e < 0 {
				if q < 0 {
					return len(p), false
				}
				w.str = false
				return end + 1, true
			}
			i += e + 2
			if i > len(p) {
				w.esc = true
				return len(p), false
			}
		}
	}
}

// brackets passes over text outside strings, up to and including the next
// quote or the bracket that closes the value.
func (w *Watch) brackets(p []byte) (n int, closed bool) {
	q := bytes.IndexByte(p, '"')
	text := p
	if q >= 0 {
		text = p[:q]
	}
	if len(text) > 64 { // long runs of numbers: count, unless the end may be inside
		closers := bytes.Count(text, []byte{']'}) + bytes.Count(text, []byte{'}'})
		if closers < w.depth {
			w.depth += bytes.Count(text, []byte{'['}) + bytes.Count(text, []byte{'{'}) - closers
			text = nil
		}
	}
	for i, c := range text {
		switch c | 0x20 {
		case '{':
			w.depth++
		case '}':
			if w.depth--; w.depth == 0 {
				return i + 1, true
			}
		}
	}
	if q < 0 {
		return len(p), false
	}
	w.str = true
	return q + 1, false
}
