package jsonspan

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// MaxDepth bounds nesting, so that a hostile text cannot exhaust memory in
// whoever decodes it next.
const MaxDepth = 1000

// SyntaxError says what is wrong with a text and where.
type SyntaxError struct {
	Offset    int    // byte offset in the text
	Duplicate string // the member name that occurs twice, "" for other errors
	Msg       string
}

// Error describes the problem with its offset.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid JSON at byte %d: %s", e.Offset, e.Msg)
}

// linearNames is the number of names up to which comparing all beats hashing.
const linearNames = 8

type frame struct {
	base  int // first of this object's names
	array bool
	table int // generation of the frame in the name table; 0 while linear
}

// scanner walks one text. It is not recursive: depth costs memory, not stack.
type scanner struct {
	b     []byte
	i     int
	stack []frame
	names [][]byte // names of all open objects
	table nameTable
}

func (s *scanner) reset(b []byte) {
	s.b, s.i = b, 0
	s.stack = s.stack[:0]
	clear(s.names)
	s.names = s.names[:0]
	s.table.reset()
}

func (s *scanner) fail(msg string) error { return &SyntaxError{Offset: s.i, Msg: msg} }

// object scans the whole text as one object and fills d.
func (s *scanner) object(d *Doc) error {
	s.space()
	if s.i >= len(s.b) {
		return s.fail("the body is empty; a JSON object is expected")
	}
	if s.b[s.i] != '{' {
		return s.fail("a JSON object is expected")
	}
	if err := s.value(d); err != nil {
		return err
	}
	d.end = s.i - 1
	s.space()
	if s.i < len(s.b) {
		return s.fail("text after the end of the object")
	}
	return nil
}

// value scans one value and everything in it. Members of the outermost object
// are recorded in d.
func (s *scanner) value(d *Doc) error {
	for {
		opened, err := s.enter()
		if err != nil {
			return err
		}
		if !opened {
			if len(s.stack) == 0 {
				return nil
			}
			if err := s.advance(d); err != nil {
				return err
			}
			if len(s.stack) == 0 {
				return nil
			}
			continue
		}
		done, err := s.first(d)
		if err != nil {
			return err
		}
		if done && len(s.stack) == 0 {
			return nil
		}
	}
}

// enter reads the start of a value: a scalar whole, or the opening bracket of
// a container (then opened is true and a frame is on the stack).
func (s *scanner) enter() (opened bool, err error) {
	if s.i >= len(s.b) {
		return false, s.fail("the text ends where a value is expected")
	}
	switch c := s.b[s.i]; {
	case c == '"':
		return false, s.str()
	case c == '{' || c == '[':
		if len(s.stack) >= MaxDepth {
			return false, s.fail(fmt.Sprintf("nested deeper than %d", MaxDepth))
		}
		s.stack = append(s.stack, frame{base: len(s.names), array: c == '['})
		s.i++
		return true, nil
	case c == '-' || c-'0' <= 9:
		return false, s.number()
	case c == 't':
		return false, s.literal("true")
	case c == 'f':
		return false, s.literal("false")
	case c == 'n':
		return false, s.literal("null")
	default:
		return false, s.fail("a value is expected")
	}
}

// first moves from an opening bracket to the first value inside. If the
// container is empty it is closed, as are all containers that end with it;
// done reports that.
func (s *scanner) first(d *Doc) (done bool, err error) {
	s.space()
	f := &s.stack[len(s.stack)-1]
	if s.i < len(s.b) && s.b[s.i] == f.closer() {
		s.close()
		if len(s.stack) == 0 {
			return true, nil
		}
		return true, s.advance(d)
	}
	if !f.array {
		return false, s.name(d)
	}
	return false, nil
}

// advance moves past a finished value to the start of the next one, closing
// every container that ends here.
func (s *scanner) advance(d *Doc) error {
	for len(s.stack) > 0 {
		if len(s.stack) == 1 && d != nil {
			d.members[len(d.members)-1].end = s.i
		}
		s.space()
		if s.i >= len(s.b) {
			return s.fail("the text ends inside an object or array")
		}
		f := &s.stack[len(s.stack)-1]
		switch c := s.b[s.i]; c {
		case ',':
			s.i++
			s.space()
			if f.array {
				return nil
			}
			return s.name(d)
		case f.closer():
			s.close()
		default:
			return s.fail(fmt.Sprintf("%q found where %q or ',' is expected", c, f.closer()))
		}
	}
	return nil
}

func (f *frame) closer() byte {
	if f.array {
		return ']'
	}
	return '}'
}

func (s *scanner) close() {
	top := s.stack[len(s.stack)-1]
	s.names = s.names[:top.base]
	s.stack = s.stack[:len(s.stack)-1]
	s.i++
}

// name reads a member's name and colon up to its value, and refuses a name the
// object has already.
func (s *scanner) name(d *Doc) error {
	if s.i >= len(s.b) || s.b[s.i] != '"' {
		return s.fail("a member name is expected")
	}
	start := s.i
	if err := s.str(); err != nil {
		return err
	}
	n := s.b[start+1 : s.i-1]
	if bytes.IndexByte(n, '\\') >= 0 {
		n = unescape(n)
	}
	if !s.unique(n) {
		return &SyntaxError{Offset: start, Duplicate: string(n), Msg: fmt.Sprintf("duplicate member %q", n)}
	}
	s.space()
	if s.i >= len(s.b) || s.b[s.i] != ':' {
		return s.fail("':' is expected after a member name")
	}
	s.i++
	s.space()
	if len(s.stack) == 1 && d != nil {
		d.members = append(d.members, member{name: n, from: start, start: s.i})
	}
	return nil
}

// unique records n for the innermost object and reports whether it is new there.
func (s *scanner) unique(n []byte) bool {
	f := &s.stack[len(s.stack)-1]
	own := s.names[f.base:]
	if len(own) <= linearNames {
		for _, o := range own {
			if len(o) == len(n) && string(o) == string(n) {
				return false
			}
		}
		s.names = append(s.names, n)
		return true
	}
	if f.table == 0 {
		f.table = s.table.generation()
		for _, o := range own {
			s.table.add(f.table, o)
		}
	}
	s.names = append(s.names, n)
	return s.table.add(f.table, n)
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\n', '\t', '\r':
			s.i++
		default:
			return
		}
	}
}

func (s *scanner) literal(want string) error {
	if len(s.b)-s.i < len(want) || string(s.b[s.i:s.i+len(want)]) != want {
		return s.fail("a value is expected")
	}
	s.i += len(want)
	return nil
}

func (s *scanner) digits() bool {
	start := s.i
	for s.i < len(s.b) && s.b[s.i]-'0' <= 9 {
		s.i++
	}
	return s.i > start
}

func (s *scanner) number() error {
	if s.b[s.i] == '-' {
		s.i++
	}
	if s.i < len(s.b) && s.b[s.i] == '0' {
		s.i++
	} else if !s.digits() {
		return s.fail("a digit is expected")
	}
	if s.i < len(s.b) && s.b[s.i] == '.' {
		s.i++
		if !s.digits() {
			return s.fail("a digit is expected after the decimal point")
		}
	}
	if s.i < len(s.b) && (s.b[s.i] == 'e' || s.b[s.i] == 'E') {
		s.i++
		if s.i < len(s.b) && (s.b[s.i] == '+' || s.b[s.i] == '-') {
			s.i++
		}
		if !s.digits() {
			return s.fail("a digit is expected in the exponent")
		}
	}
	return nil
}

// str scans a string from its opening quote to behind its closing one.
func (s *scanner) str() error {
	b, i := s.b, s.i+1
	start := i
	var seen uint64 // all bytes of the text so far, or-ed together
	for {
		i, seen = plain(b, i, seen)
		if i >= len(b) {
			s.i = len(b)
			return s.fail("the text ends inside a string")
		}
		if b[i] == '"' {
			break
		}
		n, err := s.rareEscape(i)
		if err != nil {
			return err
		}
		i += n
	}
	if seen&highs != 0 && !utf8.Valid(b[start:i]) {
		s.i = start
		return s.fail("invalid UTF-8 in a string")
	}
	s.i = i + 1
	return nil
}

// rareEscape checks a \u escape at offset i and returns its length. Escapes of
// lone surrogates are accepted: clients that cut text between two halves of a
// character do send them, and it is for the upstream to mind.
func (s *scanner) rareEscape(i int) (int, error) {
	s.i = i
	if s.b[i] != '\\' {
		return 0, s.fail("control character in a string; it must be escaped")
	}
	if len(s.b)-i < 6 || s.b[i+1] != 'u' {
		return 0, s.fail("invalid escape in a string")
	}
	for _, c := range s.b[i+2 : i+6] {
		if hexValue(c) < 0 {
			return 0, s.fail("invalid escape in a string")
		}
	}
	return 6, nil
}
