package openairesponses

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// Raw is the raw lane of the protocol. Its zero value is ready.
type Raw struct {
	// Keep asks the taps to keep a copy of the complete response object, see
	// Finalizer, if it has at most so many bytes; 0 keeps none.
	Keep int
}

// Finalizer is implemented by the taps of this protocol.
type Finalizer interface {
	// Final returns a copy of the complete response object ({"id":…,"output":[…]})
	// once it has passed, or nil: nobody asked for it, it is too large, the
	// answer is an error, or it has not come.
	Final() []byte
}

var (
	_ wire.Raw  = Raw{}
	_ Finalizer = (*streamTap)(nil)
	_ Finalizer = (*bodyTap)(nil)
)

// Protocol returns openai.responses.
func (Raw) Protocol() llm.Protocol { return protocol }

// EncodeError renders an error as the codec does.
func (Raw) EncodeError(e *llm.Error) []byte { return Codec{}.EncodeError(e) }

// EncodeStreamError renders an error as the events that end a stream.
func (Raw) EncodeStreamError(e *llm.Error) []byte { return Codec{}.EncodeStreamError(e) }

// DecodeError reads an upstream's error as the codec does.
func (Raw) DecodeError(status int, body []byte) *llm.UpstreamError {
	return Codec{}.DecodeError(status, nil, body).Upstream
}

// Describe reads model and stream, and whether there is anything to answer.
func (Raw) Describe(doc *jsonspan.Doc, _ wire.Inbound) (wire.Meta, error) {
	model, err := describeModel(doc)
	if err != nil {
		return wire.Meta{}, err
	}
	m := wire.Meta{Model: model}
	if v, ok := said(doc, "stream"); ok {
		if m.Stream, ok = v.Bool(); !ok {
			return wire.Meta{}, wrongType("stream", "a boolean", v.Raw)
		}
	}
	if err := describeInput(doc); err != nil {
		return wire.Meta{}, err
	}
	return m, nil
}

func describeModel(doc *jsonspan.Doc) (string, error) {
	v, ok := said(doc, "model")
	if !ok {
		if _, ok := said(doc, "prompt"); ok {
			e := llm.Errorf(llm.KindInvalid, "missing_required_parameter",
				"Missing required parameter: 'model'. A stored prompt may name a model, but requests are routed by 'model': name it beside 'prompt'.")
			e.Param = "model"
			return "", e
		}
		return "", missing("model")
	}
	model, ok := v.String()
	switch {
	case !ok:
		return "", wrongType("model", "a string", v.Raw)
	case model == "":
		return "", missing("model")
	}
	return model, nil
}

// describeInput checks that there is input, or what stands in for it.
func describeInput(doc *jsonspan.Doc) error {
	if v, ok := said(doc, "input"); ok {
		if k := v.Kind(); k != '"' && k != '[' {
			return wrongType("input", "a string or an array of items", v.Raw)
		}
		return nil
	}
	for _, name := range [...]string{"previous_response_id", "prompt", "conversation"} {
		if _, ok := said(doc, name); ok {
			return nil
		}
	}
	return missing("input")
}

// said returns a member that is there and not null, which is absent here.
func said(doc *jsonspan.Doc, name string) (jsonspan.Value, bool) {
	v, ok := doc.Get(name)
	return v, ok && v.Kind() != 'n'
}

// Patch sets the upstream's model; streams tell their usage unasked.
func (Raw) Patch(doc *jsonspan.Doc, meta wire.Meta, to wire.Target) (wire.Patch, error) {
	p := wire.Patch{Path: "/responses"}
	if to.Model != meta.Model {
		p.Edits = append(p.Edits, doc.Set("model", jsonspan.Quote(to.Model)))
	}
	return p, nil
}

// StreamTap watches one stream.
func (r Raw) StreamTap(bool) wire.StreamTap { return &streamTap{keep: r.Keep} }

// BodyTap watches one whole answer.
func (r Raw) BodyTap() wire.BodyTap {
	return &bodyTap{answer: newAnswer(), keep: r.Keep}
}
