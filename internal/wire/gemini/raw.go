package gemini

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Raw is the raw lane of generateContent and streamGenerateContent. The model
// and the method stand in the URL (/v1beta/models/{model}:generateContent); the
// body goes on as it came.
type Raw struct{ rawDialect }

var _ wire.Raw = Raw{}

// Describe reads the model and the method that the URL names. Of the query it
// keeps alt=sse: without it, the upstream streams one JSON array.
func (Raw) Describe(doc *jsonspan.Doc, in wire.Inbound) (wire.Meta, error) {
	m, err := describeModel(in)
	if err != nil {
		return wire.Meta{}, err
	}
	if err := describeContents(doc); err != nil {
		return wire.Meta{}, err
	}
	m.Stream = in.Stream
	if q, err := url.ParseQuery(in.Query); m.Stream && err == nil && q.Get("alt") == "sse" {
		m.Query = "alt=sse"
	}
	return m, nil
}

// Patch sets the upstream's model in the URL, and in the body if it is there too.
func (Raw) Patch(doc *jsonspan.Doc, meta wire.Meta, to wire.Target) (wire.Patch, error) {
	method := ":generateContent"
	if meta.Stream {
		method = ":streamGenerateContent"
	}
	p, err := patchModel(doc, to, method)
	p.Query = meta.Query
	return p, err
}

// StreamTap watches one stream of events.
func (Raw) StreamTap(bool) wire.StreamTap { return &streamTap{} }

// BodyTap watches one answer that is an object, or a stream that is an array.
func (Raw) BodyTap() wire.BodyTap { return &bodyTap{} }

// rawDialect is what the raw lanes of the API's methods share.
type rawDialect struct{}

// Protocol returns gemini.
func (rawDialect) Protocol() llm.Protocol { return llm.Gemini }

// EncodeError renders an error as the codec does.
func (rawDialect) EncodeError(e *llm.Error) []byte { return Codec{}.EncodeError(e) }

// EncodeStreamError renders an error as the last event of a stream.
func (rawDialect) EncodeStreamError(e *llm.Error) []byte { return Codec{}.EncodeStreamError(e) }

// DecodeError reads an upstream's error as the codec does.
func (rawDialect) DecodeError(status int, body []byte) *llm.UpstreamError {
	return Codec{}.DecodeError(status, http.Header{}, body).Upstream
}

// describeModel reads the model that the URL names.
func describeModel(in wire.Inbound) (wire.Meta, error) {
	model := modelName(in.Model)
	if model == "" {
		return wire.Meta{}, asInvalid(wrong("model", "is required in the URL: /v1beta/models/{model}:{method}"))
	}
	return wire.Meta{Model: model}, nil
}

// describeContents checks the one member that a request must have. Like the
// codec, and like the API's own examples, it takes one content for a list of one.
func describeContents(doc *jsonspan.Doc) error {
	v, ok := doc.Get("contents")
	switch k := v.Kind(); {
	case !ok || k == 'n':
		return asInvalid(wrong("contents", "is required: an array of contents"))
	case k != '[' && k != '{':
		return asInvalid(wrong("contents", "must be an array, not %s", kindName(v.Raw)))
	}
	return nil
}

// patchModel makes the patch that sends a request to a method of the target's model.
func patchModel(doc *jsonspan.Doc, to wire.Target, method string) (wire.Patch, error) {
	path, err := modelPath(to.Model)
	if err != nil {
		return wire.Patch{}, err
	}
	p := wire.Patch{Path: path + method}
	if v, ok := doc.Get("model"); ok && !names(v, to.Model) {
		p.Edits = append(p.Edits, doc.Set("model", resource(to.Model)))
	}
	return p, nil
}

// resource returns the model's resource name as a JSON string: "models/x".
func resource(model string) []byte { return jsonspan.Quote(resourceOf(model)) }

// names reports whether v is the model's resource name already.
func names(v jsonspan.Value, model string) bool {
	s, ok := v.String()
	return ok && s == resourceOf(model)
}

// setModel returns the edit that makes v, an object inside doc, name the
// model. An object that names none is left alone.
func setModel(doc *jsonspan.Doc, v jsonspan.Value, model string) ([]jsonspan.Edit, error) {
	if old, ok := v.Member("model"); !ok || names(old, model) {
		return nil, nil
	}
	e, err := doc.SetIn(v, "model", resource(model))
	return []jsonspan.Edit{e}, err
}

// elements returns the elements of an array inside an indexed body, with their
// places in it.
func elements(array jsonspan.Value) []jsonspan.Value {
	var out []jsonspan.Value
	at := 1 // behind the bracket
	for _, raw := range wirejson.Elements(array.Raw) {
		for strings.IndexByte(", \t\r\n", array.Raw[at]) >= 0 {
			at++
		}
		out = append(out, jsonspan.Value{Raw: raw, Start: array.Start + at})
		at += len(raw)
	}
	return out
}
