package jsonspan

import (
	"encoding/binary"
	"math/bits"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// simpleEscapes are the bytes that make a whole escape with a backslash.
var simpleEscapes = [256]bool{'"': true, '\\': true, '/': true, 'b': true, 'f': true, 'n': true, 'r': true, 't': true}

// nearby is how far a string is looked at in words before the kernel is asked:
// names and short values end within it.
const nearby = 32

// plain skips string text from i on that needs no attention: bytes from 0x20
// up and two-byte escapes. It returns the offset of the first byte that does
// need it (a closing quote, a control character, a backslash of another
// escape, or the end) and seen with the bytes skipped or-ed into it, so that
// its high bits tell whether any was outside ASCII.
func plain(b []byte, i int, seen uint64) (int, uint64) {
	near := i + nearby
	for i+8 <= len(b) {
		if hasKernel && i >= near {
			var high uint64
			i, high = plainKernel(b, i)
			if high != 0 {
				seen |= highs
			}
			near = len(b) // the kernel left less than it can load, or a stop
			continue
		}
		x := binary.LittleEndian.Uint64(b[i:])
		m := stops(x)
		if m == 0 {
			seen |= x
			i += 8
			continue
		}
		n := bits.TrailingZeros64(m) &^ 7
		seen |= x & (1<<n - 1)
		i += n / 8
		if b[i] != '\\' || i+1 >= len(b) || !simpleEscapes[b[i+1]] {
			return i, seen
		}
		i += 2
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		seen |= uint64(b[i])
		i++
	}
	if i+1 < len(b) && b[i] == '\\' && simpleEscapes[b[i+1]] {
		return plain(b, i+2, seen)
	}
	return i, seen
}

// stops has the high bit set in the first byte of x that ends plain text: a
// quote, a backslash or a control character. Later bytes may be wrong.
func stops(x uint64) uint64 {
	q, e := x^(ones*'"'), x^(ones*'\\')
	return ((q-ones)&^q | (e-ones)&^e | (x-ones*0x20)&^x) & highs
}
