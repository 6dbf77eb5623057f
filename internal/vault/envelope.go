package vault

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/secretbox"
)

// marker begins every envelope. Gemini's SDKs read signatures as base64 and
// write them anew, in either alphabet, so that an envelope must be base64 as a
// whole: the marker is whole groups of characters that both alphabets have.
const marker = "plx1envelope"

// maxEnvelope bounds the text of an envelope, in bytes.
const maxEnvelope = 2 * maxInflated

// HasEnvelope reports whether a request's JSON text holds an envelope as the
// beginning of a string. Such a request must be decoded and opened: its
// envelopes mean nothing to an upstream.
//
// It looks for the marker's rarest letter: quotes and the other letters are in
// every line of a body, and every request of the raw lane passes here.
func HasEnvelope(body []byte) bool {
	for from := rareAt + 1; from < len(body); from++ {
		i := bytes.IndexByte(body[from:], marker[rareAt])
		if i < 0 {
			return false
		}
		from += i
		begin := from - rareAt
		quoted := body[begin-1] == '"' && (begin == 1 || body[begin-2] != '\\') // an escaped quote stands inside of a text
		if quoted && bytes.HasPrefix(body[begin:], []byte(marker)) {
			return true
		}
	}
	return false
}

// rareAt is where the marker has its rarest letter, the x.
const rareAt = 2

// isEnvelope reports whether s is meant to be an envelope.
func isEnvelope(s *llm.Signature) bool { return s != nil && strings.HasPrefix(s.Data, marker) }

// enveloped is what an envelope holds.
type enveloped struct {
	from  Origin
	block *llm.Reasoning
	// shown: the text is not in the envelope but beside it, in the client's
	// own block, and textSum tells whether it is still the same.
	shown   bool
	textSum checksum
	size    int // of the payload, in bytes
}

// shows reports whether the client gets the block's text as it is and sends it
// back with its signature, so that the envelope need not repeat it.
func shows(client llm.Protocol, r *llm.Reasoning) bool {
	return client == llm.AnthropicMessages && r.Text != "" && len(r.Summary) == 0 && utf8.ValidString(r.Text)
}

func (v *Vault) envelopePlace(tenant string) secretbox.Place {
	return secretbox.Place{Table: "reasoning vault", Column: "envelope", Row: tenant}
}

// envelope returns r in the form of a signature of the client's protocol.
func (v *Vault) envelope(t *Turn, r *llm.Reasoning) (*llm.Signature, error) {
	w := writer{b: []byte{payloadV1}}
	w.origin(t.From)
	shown := shows(t.Client, r)
	w.bool(shown)
	if shown {
		w.sum(sumOf(r.Text))
		bare := *r
		bare.Text = ""
		r = &bare
	}
	w.reasoning(r)
	if len(w.b) > maxInflated {
		return nil, ErrTooLarge
	}
	sealed, err := v.ring.Seal(v.packer.pack(w.b), v.envelopePlace(t.Tenant))
	if err != nil {
		return nil, err
	}
	return &llm.Signature{
		Data:   marker + base64.StdEncoding.EncodeToString(sealed),
		Origin: llm.Origin{Protocol: t.Client},
	}, nil
}

// bothAlphabets reads base64 of URLs as the standard one.
var bothAlphabets = strings.NewReplacer("-", "+", "_", "/")

// openEnvelope reads what envelope wrote for the same tenant.
func (v *Vault) openEnvelope(tenant, text string) (*enveloped, error) {
	text, ok := strings.CutPrefix(text, marker)
	if !ok || len(text) > maxEnvelope {
		return nil, errMalformed
	}
	text = strings.TrimRight(bothAlphabets.Replace(text), "=")
	sealed, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errMalformed
	}
	packed, err := v.ring.Open(sealed, v.envelopePlace(tenant))
	if err != nil {
		return nil, err
	}
	payload, err := v.packer.unpack(packed)
	if err != nil {
		return nil, err
	}
	return readEnveloped(payload)
}

func readEnveloped(payload []byte) (*enveloped, error) {
	r := reader{b: payload}
	if r.byte() != payloadV1 {
		return nil, errMalformed
	}
	e := &enveloped{from: r.origin(), shown: r.bool(), size: len(payload)}
	if e.shown {
		e.textSum = r.sum()
	}
	e.block = r.reasoning()
	if !r.done() {
		return nil, errMalformed
	}
	return e, nil
}

// reveal completes the block by the text that the client was shown. It reports
// false when the client's text is another.
func (e *enveloped) reveal(text string) bool {
	if !e.shown {
		return true
	}
	if sumOf(text) != e.textSum {
		return false
	}
	e.block.Text = text
	return true
}
