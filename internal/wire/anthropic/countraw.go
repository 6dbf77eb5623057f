package anthropic

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// CountRaw is the raw lane of POST /messages/count_tokens, which costs nothing
// and never streams. Its zero value is ready.
type CountRaw struct{}

var _ wire.Raw = CountRaw{}

// Protocol returns llm.AnthropicMessages.
func (CountRaw) Protocol() llm.Protocol { return self }

// EncodeError renders e as the API's error object.
func (CountRaw) EncodeError(e *llm.Error) []byte { return Codec{}.EncodeError(e) }

// EncodeStreamError renders e as an error event.
func (CountRaw) EncodeStreamError(e *llm.Error) []byte { return Codec{}.EncodeStreamError(e) }

// DecodeError reads an upstream's error.
func (CountRaw) DecodeError(status int, body []byte) *llm.UpstreamError {
	return upstreamError(status, body)
}

// Describe reads the model.
func (CountRaw) Describe(doc *jsonspan.Doc, in wire.Inbound) (wire.Meta, error) {
	return describe(doc, in)
}

// Patch sets the upstream's model.
func (CountRaw) Patch(doc *jsonspan.Doc, meta wire.Meta, to wire.Target) (wire.Patch, error) {
	return patch(doc, meta, to, "/messages/count_tokens"), nil
}

// StreamTap is never asked for: Describe does not stream.
func (CountRaw) StreamTap(bool) wire.StreamTap { return wire.BlindTap{} }

// BodyTap watches one answer for an error. The count is the answer, and no
// usage of its own.
func (CountRaw) BodyTap() wire.BodyTap { return countTap{newBodyTap()} }

// countTap sees nothing but errors.
type countTap struct{ body *bodyTap }

// Write takes the next bytes of the answer.
func (t countTap) Write(p []byte) { t.body.Write(p) }

// Seen returns the error, if there was one.
func (t countTap) Seen() *wire.Seen { return &wire.Seen{Err: t.body.Seen().Err} }
