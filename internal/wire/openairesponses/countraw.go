package openairesponses

import (
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// CountRaw is the raw lane of POST /responses/input_tokens, which counts the
// tokens of a request without answering it.
// https://platform.openai.com/docs/api-reference/responses/input-tokens
type CountRaw struct{}

var _ wire.Raw = CountRaw{}

// Protocol returns openai.responses.
func (CountRaw) Protocol() llm.Protocol { return protocol }

// EncodeError renders an error as the codec does.
func (CountRaw) EncodeError(e *llm.Error) []byte { return Raw{}.EncodeError(e) }

// EncodeStreamError renders an error as the events that end a stream.
func (CountRaw) EncodeStreamError(e *llm.Error) []byte { return Raw{}.EncodeStreamError(e) }

// DecodeError reads an upstream's error.
func (CountRaw) DecodeError(status int, body []byte) *llm.UpstreamError {
	return Raw{}.DecodeError(status, body)
}

// Describe reads the model. There need not be any input.
func (CountRaw) Describe(doc *jsonspan.Doc, _ wire.Inbound) (wire.Meta, error) {
	model, err := describeModel(doc)
	return wire.Meta{Model: model}, err
}

// Patch sets the upstream's model.
func (CountRaw) Patch(doc *jsonspan.Doc, meta wire.Meta, to wire.Target) (wire.Patch, error) {
	p, err := Raw{}.Patch(doc, meta, to)
	p.Path = "/responses/input_tokens"
	return p, err
}

// StreamTap is never asked for: Describe does not stream.
func (CountRaw) StreamTap(bool) wire.StreamTap { return wire.BlindTap{} }

// BodyTap watches one answer for an error. The count is the answer, and no
// usage of its own.
func (CountRaw) BodyTap() wire.BodyTap { return countTap{Raw{}.BodyTap()} }

// countTap sees nothing but errors.
type countTap struct{ body wire.BodyTap }

// Write takes the next bytes of the answer.
func (t countTap) Write(p []byte) { t.body.Write(p) }

// Seen returns the error, if there was one.
func (t countTap) Seen() *wire.Seen { return &wire.Seen{Err: t.body.Seen().Err} }

// Counter counts tokens here for clients whose upstream cannot.
type Counter struct{}

var _ wire.Counter = Counter{}

// DecodeCount reads a request to count: what POST /responses takes.
func (Counter) DecodeCount(in wire.Inbound) (*llm.Request, error) {
	return Codec{}.DecodeRequest(in)
}

// EncodeCount renders the count.
func (Counter) EncodeCount(tokens int64) []byte {
	b := appendMember([]byte{'{'}, "object", "response.input_tokens")
	return append(strconv.AppendInt(wirejson.AppendName(b, "input_tokens"), tokens, 10), '}')
}
