package vault

import (
	"encoding/binary"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// payloadV1 is the first byte of every payload: strings have their length
// before them as a varint, so that any bytes pass exactly.
const payloadV1 = 1

// writer appends the fields of a payload.
type writer struct{ b []byte }

func (w *writer) byte(c byte)    { w.b = append(w.b, c) }
func (w *writer) uint(n int)     { w.b = binary.AppendUvarint(w.b, uint64(max(n, 0))) }
func (w *writer) str(s string)   { w.uint(len(s)); w.b = append(w.b, s...) }
func (w *writer) sum(s checksum) { w.b = append(w.b, s[:]...) }

func (w *writer) bool(v bool) {
	if v {
		w.byte(1)
		return
	}
	w.byte(0)
}

func (w *writer) origin(o Origin) {
	w.str(string(o.Protocol))
	w.str(o.Vendor)
	w.str(o.Provider)
}

func (w *writer) signature(s *llm.Signature) {
	w.bool(s != nil)
	if s != nil {
		w.str(s.Data)
		w.str(string(s.Origin.Protocol))
		w.str(s.Origin.Vendor)
	}
}

// reasoning writes a block but for its cache mark, which only clients set.
func (w *writer) reasoning(r *llm.Reasoning) {
	w.str(r.ID)
	w.str(r.Text)
	w.uint(len(r.Summary))
	for _, s := range r.Summary {
		w.str(s)
	}
	w.signature(r.Signature)
	w.signature(r.Encrypted)
	w.bool(r.Redacted)
	w.uint(len(r.Ext))
	for _, m := range r.Ext {
		w.str(string(m.Protocol))
		w.str(m.Name)
		w.str(string(m.Value))
	}
}

// reader takes the fields of a payload. After the first that is not there
// every other is empty, and done reports it.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) fail() {
	r.b, r.bad = nil, true
}

// done reports whether the payload was read to its end and not beyond.
func (r *reader) done() bool { return !r.bad && len(r.b) == 0 }

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.fail()
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// uint reads a count or a length. None is larger than the payload.
func (r *reader) uint() int {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > maxInflated {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return int(n)
}

// count reads the number of elements that follow, each of at least a byte.
func (r *reader) count() int {
	n := r.uint()
	if n > len(r.b) {
		r.fail()
		return 0
	}
	return n
}

func (r *reader) str() string { return string(r.take(r.uint())) }

func (r *reader) bool() bool {
	c := r.byte()
	if c > 1 {
		r.fail()
	}
	return c == 1
}

func (r *reader) sum() (s checksum) {
	copy(s[:], r.take(len(s)))
	return s
}

func (r *reader) origin() Origin {
	return Origin{Protocol: llm.Protocol(r.str()), Vendor: r.str(), Provider: r.str()}
}

func (r *reader) signature() *llm.Signature {
	if !r.bool() {
		return nil
	}
	return &llm.Signature{Data: r.str(), Origin: llm.Origin{Protocol: llm.Protocol(r.str()), Vendor: r.str()}}
}

func (r *reader) reasoning() *llm.Reasoning {
	b := &llm.Reasoning{}
	b.ID = r.str()
	b.Text = r.str()
	for range r.count() {
		b.Summary = append(b.Summary, r.str())
	}
	b.Signature = r.signature()
	b.Encrypted = r.signature()
	b.Redacted = r.bool()
	for range r.count() {
		b.Ext = append(b.Ext, llm.Member{Protocol: llm.Protocol(r.str()), Name: r.str(), Value: llm.Raw(r.str())})
	}
	return b
}
