package jsonspan

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// unescape resolves the escapes of a validated string's inside. Lone
// surrogates become U+FFFD.
func unescape(in []byte) []byte {
	out := make([]byte, 0, len(in))
	for {
		i := bytes.IndexByte(in, '\\')
		if i < 0 {
			return append(out, in...)
		}
		out = append(out, in[:i]...)
		in = in[i:]
		if in[1] != 'u' {
			out = append(out, simpleEscape(in[1]))
			in = in[2:]
			continue
		}
		r := hexRune(in[2:6])
		in = in[6:]
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if len(in) >= 6 && in[0] == '\\' && in[1] == 'u' {
				pair = utf16.DecodeRune(r, hexRune(in[2:6]))
			}
			if r = pair; r != utf8.RuneError {
				in = in[6:]
			}
		}
		out = utf8.AppendRune(out, r)
	}
}

func simpleEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	default:
		return c
	}
}

func hexRune(b []byte) rune {
	var r rune
	for _, c := range b {
		r = r<<4 | rune(hexValue(c)) //nolint:gosec // below 16
	}
	return r
}

func hexValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
