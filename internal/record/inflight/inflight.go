// Package inflight remembers which requests are under way, so that a gateway
// which is killed leaves a row for each of them too. The memory is a file that
// is mapped into the process: beginning and ending a request are stores to
// memory, and the kernel keeps them when the process dies.
//
// It does not survive a crash of the machine; nothing that has no answer needs
// to.
package inflight

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/plexus-gateway/plexus/internal/errs"
	"github.com/plexus-gateway/plexus/internal/record"
)

// A slot holds one request: a word that says which of its two halves counts
// (0: none), then the halves. An update writes the half that does not count
// and then turns the word, so that dying in between loses nothing.
const (
	slotSize = 1024
	wordSize = 8
	halfSize = (slotSize - wordSize) / 2
	headSize = 6 // u16 length, u32 CRC-32C
	maxBody  = halfSize - headSize
)

// DefaultSlots is how many requests can be remembered at a time. The file is
// sparse: only slots that were used take space, on disk and in memory.
const DefaultSlots = 1 << 15

// The first slot's place holds how many slots have ever been used, so that
// opening the table touches no others.
const headerSlots = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Table is the memory of the requests under way. It is safe for concurrent use.
type Table struct {
	mem  mapping
	mu   sync.Mutex
	free []uint32 // slots not in use, the last used on top: its page is warm
	used uint32   // slots from here on were never used
	last uint32   // one past the last slot
}

// Open maps the table at path, making it if there is none, and returns the
// requests that an earlier process left under way. They stay in the table
// until Recovered is called, so that they are not lost if this process dies
// before it has recorded them. Only one process may have a table open: hold
// the journal's lock.
func Open(path string, slots int) (t *Table, left []record.Record, err error) {
	defer errs.Wrap(&err, "open the table of requests under way")
	if slots <= 0 {
		slots = DefaultSlots
	}
	mem, err := openMapping(path, (headerSlots+slots)*slotSize)
	if err != nil {
		return nil, nil, err
	}
	t = &Table{mem: mem, last: uint32(headerSlots + slots)}
	t.used = uint32(min(max(t.header().Load(), headerSlots), uint64(t.last))) //nolint:gosec // at most t.last
	for i := t.used; i > headerSlots; i-- {
		s := Slot{t, i - 1}
		if s.word().Load() == 0 {
			t.free = append(t.free, s.index)
			continue
		}
		if r, ok := s.read(); ok {
			left = append(left, r)
		}
	}
	return t, left, nil
}

// Recovered frees what Open found: its records are safe now.
func (t *Table) Recovered() {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := make(map[uint32]bool, len(t.free))
	for _, i := range t.free {
		known[i] = true
	}
	for i := uint32(headerSlots); i < t.used; i++ {
		if !known[i] {
			s := Slot{t, i}
			s.word().Store(0)
			t.mem.changed(s.offset(), wordSize)
			t.free = append(t.free, s.index)
		}
	}
}

// header is the count of slots ever used.
func (t *Table) header() *atomic.Uint64 { return Slot{t, 0}.word() }

// Close unmaps the table. No slot may be used afterwards.
func (t *Table) Close() error {
	if err := t.mem.close(); err != nil {
		return fmt.Errorf("close the table of requests under way: %w", err)
	}
	return nil
}

// Slot is the place of one request. The zero Slot remembers nothing.
type Slot struct {
	t     *Table
	index uint32
}

// Begin remembers a request. When the table is full the request is served all
// the same, and only a kill would lose it.
func (t *Table) Begin(r *record.Record) Slot {
	s := t.take()
	s.Update(r)
	return s
}

// take returns a slot that is not in use, one that was used before if there is.
func (t *Table) take() Slot {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.free); n > 0 {
		s := Slot{t, t.free[n-1]}
		t.free = t.free[:n-1]
		return s
	}
	if t.used == t.last {
		return Slot{}
	}
	s := Slot{t, t.used}
	t.used++
	t.header().Store(uint64(t.used)) // before the slot is: what is used must be found
	t.mem.changed(0, wordSize)
	return s
}

// Update replaces what is remembered of the request.
func (s Slot) Update(r *record.Record) {
	if s.t == nil {
		return
	}
	half := uint64(1)
	if s.word().Load() == 1 {
		half = 2
	}
	at := s.offset() + wordSize + int(half-1)*halfSize
	mem := s.t.mem.bytes()[at : at+halfSize : at+halfSize]
	body, ok := encode(mem[headSize:headSize], r)
	if !ok {
		return
	}
	binary.LittleEndian.PutUint16(mem, uint16(len(body))) //nolint:gosec // at most maxBody
	binary.LittleEndian.PutUint32(mem[2:], crc32.Checksum(body, castagnoli))
	s.t.mem.changed(at, headSize+len(body))
	s.word().Store(half)
	s.t.mem.changed(s.offset(), wordSize)
}

// encode renders r into dst's room, in brief if it does not fit.
func encode(dst []byte, r *record.Record) ([]byte, bool) {
	if body, err := r.AppendBinary(dst); err == nil && len(body) <= maxBody {
		return body, true
	}
	brief := record.Record{ID: r.ID, Start: r.Start, KeyID: r.KeyID, KeyName: r.KeyName, Method: r.Method, ProtocolIn: r.ProtocolIn, Provider: r.Provider}
	body, err := brief.AppendBinary(dst)
	return body, err == nil && len(body) <= maxBody
}

// End forgets the request: its record is safe.
func (s Slot) End() {
	if s.t == nil {
		return
	}
	s.word().Store(0)
	s.t.mem.changed(s.offset(), wordSize)
	s.t.mu.Lock()
	s.t.free = append(s.t.free, s.index)
	s.t.mu.Unlock()
}

func (s Slot) offset() int { return int(s.index) * slotSize }

// word is the slot's first word, changed atomically: slots lie on multiples of
// their size in page-aligned memory.
func (s Slot) word() *atomic.Uint64 {
	return (*atomic.Uint64)(unsafe.Pointer(&s.t.mem.bytes()[s.offset()])) //nolint:gosec // aligned, see above
}

// read decodes what the slot remembers; a damaged slot says nothing.
func (s Slot) read() (r record.Record, ok bool) {
	half := s.word().Load()
	if half != 1 && half != 2 {
		return r, false
	}
	at := s.offset() + wordSize + int(half-1)*halfSize
	mem := s.t.mem.bytes()[at : at+halfSize : at+halfSize]
	n := int(binary.LittleEndian.Uint16(mem))
	if n > maxBody {
		return r, false
	}
	body := mem[headSize : headSize+n]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(mem[2:]) {
		return r, false
	}
	return r, r.UnmarshalBinary(append([]byte(nil), body...)) == nil
}
