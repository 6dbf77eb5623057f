package vault

import "github.com/plexus-gateway/plexus/internal/llm"

// Origin is an upstream as an issuer and verifier of signatures.
type Origin struct {
	Protocol llm.Protocol
	// Vendor is the vendor's id, or one name for all vendors that verify each
	// other's signatures.
	Vendor string
	// Provider is the provider's slug.
	Provider string
}

// verifies reports whether to accepts what from signed. Encrypted reasoning of
// the Responses protocol is bound to the organisation, hence to the provider;
// the other protocols' signatures are bound to the vendor's models. Of a
// protocol nothing is known of, only the same provider is trusted.
func (to Origin) verifies(from Origin) bool {
	if to.Protocol != from.Protocol || to.Vendor != from.Vendor {
		return false
	}
	switch to.Protocol {
	case llm.AnthropicMessages, llm.Gemini, llm.OpenAIChat:
		return true
	default:
		return to.Provider == from.Provider
	}
}

// signsCalls reports whether answers of the protocol may have signatures
// outside of their thinking.
func signsCalls(p llm.Protocol) bool { return p == llm.Gemini || p == llm.OpenAIChat }

// readsThinking reports whether upstreams of the protocol read unsigned
// thinking of earlier turns; some refuse a tool loop without it.
func readsThinking(p llm.Protocol) bool { return p == llm.OpenAIChat || p == llm.Ollama }

// carriage is how the clients of a protocol carry an opaque text with thinking.
type carriage uint8

const (
	// carryNothing: they send nothing back that we could put there.
	carryNothing carriage = iota
	// carrySignature: a signature on thinking, and redacted thinking as data.
	carrySignature
	// carryEncrypted: an encrypted payload.
	carryEncrypted
	// carryThought: a signature on thinking, which clients may leave out of
	// the history together with the thinking.
	carryThought
)

func carriageOf(client llm.Protocol) carriage {
	switch client {
	case llm.AnthropicMessages:
		return carrySignature
	case llm.OpenAIResponses:
		return carryEncrypted
	case llm.Gemini:
		return carryThought
	default:
		return carryNothing
	}
}

// storesThinking reports whether thinking has to be stored, because the client
// does not reliably bring it back.
func (c carriage) storesThinking() bool { return c == carryNothing || c == carryThought }

// remembers reports whether clients of the protocol send answers back at all.
func remembers(client llm.Protocol) bool {
	return client != llm.OpenAICompletions && client != llm.OpenAIEmbeddings
}
