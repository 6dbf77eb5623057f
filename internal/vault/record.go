package vault

import (
	"crypto/sha256"
	"hash"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/secretbox"
)

// entryKind is what an entry of a turn stands for.
type entryKind byte

const (
	entryReasoning entryKind = iota + 1
	entryText
	entryCall
	entryMedia
)

// entry is one block of an answer, as far as it must be known again.
type entry struct {
	kind      entryKind
	reasoning *llm.Reasoning // kept whole
	signature *llm.Signature // of the other kinds
	callID    string
	call      callSum
	size      int      // of the text in bytes, white space included
	sum       checksum // of the text without the white space around it, or of the media
	dead      bool     // not to be kept: cut short or over a bound
}

// record is one answer being taken down.
type record struct {
	entries []*entry
	text    textDigest // all texts
	broken  bool       // some thinking is missing, so the rest is of no use
}

func (r *record) add(kind entryKind) *entry {
	e := &entry{kind: kind}
	r.entries = append(r.entries, e)
	return e
}

// stored is an answer as it came out of the store.
type stored struct {
	from    Origin
	entries []*entry
	size    int // of the payload, in bytes
}

// keep returns the entries that are to be stored, and whether there is anything
// among them to be restored.
func (r *record) keep(thinking bool) ([]*entry, bool) {
	var out []*entry
	worth := false
	for _, e := range r.entries {
		if e.dead || e.kind == entryReasoning && (!thinking || r.broken) || e.kind == entryMedia && e.signature == nil {
			continue
		}
		worth = worth || e.kind == entryReasoning || e.signature != nil
		out = append(out, e)
	}
	return out, worth
}

func encodeTurn(from Origin, entries []*entry) []byte {
	w := writer{b: []byte{payloadV1}}
	w.origin(from)
	w.uint(len(entries))
	for _, e := range entries {
		w.byte(byte(e.kind))
		switch e.kind {
		case entryReasoning:
			w.reasoning(e.reasoning)
			continue
		case entryText:
			w.uint(e.size)
			w.sum(e.sum)
		case entryCall:
			w.str(e.callID)
			w.sum(e.call.raw)
			w.sum(e.call.meant)
		case entryMedia:
			w.sum(e.sum)
		}
		w.signature(e.signature)
	}
	return w.b
}

func decodeTurn(payload []byte) (*stored, error) {
	r := reader{b: payload}
	if r.byte() != payloadV1 {
		return nil, errMalformed
	}
	t := &stored{from: r.origin(), size: len(payload)}
	for range r.count() {
		e := &entry{kind: entryKind(r.byte())}
		t.entries = append(t.entries, e)
		switch e.kind {
		case entryReasoning:
			e.reasoning = r.reasoning()
			continue
		case entryText:
			e.size, e.sum = r.uint(), r.sum()
		case entryCall:
			e.callID = r.str()
			e.call = callSum{raw: r.sum(), meant: r.sum()}
		case entryMedia:
			e.sum = r.sum()
		default:
			r.fail()
		}
		e.signature = r.signature()
	}
	if !r.done() {
		return nil, errMalformed
	}
	return t, nil
}

func turnPlace(key Key) secretbox.Place {
	return secretbox.Place{Table: "reasoning vault", Column: "turn", Row: string(key[:])}
}

// openTurn reads a value found under key.
func (v *Vault) openTurn(key Key, value []byte) (*stored, error) {
	packed, err := v.ring.Open(value, turnPlace(key))
	if err != nil {
		return nil, err
	}
	payload, err := v.packer.unpack(packed)
	if err != nil {
		return nil, err
	}
	return decodeTurn(payload)
}

// items seals an answer for each key it will be looked for by. It fails with
// ErrTooLarge when one would be over MaxValue.
func (v *Vault) items(t *Turn, r *record) ([]Item, error) {
	entries, worth := r.keep(t.storesThinking())
	if !worth {
		return nil, nil
	}
	keys := v.keys(t, r, entries)
	if len(keys) == 0 {
		return nil, nil
	}
	payload := encodeTurn(t.From, entries)
	if len(payload) > maxInflated {
		return nil, ErrTooLarge
	}
	packed := v.packer.pack(payload)
	items := make([]Item, 0, len(keys))
	for i, key := range keys {
		if i > 0 && (i+1)*len(packed) > maxTurn {
			break
		}
		sealed, err := v.ring.Seal(packed, turnPlace(key))
		if err != nil {
			return nil, err
		}
		if len(sealed) > MaxValue {
			return nil, ErrTooLarge
		}
		items = append(items, Item{Key: key, Value: sealed})
	}
	return items, nil
}

// keys are those of the answer's calls or, when it has none, that of its text.
func (v *Vault) keys(t *Turn, r *record, entries []*entry) []Key {
	var keys []Key
	calls := false
	for _, e := range entries {
		if e.kind == entryCall && len(keys) < maxKeys {
			keys = append(keys, v.callKey(t.Tenant, e.callID))
		}
	}
	for _, e := range r.entries {
		calls = calls || e.kind == entryCall
	}
	if calls || t.Request == nil {
		return keys
	}
	asked := asker(t.Request.Messages)
	if text, ok := r.text.sum(); ok && asked >= 0 {
		keys = append(keys, v.textKey(t.Tenant, questionSum(&t.Request.Messages[asked]), text))
	}
	return keys
}

// mediaDigest hashes media that come in pieces.
type mediaDigest struct {
	h    hash.Hash
	some bool
}

func (d *mediaDigest) write(s string) {
	if s == "" {
		return
	}
	if d.h == nil {
		d.h = sha256.New()
	}
	d.h.Write([]byte(s))
	d.some = true
}

func (d *mediaDigest) sum() checksum {
	if d.h == nil {
		return checksum{}
	}
	return checksum(d.h.Sum(nil)[:16])
}

func mediaSum(m *llm.Media) checksum {
	var d mediaDigest
	d.write(m.Data)
	return d.sum()
}
