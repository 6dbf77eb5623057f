package tokens

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tiktoken-go/tokenizer/codec"
)

const (
	// maxExact is the longest prompt that is counted with a tokenizer, in
	// bytes: about 200 ms. Longer ones are estimated.
	maxExact = 1 << 20
	// chunk is how much of a text the tokenizer is given at once, in bytes. It
	// bounds the memory for a text without spaces, which is one single piece.
	chunk = 64 << 10
	// maxBlankLines is how many line ends with nothing visible between them the
	// tokenizer is given at once: its time grows with their square.
	maxBlankLines = 64
	// cutWindow is how far from the end of a chunk a good place to cut is looked for.
	cutWindow = 1 << 10
)

// encoding names a published vocabulary.
type encoding uint8

const (
	encodingNone encoding = iota
	encodingO200k
	encodingCl100k
)

// encoder is a tokenizer that is loaded when it is first used. The library
// keeps a vocabulary once for the process.
type encoder struct {
	load  func() *codec.Codec
	once  sync.Once
	codec *codec.Codec
}

func loadO200k() *codec.Codec  { return codec.NewO200kBase() }
func loadCl100k() *codec.Codec { return codec.NewCl100kBase() }

// count returns the number of tokens of text, as tiktoken does but for one
// known difference: the library makes a piece of every blank line that has
// spaces in it, tiktoken one of all such lines in a row. Names of special
// tokens in it are ordinary text, as they are to the API.
func (e *encoder) count(text string) (int64, bool) {
	e.once.Do(func() { e.codec = e.load() })
	sum := int64(strings.Count(text, "\x7f")) // which the library loses
	for text != "" {
		cut := cutPoint(text)
		n, err := e.codec.Count(text[:cut])
		if err != nil {
			return 0, false
		}
		sum += int64(n)
		text = text[cut:]
	}
	return sum, true
}

// cutPoint returns where the first chunk of text ends: before a space between
// two ASCII letters, where a piece always begins, so that cutting changes no
// count; else, for lack of such a place, before any character.
func cutPoint(text string) int {
	if i := blankCut(text[:min(len(text), chunk)]); i > 0 {
		return i
	}
	if len(text) <= chunk {
		return len(text)
	}
	for i := chunk - 1; i > chunk-cutWindow; i-- { // i+1 <= chunk < len(text)
		if text[i] == ' ' && isLetter(text[i-1]) && isLetter(text[i+1]) {
			return i
		}
	}
	i := chunk
	for i > chunk-utf8.UTFMax && !utf8.RuneStart(text[i]) {
		i--
	}
	return i
}

// blankCut returns the end of the first run of too many blank lines in text, 0
// when there is none.
func blankCut(text string) int {
	lines := 0
	for i := range len(text) {
		switch b := text[i]; {
		case b == '\n' || b == '\r':
			if lines++; lines == maxBlankLines {
				return i + 1
			}
		case b > ' ' && b < utf8.RuneSelf:
			lines = 0
		}
	}
	return 0
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
