package ollama

import (
	"bytes"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
)

// Raw is the raw lane of the protocol.
type Raw struct {
	// Generate makes it that of /generate.
	Generate bool
}

var _ wire.Raw = Raw{}

// Protocol returns ollama.
func (Raw) Protocol() llm.Protocol { return protocol }

// EncodeError renders an error in the protocol's dialect.
func (Raw) EncodeError(e *llm.Error) []byte { return Codec{}.EncodeError(e) }

// EncodeStreamError renders an error as the last line of a stream.
func (Raw) EncodeStreamError(e *llm.Error) []byte { return Codec{}.EncodeStreamError(e) }

// StreamType is the content type of a stream.
func (Raw) StreamType() string { return Codec{}.StreamType() }

// DecodeError reads an upstream's error.
func (Raw) DecodeError(status int, body []byte) *llm.UpstreamError {
	return openai.DecodeError(status, body)
}

// Describe reads model and stream, which is true unless the request says otherwise.
func (r Raw) Describe(doc *jsonspan.Doc, _ wire.Inbound) (wire.Meta, error) {
	model, err := openai.Model(doc)
	if err != nil {
		return wire.Meta{}, err
	}
	if doc.Miscased("model") != "" {
		return wire.Meta{}, openai.Invalid("model", "model is named twice: write the member's name in lower case")
	}
	m := wire.Meta{Model: model, Stream: true}
	if v, ok := doc.Get("stream"); ok && v.Kind() != 'n' {
		if m.Stream, ok = v.Bool(); !ok {
			return wire.Meta{}, openai.Invalid("stream", "stream must be true, false or null, not %s", openai.KindName(v))
		}
	}
	// A request without messages, or without a prompt, loads the model.
	if r.Generate {
		if v, ok := doc.Get("prompt"); ok && v.Kind() != 'n' && v.Kind() != '"' {
			return wire.Meta{}, openai.Invalid("prompt", "prompt must be a text, not %s", openai.KindName(v))
		}
		return m, nil
	}
	if v, ok := doc.Get("messages"); ok && v.Kind() != 'n' && v.Kind() != '[' {
		return wire.Meta{}, openai.Invalid("messages", "messages must be an array of messages, not %s", openai.KindName(v))
	}
	return m, nil
}

// Patch sets the upstream's model. Usage comes with every answer.
func (r Raw) Patch(doc *jsonspan.Doc, meta wire.Meta, to wire.Target) (wire.Patch, error) {
	p := wire.Patch{Path: pathChat}
	if r.Generate {
		p.Path = pathGenerate
	}
	if to.Model != meta.Model {
		p.Edits = append(p.Edits, doc.Set("model", jsonspan.Quote(to.Model)))
	}
	return p, nil
}

// StreamTap watches one stream, in frames of package ndjson.
func (Raw) StreamTap(bool) wire.StreamTap { return &streamTap{} }

// BodyTap watches one whole answer.
func (Raw) BodyTap() wire.BodyTap { return &bodyTap{watch: jsonspan.NewWatch(answerPaths)} }

// cloneOf keeps what an error of a frame says when the frame has passed.
func cloneOf(data []byte) *llm.UpstreamError { return openai.DecodeError(0, bytes.Clone(data)) }
