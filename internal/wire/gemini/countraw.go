package gemini

import (
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// CountRaw is the raw lane of countTokens
// (ai.google.dev/api/tokens). What is counted costs nothing, so its answers
// tell no usage.
type CountRaw struct{ rawDialect }

var _ wire.Raw = CountRaw{}

// wrapped are the spellings of the member that holds a whole request to be
// counted, which names the model once more.
var wrapped = [...]string{"generateContentRequest", "generate_content_request"}

// Describe reads the model that the URL names.
func (CountRaw) Describe(doc *jsonspan.Doc, in wire.Inbound) (wire.Meta, error) {
	m, err := describeModel(in)
	if err != nil {
		return wire.Meta{}, err
	}
	whole := false
	for _, name := range wrapped {
		v, ok := doc.Get(name)
		if !ok || v.Kind() == 'n' {
			continue
		}
		if v.Kind() != '{' {
			return wire.Meta{}, asInvalid(wrong(name, "must be an object, not %s", kindName(v.Raw)))
		}
		whole = true
	}
	if whole {
		return m, nil
	}
	if err := describeContents(doc); err != nil {
		return wire.Meta{}, err
	}
	return m, nil
}

// Patch sets the upstream's model wherever the request names it.
func (CountRaw) Patch(doc *jsonspan.Doc, _ wire.Meta, to wire.Target) (wire.Patch, error) {
	p, err := patchModel(doc, to, ":countTokens")
	if err != nil {
		return wire.Patch{}, err
	}
	for _, name := range wrapped {
		v, _ := doc.Get(name)
		edits, err := setModel(doc, v, to.Model)
		if err != nil {
			return wire.Patch{}, err
		}
		p.Edits = append(p.Edits, edits...)
	}
	return p, nil
}

// StreamTap is never asked for: counting does not stream.
func (CountRaw) StreamTap(bool) wire.StreamTap { return wire.BlindTap{} }

// BodyTap watches for an error; totalTokens are not the request's own.
func (CountRaw) BodyTap() wire.BodyTap { return &bodyTap{} }
