package gemini

import (
	"strconv"

	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// EmbedRaw is the raw lane of embedContent (ai.google.dev/api/embeddings).
type EmbedRaw struct {
	rawDialect

	// Batch is set for batchEmbedContents, whose requests name the model each.
	Batch bool
}

var _ wire.Raw = EmbedRaw{}

// Describe reads the model that the URL names.
func (r EmbedRaw) Describe(doc *jsonspan.Doc, in wire.Inbound) (wire.Meta, error) {
	m, err := describeModel(in)
	if err != nil {
		return wire.Meta{}, err
	}
	name, kind, want := "content", jsonspan.Kind('{'), "an object"
	if r.Batch {
		name, kind, want = "requests", '[', "an array"
	}
	v, ok := doc.Get(name)
	switch {
	case !ok:
		return wire.Meta{}, asInvalid(wrong(name, "is required: %s", want))
	case v.Kind() != kind:
		return wire.Meta{}, asInvalid(wrong(name, "must be %s, not %s", want, kindName(v.Raw)))
	}
	return m, nil
}

// Patch sets the upstream's model wherever the request names it.
func (r EmbedRaw) Patch(doc *jsonspan.Doc, _ wire.Meta, to wire.Target) (wire.Patch, error) {
	if !r.Batch {
		return patchModel(doc, to, ":embedContent")
	}
	p, err := patchModel(doc, to, ":batchEmbedContents")
	if err != nil {
		return wire.Patch{}, err
	}
	requests, _ := doc.Get("requests")
	for i, v := range elements(requests) {
		if v.Kind() != '{' {
			return wire.Patch{}, asInvalid(wrong("requests["+strconv.Itoa(i)+"]", "must be an object, not %s", kindName(v.Raw)))
		}
		edits, err := setModel(doc, v, to.Model)
		if err != nil {
			return wire.Patch{}, err
		}
		p.Edits = append(p.Edits, edits...)
	}
	return p, nil
}

// StreamTap is never asked for: embeddings do not stream.
func (EmbedRaw) StreamTap(bool) wire.StreamTap { return wire.BlindTap{} }

// BodyTap watches for usage, which newer models tell, and errors.
func (EmbedRaw) BodyTap() wire.BodyTap { return &bodyTap{} }
