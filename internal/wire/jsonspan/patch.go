package jsonspan

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Edit replaces body[Start:End] by New. An insertion has Start == End.
type Edit struct {
	Start, End int
	New        []byte
}

// Set returns the edit that gives the top-level member name the value raw:
// in place where the member exists, else appended as the object's last member.
func (d *Doc) Set(name string, raw []byte) Edit {
	if v, ok := d.Get(name); ok {
		return Edit{Start: v.Start, End: v.Start + len(v.Raw), New: raw}
	}
	return insert(d.end, len(d.members) == 0, name, raw)
}

// SetIn returns the edit that gives member name of the object value v, which
// is part of d's body, the value raw.
func (d *Doc) SetIn(v Value, name string, raw []byte) (Edit, error) {
	var in Doc
	if err := in.Index(v.Raw); err != nil {
		return Edit{}, fmt.Errorf("jsonspan: set %q: %w", name, err)
	}
	e := in.Set(name, raw)
	e.Start += v.Start
	e.End += v.Start
	return e, nil
}

func insert(at int, empty bool, name string, raw []byte) Edit {
	text := make([]byte, 0, len(name)+len(raw)+4)
	if !empty {
		text = append(text, ',')
	}
	text = append(text, Quote(name)...)
	text = append(text, ':')
	return Edit{Start: at, End: at, New: append(text, raw...)}
}

// Spliced is a text with edits applied, held as the pieces it is made of: the
// original bytes are not copied. It reads once; Rewind starts over.
type Spliced struct {
	parts [][]byte
	size  int64
	part  int // read position
	off   int
}

// Splice applies edits, which must not overlap, to body.
func Splice(body []byte, edits ...Edit) (*Spliced, error) {
	if !slices.IsSortedFunc(edits, byStart) {
		edits = slices.SortedStableFunc(slices.Values(edits), byStart)
	}
	s := &Spliced{parts: make([][]byte, 0, 2*len(edits)+1)}
	at := 0
	for _, e := range edits {
		if e.Start < at || e.End < e.Start || e.End > len(body) {
			return nil, errors.New("jsonspan: splice: edits overlap or lie outside the text")
		}
		s.add(body[at:e.Start])
		s.add(e.New)
		at = e.End
	}
	s.add(body[at:])
	return s, nil
}

func byStart(a, b Edit) int { return cmp.Compare(a.Start, b.Start) }

func (s *Spliced) add(p []byte) {
	if len(p) > 0 {
		s.parts = append(s.parts, p)
		s.size += int64(len(p))
	}
}

// Size returns the length of the edited text in bytes.
func (s *Spliced) Size() int64 { return s.size }

// Bytes returns the edited text as one slice, for tests and small bodies.
func (s *Spliced) Bytes() []byte { return slices.Concat(s.parts...) }

// Rewind makes the next read start at the beginning.
func (s *Spliced) Rewind() { s.part, s.off = 0, 0 }

// Clone returns an independent reader of the same text, at its beginning.
func (s *Spliced) Clone() *Spliced { return &Spliced{parts: s.parts, size: s.size} }

// Read implements io.Reader.
func (s *Spliced) Read(p []byte) (int, error) {
	if s.part == len(s.parts) {
		return 0, io.EOF
	}
	n := copy(p, s.parts[s.part][s.off:])
	if s.off += n; s.off == len(s.parts[s.part]) {
		s.part, s.off = s.part+1, 0
	}
	return n, nil
}

// WriteTo implements io.WriterTo: each piece goes out in one write.
func (s *Spliced) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for s.part < len(s.parts) {
		n, err := w.Write(s.parts[s.part][s.off:])
		total += int64(n)
		s.off += n
		if err != nil {
			return total, err //nolint:wrapcheck // io.WriterTo hands on the writer's own error
		}
		s.part, s.off = s.part+1, 0
	}
	return total, nil
}
