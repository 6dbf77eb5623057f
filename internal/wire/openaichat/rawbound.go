package openaichat

import (
	"bytes"

	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// The members that bound the output.
const (
	oldBound = "max_tokens"
	newBound = "max_completion_tokens"
)

// boundRenamed returns the edit that calls the bound of the output by its new
// name, where the client says the old one and the target refuses that: clients
// made for compatible servers know no other. The value stays as it came.
// https://platform.openai.com/docs/api-reference/chat/create
func boundRenamed(doc *jsonspan.Doc, to wire.Target) (jsonspan.Edit, bool) {
	if !dialectOf(to).reference || maxTokensName(to.Model) != newBound {
		return jsonspan.Edit{}, false
	}
	v, ok := doc.Get(oldBound)
	if _, both := doc.Get(newBound); !ok || both {
		return jsonspan.Edit{}, false
	}
	// However the name is escaped, no quote is inside it.
	closing := bytes.LastIndexByte(doc.Body()[:v.Start], '"')
	opening := bytes.LastIndexByte(doc.Body()[:closing], '"')
	return jsonspan.Edit{Start: opening, End: closing + 1, New: jsonspan.Quote(newBound)}, true
}
