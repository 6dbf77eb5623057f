// Package anthropic is the codec of the Anthropic Messages protocol, as its
// server and as its client.
//
// Sources of its rules: the API reference (Messages, Count tokens, Streaming,
// Errors, Extended thinking, Prompt caching) and the official Go SDK's types.
//
// # How the protocol's own words survive
//
// Members the canonical model has no field for ride in Ext. In a scope of their
// own (see markScope) stand marks that also say "this was asked in this protocol, word for word", so that
// encoding gives back what was decoded instead of what would be chosen for a
// request that came from elsewhere:
//
//   - Message.Ext "role": a system message that stood inside messages. System
//     and developer messages without the mark are moved to the top, as the
//     provider's own OpenAI-compatible endpoint does.
//   - ReasoningConfig.Ext "type" and "effort": thinking.type and
//     output_config.effort as they stood.
//   - Media.Ext "source": a source (file id, content blocks) that means
//     nothing elsewhere.
//
// Choice.Ext holds what a stream tells at its end (stop_details, container,
// context_management, a stop_reason that is newer than the codec, and the
// unknown members of usage under "usage");
// Response.Ext what it tells at its start.
package anthropic

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// Version is the value of the anthropic-version header the codec speaks.
const Version = "2023-06-01"

const (
	self = llm.AnthropicMessages
	// defaultMaxTokens is asked for when neither the client nor the catalog
	// gives a bound; the protocol demands one.
	defaultMaxTokens = 4096
	// minBudget is the smallest budget_tokens the API takes.
	minBudget = 1024
)

// Codec is the codec; its zero value is ready and safe for concurrent use.
type Codec struct{}

var (
	_ wire.Ingress = Codec{}
	_ wire.Egress  = Codec{}
)

// Protocol returns llm.AnthropicMessages.
func (Codec) Protocol() llm.Protocol { return self }
