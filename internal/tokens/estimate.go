package tokens

import (
	"unicode"
	"unicode/utf8"
)

// A feature is something a text has a number of, and of which a tokenizer
// makes a number of tokens. All of them only grow when text is appended, so
// that an estimate does too.
type feature uint8

// The features. A piece is what byte-pair encoders never merge across; the
// borders are those of o200k_base, which those of the other families resemble.
const (
	words       feature = iota // pieces of Latin letters
	joinedWords                // such pieces with one punctuation mark in front
	letters6                   // ASCII letters of a piece from the 6th on
	letters12                  // ASCII letters of a piece from the 12th on
	dense                      // letters and digits from the 25th on without space or punctuation: hashes, base64
	accents                    // Latin letters outside ASCII
	numbers                    // groups of up to three digits
	digits                     // digits
	marks                      // pieces of punctuation
	moreMarks                  // punctuation that differs from the character before it, in one piece
	sameMarks                  // punctuation that repeats the character before it
	spaces                     // pieces of white space
	lines                      // pieces with line ends
	han                        // Chinese characters
	kana                       // Japanese syllables
	hangul                     // Korean syllables
	cyrillic                   // Cyrillic and Greek letters
	scripts                    // letters and marks of all other scripts
	fullMarks                  // punctuation outside ASCII
	symbols                    // other characters outside ASCII: emoji, box drawing
	raw                        // bytes that are no UTF-8
	featureCount
)

// counts says how much of each feature a text has.
type counts [featureCount]int64

// weights says what one of each feature costs, in thousandths of a token.
type weights [featureCount]int64

// tokens returns the estimate, rounded up.
func (c *counts) tokens(w *weights) int64 {
	var sum int64
	for i, n := range c {
		sum += n * w[i]
	}
	return (sum + 999) / 1000
}

// class is what a character is to a pre-tokenizer.
type class uint8

const (
	classNone  class = iota // before the first character
	classLower              // Latin letters that are not capital
	classUpper
	classDigit
	classMark
	classSpace // white space without line ends
	classLine  // line ends
	classOther // letters and symbols counted one by one
)

// scanner walks a text once, in constant memory.
type scanner struct {
	counts
	last   class
	run    int  // characters in the piece, or in the white space since the last line end
	packed int  // letters and digits since the last other character
	prev   rune // the character before
	// lone: the piece of punctuation is one character without a space in
	// front, so a word that follows joins it.
	lone bool
}

// measure counts the features of text.
func measure(c *counts, text string) {
	s := scanner{counts: *c}
	for i := 0; i < len(text); {
		b := text[i]
		if b < utf8.RuneSelf {
			s.ascii(b)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		s.wide(r, n)
		i += n
	}
	*c = s.counts
}

func (s *scanner) ascii(b byte) {
	switch {
	case b >= 'a' && b <= 'z':
		s.letter(classLower, b)
	case b >= 'A' && b <= 'Z':
		s.letter(classUpper, b)
	case b == ' ' || b == '\t' || b == '\v' || b == '\f':
		s.space()
	case b == '\n' || b == '\r':
		s.line()
	case b >= '0' && b <= '9':
		s.digit()
	default:
		s.mark(rune(b))
	}
	s.prev = rune(b)
}

// letter adds a Latin letter. A capital after a small letter begins a piece.
func (s *scanner) letter(c class, b byte) {
	begins := s.last != classLower && s.last != classUpper || s.last == classLower && c == classUpper
	if begins {
		if s.last == classMark && s.lone {
			s.counts[joinedWords]++
		} else {
			s.counts[words]++
		}
		s.run = 0
	}
	s.run++
	s.pack()
	s.last = c
	if b >= utf8.RuneSelf {
		s.counts[accents]++
		return
	}
	if s.run >= 6 && rune(b) == s.prev {
		s.counts[sameMarks]++
		return
	}
	if s.run >= 6 {
		s.counts[letters6]++
	}
	if s.run >= 12 {
		s.counts[letters12]++
	}
}

// digit adds a digit; groups are of three, and take no space in front.
func (s *scanner) digit() {
	if s.last != classDigit {
		s.run = 0
		if s.last == classSpace {
			s.counts[spaces]++
		}
	}
	if s.run%3 == 0 {
		s.counts[numbers]++
	}
	s.counts[digits]++
	s.pack()
	s.last = classDigit
	s.run++
}

// pack adds a letter or digit to the block.
func (s *scanner) pack() {
	switch s.last {
	case classLower, classUpper, classDigit:
		s.packed++
	default:
		s.packed = 1
	}
	if s.packed >= 25 {
		s.counts[dense]++
	}
}

// mark adds ASCII punctuation, which takes one space in front.
func (s *scanner) mark(r rune) {
	if s.last == classMark {
		s.lone = false
		if r == s.prev {
			s.counts[sameMarks]++
		} else {
			s.counts[moreMarks]++
		}
		return
	}
	if s.last == classSpace && s.prev != ' ' {
		s.counts[spaces]++
	}
	s.lone = s.prev != ' '
	s.counts[marks]++
	s.last = classMark
}

// space adds white space. The last of it belongs to the word that follows, so
// only the second makes a piece.
func (s *scanner) space() {
	if s.last != classSpace {
		s.run = 0
	}
	s.run++
	if s.run == 2 {
		s.counts[spaces]++
	}
	s.last = classSpace
}

// line adds a line end. It belongs to punctuation in front of it; several,
// and white space between them, are one piece.
func (s *scanner) line() {
	switch s.last {
	case classMark, classLine:
	case classSpace:
		if s.run < 2 { // else the piece was counted as spaces
			s.counts[lines]++
		}
	default:
		s.counts[lines]++
	}
	s.last = classLine
}

// wide adds a character outside ASCII that took n bytes.
func (s *scanner) wide(r rune, n int) {
	switch {
	case r == utf8.RuneError && n == 1:
		s.other(raw)
	case r <= 0x24f && unicode.IsLetter(r) || r >= 0x1e00 && r <= 0x1eff:
		c := classLower
		if unicode.IsUpper(r) {
			c = classUpper
		}
		s.letter(c, utf8.RuneSelf)
	case unicode.IsSpace(r):
		s.space()
	default:
		s.other(kind(r))
	}
	s.prev = r
}

// block is a range of Unicode that is one feature.
type block struct {
	first, last rune
	feature     feature
}

var blocks = [...]block{
	{0x4e00, 0x9fff, han},
	{0x3041, 0x30ff, kana},
	{0xac00, 0xd7a3, hangul},
	{0x370, 0x52f, cyrillic},
	{0x2010, 0x206f, fullMarks},
	{0x3000, 0x303f, fullMarks},
	{0xff00, 0xffef, fullMarks},
	{0x3400, 0x4dbf, han},
	{0xf900, 0xfaff, han},
	{0x20000, 0x3ffff, han},
}

// kind returns the feature of a character outside ASCII that is no Latin letter.
func kind(r rune) feature {
	for _, b := range &blocks {
		if r >= b.first && r <= b.last {
			return b.feature
		}
	}
	switch {
	case unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r):
		return scripts
	case r < 0x100:
		return fullMarks
	default:
		return symbols
	}
}

// other adds a character that is counted by itself.
func (s *scanner) other(f feature) {
	s.counts[f]++
	s.last = classOther
}
