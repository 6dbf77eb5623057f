package openaicompletions

import (
	"fmt"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Raw is the raw lane of the protocol. Its zero value is ready.
type Raw struct{}

var _ wire.Raw = Raw{}

// Protocol returns openai.completions.
func (Raw) Protocol() llm.Protocol { return protocol }

// EncodeError renders an error in the OpenAI dialect.
func (Raw) EncodeError(e *llm.Error) []byte { return openai.EncodeError(e) }

// EncodeStreamError renders an error as the last event of a stream.
func (Raw) EncodeStreamError(e *llm.Error) []byte { return openai.EncodeStreamError(e) }

// DecodeError reads an upstream's error.
func (Raw) DecodeError(status int, body []byte) *llm.UpstreamError {
	return openai.DecodeError(status, body)
}

// Describe reads model and stream, and demands a prompt.
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
	prompt, ok := doc.Get("prompt")
	if !ok {
		return wire.Meta{}, openai.Invalid("prompt", "prompt is missing: %s", prompts)
	}
	if !isPrompt(prompt) {
		return wire.Meta{}, openai.Invalid("prompt", "prompt must be %s", prompts)
	}
	return m, nil
}

// prompts says what a prompt may be.
const prompts = "a string, or an array that is not empty of strings, tokens or arrays of tokens"

func isPrompt(v jsonspan.Value) bool {
	if v.Kind() == '"' {
		return true
	}
	if v.Kind() != '[' {
		return false
	}
	// One look at the first tells what the others are to be; the upstream has
	// the last word.
	for _, e := range wirejson.Elements(v.Raw) {
		switch wirejson.KindOf(e) {
		case '"', '0', '[':
			return true
		}
		return false
	}
	return false
}

// Patch sets the upstream's model and, for a stream that would end without
// telling its usage, asks for it.
func (Raw) Patch(doc *jsonspan.Doc, meta wire.Meta, to wire.Target) (wire.Patch, error) {
	p := wire.Patch{Path: "/completions"}
	if to.Model != meta.Model {
		p.Edits = append(p.Edits, doc.Set("model", jsonspan.Quote(to.Model)))
	}
	if !meta.Stream || !to.NeedUsage {
		return p, nil
	}
	ask, err := askUsage(doc)
	if err != nil {
		return wire.Patch{}, err
	}
	if ask != nil {
		p.Edits, p.HideUsage = append(p.Edits, *ask), true
	}
	return p, nil
}

// askUsage returns the edit that sets stream_options.include_usage, or nil
// when the client asks for its usage itself.
func askUsage(doc *jsonspan.Doc) (*jsonspan.Edit, error) {
	opts, ok := doc.Get("stream_options")
	if !ok || opts.Kind() == 'n' {
		e := doc.Set("stream_options", []byte(`{"include_usage":true}`))
		return &e, nil
	}
	if opts.Kind() != '{' {
		return nil, openai.Invalid("stream_options", "stream_options must be an object, not %s", openai.KindName(opts))
	}
	if v, ok := opts.Member("include_usage"); ok {
		if asked, isBool := v.Bool(); isBool && asked {
			return nil, nil //nolint:nilnil // nothing to edit is no error
		}
	}
	e, err := doc.SetIn(opts, "include_usage", []byte("true"))
	if err != nil {
		return nil, fmt.Errorf("ask for usage: %w", err)
	}
	return &e, nil
}

// StreamTap watches one stream.
func (Raw) StreamTap(hideUsage bool) wire.StreamTap { return streamTap{tapping().Chunks(hideUsage)} }

// BodyTap watches one whole answer.
func (Raw) BodyTap() wire.BodyTap { return tapping().BodyTap() }
