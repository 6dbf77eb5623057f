package wirejson

import (
	"bytes"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Carry reads a text that comes as JSON strings in pieces. Vendors cut it
// between the bytes of a rune, and between the two escapes of one; what is cut
// waits for the next piece.
type Carry struct{ held []byte }

// Next returns the text of a piece, as far as it is whole.
func (c *Carry) Next(v llm.Raw) string {
	if len(v) < 2 || v[0] != '"' {
		return ""
	}
	inner := v[1 : len(v)-1]
	cut := wholeLen(inner)
	if len(c.held) == 0 && cut == len(inner) {
		s, _ := Text(v)
		return s
	}
	if len(c.held) > 0 {
		inner = append(c.held, inner...)
		cut = wholeLen(inner)
	}
	c.held = bytes.Clone(inner[cut:])
	return unquote(inner[:cut])
}

// Rest returns what will never be whole.
func (c *Carry) Rest() string {
	if len(c.held) == 0 {
		return ""
	}
	s := unquote(c.held)
	c.held = nil
	return s
}

func unquote(inner []byte) string {
	if len(inner) == 0 {
		return ""
	}
	quoted := append(append(append(make([]byte, 0, len(inner)+2), '"'), inner...), '"')
	s, _ := Text(quoted)
	return s
}

// wholeLen returns how much of the inside of a JSON string is whole.
func wholeLen(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return len(b) - n
			}
			break
		}
	}
	const escape = len(`\ud83d`)
	at := len(b) - escape
	if at < 0 || b[at] != '\\' || b[at+1] != 'u' || b[at+2] != 'd' && b[at+2] != 'D' {
		return len(b)
	}
	switch b[at+3] {
	case '8', '9', 'a', 'b', 'A', 'B': // the first half of a pair
	default:
		return len(b)
	}
	slashes := 0
	for i := at - 1; i >= 0 && b[i] == '\\'; i-- {
		slashes++
	}
	if slashes%2 == 1 { // the backslash is itself escaped
		return len(b)
	}
	return at
}
