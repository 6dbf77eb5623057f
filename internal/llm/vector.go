package llm

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
)

// Vector is one embedding in the form it came in: numbers or base64 text.
type Vector struct {
	// Values is a JSON array of numbers, valid JSON. It is used when it is not nil.
	Values Raw
	// Base64 is the vector's little-endian float32 values in base64, as the
	// OpenAI API gives them (encoding_format).
	Base64 string
}

// floatSize is the size of one packed value, in bytes.
const floatSize = 4

// JSON returns the vector as a JSON array without white space. Numbers keep
// their spelling; packed ones get the shortest that gives the same float32. It
// fails when the vector is empty or holds something that is not a number.
func (v Vector) JSON() (Raw, error) {
	if v.Values == nil {
		return v.unpack()
	}
	out := make(Raw, 0, len(v.Values))
	for i, n := range v.numbers() {
		if len(n) == 0 || n[0] != '-' && (n[0] < '0' || n[0] > '9') {
			return nil, notANumber(i)
		}
		out = append(append(out, separator(i)), n...)
	}
	if len(out) == 0 {
		return nil, errNotAVector()
	}
	return append(out, ']'), nil
}

// Packed returns the vector as base64 of little-endian float32 values. Numbers
// are rounded to float32, in which models compute vectors. It fails as JSON
// does, and for numbers that are no float32.
func (v Vector) Packed() (string, error) {
	if v.Values == nil {
		b, err := v.bytes()
		return base64.StdEncoding.EncodeToString(b), err
	}
	out := make([]byte, 0, floatSize*(1+bytes.Count(v.Values, []byte{','})))
	for i, n := range v.numbers() {
		f, err := strconv.ParseFloat(string(n), 32)
		if err != nil {
			return "", notANumber(i)
		}
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(f)))
	}
	if len(out) == 0 {
		return "", errNotAVector()
	}
	return base64.StdEncoding.EncodeToString(out), nil
}

// unpack spells the packed values.
func (v Vector) unpack() (Raw, error) {
	b, err := v.bytes()
	if err != nil {
		return nil, err
	}
	const spelled = 13 // most float32 values with a comma, in bytes
	out := make(Raw, 0, len(b)/floatSize*spelled+1)
	for i := 0; i < len(b); i += floatSize {
		f := float64(math.Float32frombits(binary.LittleEndian.Uint32(b[i:])))
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, notANumber(i / floatSize)
		}
		out = strconv.AppendFloat(append(out, separator(i)), f, 'g', -1, 32)
	}
	return append(out, ']'), nil
}

// bytes returns the packed values. Padding may be absent.
func (v Vector) bytes() ([]byte, error) {
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(v.Base64, "="))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the vector is not base64: %w", err)
	case len(b) == 0:
		return nil, errNotAVector()
	case len(b)%floatSize != 0:
		return nil, fmt.Errorf("the vector's %d bytes are not a whole number of float32 values", len(b))
	}
	return b, nil
}

// numbers iterates over the elements of Values. In a valid array of numbers
// nothing but a separator is a comma.
func (v Vector) numbers() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		inner, opened := bytes.CutPrefix(bytes.TrimSpace(v.Values), []byte{'['})
		inner, shut := bytes.CutSuffix(inner, []byte{']'})
		if !opened || !shut || len(bytes.TrimSpace(inner)) == 0 {
			return
		}
		i := 0
		for n := range bytes.SplitSeq(inner, []byte{','}) {
			if !yield(i, bytes.TrimSpace(n)) {
				return
			}
			i++
		}
	}
}

// separator stands before the value of the index.
func separator(i int) byte {
	if i == 0 {
		return '['
	}
	return ','
}

func notANumber(i int) error { return fmt.Errorf("value %d of the vector is not a number", i) }

func errNotAVector() error { return errors.New("the vector is not a list of numbers") }
