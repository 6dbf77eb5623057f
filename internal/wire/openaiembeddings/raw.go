// Package openaiembeddings speaks openai.embeddings: POST /embeddings of the
// OpenAI API. https://platform.openai.com/docs/api-reference/embeddings
package openaiembeddings

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
)

// Raw is the raw lane of the protocol.
type Raw struct{}

var _ wire.Raw = Raw{}

// Protocol returns openai.embeddings.
func (Raw) Protocol() llm.Protocol { return llm.OpenAIEmbeddings }

// EncodeError renders an error in the OpenAI dialect.
func (Raw) EncodeError(e *llm.Error) []byte { return openai.EncodeError(e) }

// EncodeStreamError renders an error as the last event of a stream.
func (Raw) EncodeStreamError(e *llm.Error) []byte { return openai.EncodeStreamError(e) }

// DecodeError reads an upstream's error.
func (Raw) DecodeError(status int, body []byte) *llm.UpstreamError {
	return openai.DecodeError(status, body)
}

// Describe reads model; embeddings do not stream.
func (Raw) Describe(doc *jsonspan.Doc, _ wire.Inbound) (wire.Meta, error) {
	model, err := openai.Model(doc)
	if err != nil {
		return wire.Meta{}, err
	}
	if _, ok := doc.Get("input"); !ok {
		return wire.Meta{}, openai.Invalid("input", "input is missing: a string, an array of strings, or tokens")
	}
	return wire.Meta{Model: model}, nil
}

// Patch sets the upstream's model.
func (Raw) Patch(doc *jsonspan.Doc, meta wire.Meta, to wire.Target) (wire.Patch, error) {
	p := wire.Patch{Path: "/embeddings"}
	if to.Model != meta.Model {
		p.Edits = append(p.Edits, doc.Set("model", jsonspan.Quote(to.Model)))
	}
	return p, nil
}

// StreamTap is never asked for: Describe does not stream, and relay refuses a
// stream that was not asked for.
func (Raw) StreamTap(bool) wire.StreamTap { return wire.BlindTap{} }

// BodyTap watches one whole answer.
func (Raw) BodyTap() wire.BodyTap { return &bodyTap{watch: jsonspan.NewWatch(paths)} }

var paths = jsonspan.NewPaths("usage", "model", "error")

type bodyTap struct {
	watch *jsonspan.Watch
	seen  wire.Seen
}

// Write takes the next bytes of the answer.
func (t *bodyTap) Write(p []byte) { t.watch.Feed(p) }

// Seen returns what the answer said.
func (t *bodyTap) Seen() *wire.Seen {
	t.seen.Usage = openai.ParseUsage(t.watch.Value(0))
	t.seen.Model = openai.Text(t.watch.Value(1))
	if e := t.watch.Value(2); openai.IsError(e) {
		t.seen.Err = openai.DecodeError(0, append(append([]byte(`{"error":`), e...), '}'))
	}
	return &t.seen
}
