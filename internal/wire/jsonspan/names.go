package jsonspan

import "hash/maphash"

// hashSeed is drawn once per process, so that names which collide cannot be
// prepared by an attacker.
var hashSeed = maphash.MakeSeed()

// nameTable is a set of (object, name) pairs by open addressing. One table
// serves every large object of a text: an object is told from another by its
// generation, so leaving an object costs nothing.
type nameTable struct {
	slots []nameSlot
	used  int
	gen   int
}

type nameSlot struct {
	gen  int
	hash uint64
	name []byte
}

func (t *nameTable) reset() {
	if t.used > 0 {
		clear(t.slots)
	}
	if len(t.slots) > 4096 { // keep no memory of an outsized text
		t.slots = nil
	}
	t.used, t.gen = 0, 0
}

func (t *nameTable) generation() int {
	t.gen++
	return t.gen
}

// add records the pair and reports whether it is new.
func (t *nameTable) add(gen int, name []byte) bool {
	if 4*(t.used+1) > 3*len(t.slots) {
		t.grow()
	}
	h := maphash.Bytes(hashSeed, name) + uint64(gen) //nolint:gosec // a counter
	mask := uint64(len(t.slots) - 1)                 //nolint:gosec // never empty here
	for i := h & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.gen == 0 {
			*s = nameSlot{gen: gen, hash: h, name: name}
			t.used++
			return true
		}
		if s.hash == h && s.gen == gen && string(s.name) == string(name) {
			return false
		}
	}
}

func (t *nameTable) grow() {
	old := t.slots
	t.slots = make([]nameSlot, max(64, 2*len(old)))
	mask := uint64(len(t.slots) - 1) //nolint:gosec // never empty here
	for _, s := range old {
		if s.gen == 0 {
			continue
		}
		i := s.hash & mask
		for t.slots[i].gen != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = s
	}
}
