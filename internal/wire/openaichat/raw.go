// Package openaichat speaks openai.chat: POST /chat/completions of the OpenAI
// API and of everything compatible with it.
// https://platform.openai.com/docs/api-reference/chat
package openaichat

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
)

// Raw is the raw lane of the protocol.
type Raw struct{}

var _ wire.Raw = Raw{}

// Protocol returns openai.chat.
func (Raw) Protocol() llm.Protocol { return llm.OpenAIChat }

// EncodeError renders an error in the OpenAI dialect.
func (Raw) EncodeError(e *llm.Error) []byte { return openai.EncodeError(e) }

// EncodeStreamError renders an error as the last event of a stream.
func (Raw) EncodeStreamError(e *llm.Error) []byte { return openai.EncodeStreamError(e) }

// DecodeError reads an upstream's error.
func (Raw) DecodeError(status int, body []byte) *llm.UpstreamError {
	return openai.DecodeError(status, body)
}

// Describe reads model and stream.
func (Raw) Describe(doc *jsonspan.Doc, _ wire.Inbound) (wire.Meta, error) {
	model, err := openai.Model(doc)
	if err != nil {
		return wire.Meta{}, err
	}
	m := wire.Meta{Model: model}
	if v, ok := doc.Get("stream"); ok && v.Kind() != 'n' {
		if m.Stream, ok = v.Bool(); !ok {
			return wire.Meta{}, openai.Invalid("stream", "stream must be true, false or null, not %s", openai.KindName(v))
		}
	}
	if v, ok := doc.Get("messages"); !ok || v.Kind() != '[' {
		return wire.Meta{}, openai.Invalid("messages", "messages must be an array of messages")
	}
	return m, nil
}

// Patch sets the upstream's model, spells the bound of the output as it takes
// it and, for a stream that would end without telling its usage, asks for it.
func (Raw) Patch(doc *jsonspan.Doc, meta wire.Meta, to wire.Target) (wire.Patch, error) {
	p := wire.Patch{Path: "/chat/completions"}
	if to.Model != meta.Model {
		p.Edits = append(p.Edits, doc.Set("model", jsonspan.Quote(to.Model)))
	}
	if e, ok := boundRenamed(doc, to); ok {
		p.Edits = append(p.Edits, e)
	}
	if !meta.Stream || !to.NeedUsage {
		return p, nil
	}
	opts, ok := doc.Get("stream_options")
	if !ok || opts.Kind() == 'n' {
		p.Edits = append(p.Edits, doc.Set("stream_options", []byte(`{"include_usage":true}`)))
		p.HideUsage = true
		return p, nil
	}
	if opts.Kind() != '{' {
		return wire.Patch{}, openai.Invalid("stream_options", "stream_options must be an object, not %s", openai.KindName(opts))
	}
	if v, ok := opts.Member("include_usage"); ok {
		if asked, isBool := v.Bool(); isBool && asked {
			return p, nil
		}
	}
	e, err := doc.SetIn(opts, "include_usage", []byte("true"))
	if err != nil {
		return wire.Patch{}, err
	}
	p.Edits, p.HideUsage = append(p.Edits, e), true
	return p, nil
}

// StreamTap watches one stream.
func (Raw) StreamTap(hideUsage bool) wire.StreamTap { return streamTap{tapping().Chunks(hideUsage)} }

// BodyTap watches one whole answer.
func (Raw) BodyTap() wire.BodyTap {
	return tapping().BodyTap()
}
