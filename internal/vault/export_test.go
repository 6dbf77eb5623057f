package vault

import "github.com/plexus-gateway/plexus/internal/llm"

// Marker is how envelopes begin.
const Marker = marker

// ReadPayloads reads a payload as an envelope and as a turn, whatever it is,
// and writes back what it understood.
func ReadPayloads(payload []byte) (understood [][]byte) {
	if e, err := readEnveloped(payload); err == nil {
		w := writer{b: []byte{payloadV1}}
		w.origin(e.from)
		w.bool(e.shown)
		if e.shown {
			w.sum(e.textSum)
		}
		w.reasoning(e.block)
		understood = append(understood, w.b)
	}
	if t, err := decodeTurn(payload); err == nil {
		understood = append(understood, encodeTurn(t.from, t.entries))
	}
	return understood
}

// Unpack restores a packed payload.
func Unpack(packed []byte) ([]byte, error) {
	var p packer
	return p.unpack(packed)
}

// Pack packs a payload.
func Pack(payload []byte) []byte {
	var p packer
	return p.pack(payload)
}

// EnvelopePayload is what an envelope of r holds before it is packed.
func EnvelopePayload(from Origin, r *llm.Reasoning) []byte {
	w := writer{b: []byte{payloadV1}}
	w.origin(from)
	w.bool(false)
	w.reasoning(r)
	return w.b
}
