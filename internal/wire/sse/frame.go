// Package sse reads and writes server-sent events as the WHATWG HTML standard
// defines them (section 9.2), without copying and without losing a byte: a
// relay can forward Frame.Raw and still know what the event said.
package sse

import "bytes"

// Frame is one event as it stood in the stream. Its slices alias the reader's
// buffer and are valid until the next call to Next.
type Frame struct {
	// Raw is the whole event including its closing blank line, verbatim.
	Raw []byte
	// Event is the value of the last "event" field; empty when absent.
	Event []byte
	// Data is the value of the "data" fields, joined by "\n" when there are
	// several (then it is a copy). HasData tells an empty value from none.
	Data    []byte
	HasData bool
}

// IsComment reports whether the event holds no field that a client acts on:
// keep-alive comments and bare blank lines.
func (f *Frame) IsComment() bool { return !f.HasData && len(f.Event) == 0 }

// parse fills the fields of a frame from its raw bytes.
func (f *Frame) parse(raw []byte) {
	*f = Frame{Raw: raw}
	multi := false
	for len(raw) > 0 {
		var line []byte
		line, raw = cutLine(raw)
		name, value, ok := field(line)
		if !ok {
			continue
		}
		switch string(name) {
		case "data":
			switch {
			case !f.HasData:
				f.Data, f.HasData = value, true
			case !multi:
				multi = true
				f.Data = append(append(bytes.Clone(f.Data), '\n'), value...)
			default:
				f.Data = append(append(f.Data, '\n'), value...)
			}
		case "event":
			f.Event = value
		}
	}
}

// cutLine splits off the first line; CR, LF and CRLF all end one.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if j := bytes.IndexByte(b[:max(i, 0)], '\r'); i >= 0 && j >= 0 {
		i = j
	} else if i < 0 {
		i = bytes.IndexByte(b, '\r')
	}
	if i < 0 {
		return b, nil
	}
	if b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n' {
		return b[:i], b[i+2:]
	}
	return b[:i], b[i+1:]
}

// field splits a line into name and value, dropping one leading space of the
// value. Comments (a leading colon) and blank lines are not fields.
func field(line []byte) (name, value []byte, ok bool) {
	if len(line) == 0 || line[0] == ':' {
		return nil, nil, false
	}
	name, value, _ = bytes.Cut(line, []byte{':'})
	return name, bytes.TrimPrefix(value, []byte{' '}), true
}
