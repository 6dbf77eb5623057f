package toolmap

import (
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// isOffer reports whether b is an item by which a client of the Responses
// protocol offers tools inside the conversation. They are among the tools of the
// request too, so that other protocols miss nothing without the item.
func isOffer(b llm.Block) bool {
	o, ok := b.(*llm.Opaque)
	return ok && o.Type == "additional_tools" && o.Native.Protocol == llm.OpenAIResponses
}

// withoutOffers takes such items out for a protocol that has none, and messages
// that hold nothing else.
func (n *naming) withoutOffers(r *llm.Request) bool {
	if n.rule.offers {
		return false
	}
	shared := true
	for i := range r.Messages {
		if !slices.ContainsFunc(r.Messages[i].Blocks, isOffer) {
			continue
		}
		if shared {
			r.Messages, shared = slices.Clone(r.Messages), false
		}
		m := &r.Messages[i]
		m.Blocks = slices.DeleteFunc(slices.Clone(m.Blocks), isOffer)
		if len(m.Blocks) == 0 {
			m.Role = ""
		}
	}
	if !shared {
		r.Messages = slices.DeleteFunc(r.Messages, func(m llm.Message) bool { return m.Role == "" })
	}
	return !shared
}
