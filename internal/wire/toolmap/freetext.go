package toolmap

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// freeText takes the text of a custom tool out of the arguments of the function
// that stands for it, {"input":"…"}, as they come, however they are cut.
//
// A model may write something else. Arguments that do not begin like the
// function's are the text itself, byte for byte; {} and nothing are no text.
// Once the text has begun, what follows its end is left out: it may have been
// told already that the text is all. A character that the end of the arguments
// cuts becomes U+FFFD.
type freeText struct {
	state state
	// held is what came before it was known to be the function's beginning.
	held []byte
	at   int // in inputName
	// hex are the digits of an escape that have come; high the first half of a
	// surrogate pair, 0 if none waits.
	hex  []byte
	high rune
	// part is the beginning of a rune.
	part []byte
}

// state says what comes next.
type state uint8

const (
	beforeObject state = iota
	beforeName
	inName
	beforeColon
	beforeText
	inText
	inEscape
	inHex
	afterText
	afterNothing // behind {}
	verbatim
)

// inputName is the function's one parameter, as all codecs name it.
const inputName = `input"`

// maxHeld bounds what is held back before the text, in bytes: white space has
// no other end.
const maxHeld = 4 << 10

// unwrap returns the text of whole arguments.
func unwrap(arguments string) string {
	var f freeText
	return f.next(arguments) + f.rest()
}

// empty reports whether nothing but white space has come.
func (f *freeText) empty() bool { return f.state == beforeObject }

// next takes a piece of the arguments and returns what it adds to the text.
func (f *freeText) next(s string) string {
	var out strings.Builder
	for len(s) > 0 {
		switch f.state {
		case verbatim:
			f.pass(&out, s)
			s = ""
		case inText:
			s = f.text(&out, s)
		case inEscape:
			s = f.escape(&out, s)
		case inHex:
			s = f.digits(&out, s)
		case afterText:
			s = ""
		default:
			s = f.begin(s)
		}
	}
	return out.String()
}

// rest returns what the end of the arguments leaves of the text.
func (f *freeText) rest() string {
	switch f.state {
	case beforeObject, afterNothing, afterText:
		return ""
	case verbatim:
		return string(f.part)
	case inText, inEscape, inHex:
		if f.high != 0 || len(f.part) > 0 || f.state != inText {
			return string(utf8.RuneError)
		}
		return ""
	default:
		return string(f.held)
	}
}

// begin takes bytes until it is known what the arguments are.
func (f *freeText) begin(s string) string {
	for i := range len(s) {
		f.held = append(f.held, s[i])
		f.state = f.after(s[i])
		switch {
		case f.state == inText:
			f.held = nil
			return s[i+1:]
		case f.state == verbatim || len(f.held) > maxHeld:
			f.state = verbatim
			rest := string(f.held) + s[i+1:]
			f.held = nil
			return rest
		}
	}
	return ""
}

// after returns the state behind one byte of the beginning.
func (f *freeText) after(c byte) state {
	switch space := c == ' ' || c == '\t' || c == '\r' || c == '\n'; {
	case space && f.state != inName:
		return f.state
	case f.state == beforeObject && c == '{':
		return beforeName
	case f.state == beforeName && c == '"':
		return inName
	case f.state == beforeName && c == '}':
		return afterNothing
	case f.state == inName && c == inputName[f.at]:
		f.at++
		if f.at == len(inputName) {
			return beforeColon
		}
		return inName
	case f.state == beforeColon && c == ':':
		return beforeText
	case f.state == beforeText && c == '"':
		return inText
	}
	return verbatim
}

// text takes plain text up to an escape or the end.
func (f *freeText) text(out *strings.Builder, s string) string {
	n := strings.IndexAny(s, `"\`)
	if n < 0 {
		f.plain(out, s)
		return ""
	}
	f.plain(out, s[:n])
	f.tear(out)
	if s[n] == '"' {
		f.lone(out)
		f.state = afterText
	} else {
		f.state = inEscape
	}
	return s[n+1:]
}

// plain writes text, holding back the beginning of a rune at its end. Bytes
// that are no UTF-8 become U+FFFD, each for itself.
func (f *freeText) plain(out *strings.Builder, s string) {
	if s == "" {
		return
	}
	f.lone(out)
	if len(f.part) > 0 {
		s = string(f.part) + s
		f.part = nil
	}
	if utf8.ValidString(s) {
		out.WriteString(s)
		return
	}
	for s != "" {
		if !utf8.FullRuneInString(s) {
			f.part = []byte(s)
			return
		}
		r, n := utf8.DecodeRuneInString(s)
		out.WriteRune(r)
		s = s[n:]
	}
}

// tear writes the beginning of a rune that does not go on.
func (f *freeText) tear(out *strings.Builder) {
	for range f.part {
		out.WriteRune(utf8.RuneError)
	}
	f.part = nil
}

// lone writes the first half of a pair whose second does not come.
func (f *freeText) lone(out *strings.Builder) {
	if f.high != 0 {
		out.WriteRune(utf8.RuneError)
		f.high = 0
	}
}

// escapes are the characters that escapes of one letter stand for.
const escapes = "\"\"\\\\//b\bf\fn\nr\rt\t"

// escape takes the byte behind a backslash. What JSON does not know stands for
// itself, with the backslash.
func (f *freeText) escape(out *strings.Builder, s string) string {
	f.state = inText
	if s[0] == 'u' {
		f.state, f.hex = inHex, f.hex[:0]
		return s[1:]
	}
	f.lone(out)
	for i := 0; i < len(escapes); i += 2 {
		if escapes[i] == s[0] {
			out.WriteByte(escapes[i+1])
			return s[1:]
		}
	}
	out.WriteByte('\\')
	return s
}

// digits takes the digits of an escape.
func (f *freeText) digits(out *strings.Builder, s string) string {
	const digits = 4
	for len(s) > 0 && len(f.hex) < digits {
		if strings.IndexByte("0123456789abcdefABCDEF", s[0]) < 0 {
			f.state = inText
			f.lone(out)
			out.WriteString(`\u` + string(f.hex))
			return s
		}
		f.hex = append(f.hex, s[0])
		s = s[1:]
	}
	if len(f.hex) < digits {
		return s
	}
	f.state = inText
	n, err := strconv.ParseUint(string(f.hex), 16, 16)
	if err == nil { // they are digits
		f.unit(out, rune(n))
	}
	return s
}

// unit takes one UTF-16 code unit.
func (f *freeText) unit(out *strings.Builder, r rune) {
	if f.high != 0 {
		if pair := utf16.DecodeRune(f.high, r); pair != utf8.RuneError {
			f.high = 0
			out.WriteRune(pair)
			return
		}
		f.lone(out)
	}
	if utf16.IsSurrogate(r) && r < 0xdc00 {
		f.high = r
		return
	}
	out.WriteRune(r) // the second half alone becomes U+FFFD
}

// pass hands on what is the text itself, but for a rune that is cut.
func (f *freeText) pass(out *strings.Builder, s string) {
	s = string(f.part) + s
	n := len(s)
	for i := 1; i < utf8.UTFMax && i <= len(s); i++ {
		if tail := s[len(s)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRuneInString(tail) {
				n = len(s) - i
			}
			break
		}
	}
	out.WriteString(s[:n])
	f.part = []byte(s[n:])
}
