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
	if !slices.ContainsFunc(r.Messages, holdsOffer) {
		return false
	}
	messages := make([]llm.Message, 0, len(r.Messages))
	for _, m := range r.Messages {
		if holdsOffer(m) {
			m.Blocks = slices.DeleteFunc(slices.Clone(m.Blocks), isOffer)
			if len(m.Blocks) == 0 {
				continue
			}
		}
		messages = append(messages, m)
	}
	r.Messages = messages
	return true
}

func holdsOffer(m llm.Message) bool { return slices.ContainsFunc(m.Blocks, isOffer) }
