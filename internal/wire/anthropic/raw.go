package anthropic

import (
	"net/http"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// Raw is the raw lane of POST /messages. Its zero value is ready.
type Raw struct{}

var _ wire.Raw = Raw{}

// Protocol returns llm.AnthropicMessages.
func (Raw) Protocol() llm.Protocol { return self }

// EncodeError renders e as the API's error object.
func (Raw) EncodeError(e *llm.Error) []byte { return Codec{}.EncodeError(e) }

// EncodeStreamError renders e as the error event that ends a stream.
func (Raw) EncodeStreamError(e *llm.Error) []byte { return Codec{}.EncodeStreamError(e) }

// DecodeError reads an upstream's error.
func (Raw) DecodeError(status int, body []byte) *llm.UpstreamError {
	return upstreamError(status, body)
}

// Describe reads model and stream. Whatever else a request needs, the upstream
// knows best.
func (Raw) Describe(doc *jsonspan.Doc, in wire.Inbound) (wire.Meta, error) {
	m, err := describe(doc, in)
	if err != nil {
		return wire.Meta{}, err
	}
	if v, ok := doc.Get("stream"); ok && v.Kind() != 'n' {
		if m.Stream, ok = v.Bool(); !ok {
			return wire.Meta{}, invalid("stream", "must be true or false, not %s", found(v.Raw))
		}
	}
	return m, nil
}

// describe reads what both requests have. Its errors read as the codec's.
func describe(doc *jsonspan.Doc, in wire.Inbound) (wire.Meta, error) {
	m := wire.Meta{Query: betaQuery(in.Query)}
	v, ok := doc.Get("model")
	if ok {
		if m.Model, ok = v.String(); !ok {
			return wire.Meta{}, invalid("model", "must be a string, not %s", found(v.Raw))
		}
	}
	if m.Model == "" {
		return wire.Meta{}, invalid("model", "must be the name of a model; it is required")
	}
	if v, ok = doc.Get("messages"); !ok {
		return wire.Meta{}, invalid("messages", "must hold at least one message with content; it is required")
	}
	if v.Kind() != '[' {
		return wire.Meta{}, invalid("messages", "must be an array of messages, not %s", found(v.Raw))
	}
	return m, nil
}

// beta is the one parameter of the API's URL. The official clients set it
// beside the anthropic-beta header, and some upstreams read only one of the two.
const beta = "beta=true"

func betaQuery(query string) string {
	for p := range strings.SplitSeq(query, "&") {
		if p == beta {
			return beta
		}
	}
	return ""
}

// Patch sets the upstream's model.
func (Raw) Patch(doc *jsonspan.Doc, meta wire.Meta, to wire.Target) (wire.Patch, error) {
	return patch(doc, meta, to, "/messages"), nil
}

func patch(doc *jsonspan.Doc, meta wire.Meta, to wire.Target, path string) wire.Patch {
	p := wire.Patch{Path: path, Query: meta.Query, Header: http.Header{"Anthropic-Version": {Version}}}
	if to.Model != meta.Model {
		p.Edits = append(p.Edits, doc.Set("model", jsonspan.Quote(to.Model)))
	}
	return p
}

// StreamTap watches one stream. Streams tell their usage unasked, so there is
// none to hide.
func (Raw) StreamTap(bool) wire.StreamTap {
	return &streamTap{msg: messageDecoder{resp: &llm.Response{}}}
}

// BodyTap watches one whole answer.
func (Raw) BodyTap() wire.BodyTap { return newBodyTap() }
