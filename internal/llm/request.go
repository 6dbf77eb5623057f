package llm

// Raw is one JSON value kept as the bytes it came in: key order, number
// spelling and unknown members survive.
type Raw []byte

// Member is one JSON object member that the canonical model has no field for.
// It leaves only by the protocol it came by, in the order it stood.
type Member struct {
	Protocol Protocol
	Name     string
	Value    Raw
}

// Ext holds the members of one object that only its protocol knows.
type Ext []Member

// For returns the members that belong to the protocol, in order.
func (e Ext) For(p Protocol) Ext {
	var out Ext
	for _, m := range e {
		if m.Protocol == p {
			out = append(out, m)
		}
	}
	return out
}

// Request is what a client asks of a model.
type Request struct {
	// Source is the protocol the client spoke; "" when it is the one that is
	// encoded. What was said in a protocol goes word for word to the same; for
	// others it is fitted to what the model takes.
	Source Protocol
	Model  string
	Stream bool

	// System holds the instructions that stand outside the conversation
	// (Anthropic system, Gemini systemInstruction, Responses instructions).
	// System and developer messages that stand inside it stay in Messages.
	System   []Block
	Messages []Message

	Tools      []Tool
	ToolChoice *ToolChoice
	// ParallelTools: nil is the protocol's default (allowed).
	ParallelTools *bool

	Sampling  Sampling
	Reasoning *ReasoningConfig
	Format    *Format
	// Verbosity is "low", "medium" or "high"; "" when not asked.
	Verbosity string

	MaxTokens *int64 // output bound in tokens, reasoning included
	Stop      []string
	N         *int64

	Modalities  []string // output modalities: "text", "audio", "image"
	AudioOut    *AudioOut
	ServiceTier string
	Metadata    []KeyValue // in order
	User        string     // the client's end-user id

	PromptCacheKey       string
	PromptCacheRetention string
	SafetySettings       Raw // Gemini's array, verbatim

	// State of the Responses protocol.
	Store              *bool
	PreviousResponseID string
	Conversation       string
	Include            []string
	Truncation         string
	Background         *bool
	// IncludeUsage: the client asked for usage in a chat stream.
	IncludeUsage bool
	// Completion is set for the legacy text-completion protocol.
	Completion *Completion

	Ext Ext
}

// KeyValue is one pair of request metadata.
type KeyValue struct{ Key, Value string }

// Sampling holds the sampling parameters; nil means not asked. Numbers keep
// the spelling they came in (Raw), so 1.0 does not become 1.
type Sampling struct {
	Temperature      *float64
	TopP             *float64
	TopK             *int64
	MinP             *float64
	FrequencyPenalty *float64
	PresencePenalty  *float64
	Seed             *int64
	LogitBias        Raw
	Logprobs         *bool
	TopLogprobs      *int64
}

// ReasoningConfig asks for thinking before answering. Any of the three ways may be
// given; a codec translates to the one its protocol has and notes the loss.
type ReasoningConfig struct {
	// Enabled: nil is the model's default; false switches thinking off.
	Enabled *bool
	// Adaptive leaves the amount to the model (Anthropic "adaptive", Gemini -1).
	Adaptive bool
	// Effort is "none", "minimal", "low", "medium", "high", "xhigh" or "max"; "" when not asked.
	Effort string
	// Budget is the bound on thinking, in tokens.
	Budget *int64
	// Summary is how thinking is shown: "auto", "concise", "detailed", "omitted"; "" when not asked.
	Summary string
	// IncludeThoughts asks Gemini to return thoughts; nil when not said.
	IncludeThoughts *bool
	Ext             Ext
}

// Format constrains the answer's text.
type Format struct {
	Type        string // "text", "json_object" or "json_schema"
	Name        string
	Description string
	Schema      Raw
	Strict      *bool
	Ext         Ext
}

// AudioOut asks for spoken output.
type AudioOut struct {
	Voice  Raw
	Format string
	Ext    Ext
}

// Completion holds what only the legacy text-completion protocol has. The
// prompt itself is one user message.
type Completion struct {
	Suffix string
	Echo   bool
	BestOf *int64
	Ext    Ext
}

// Role says who speaks. Tool results stand in messages of RoleTool.
type Role string

// The roles.
const (
	RoleSystem    Role = "system"
	RoleDeveloper Role = "developer"
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool"
)

// Message is one turn: a role and an ordered sequence of blocks.
type Message struct {
	Role   Role
	Name   string
	ID     string // item id of the Responses protocol
	Blocks []Block
	Ext    Ext
}
