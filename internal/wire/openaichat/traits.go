package openaichat

import (
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
)

// How a vendor is asked to think.
type askStyle uint8

const (
	askEffort   askStyle = iota // reasoning_effort
	askObject                   // reasoning:{effort,max_tokens,…} (OpenRouter)
	askThinking                 // thinking:{type} (DeepSeek, Z.AI, Moonshot)
)

// How a vendor takes thinking back in an assistant's message.
const (
	thoughtsContent = "reasoning_content"
	thoughtsPlain   = "reasoning"
	thoughtsParts   = "content" // parts of type thinking (Mistral)
	thoughtsNone    = ""
)

// dialect is what a vendor makes of the protocol, as far as it matters to what
// other protocols say.
type dialect struct {
	// known: the vendor's file says something. For others requests go out as
	// they would come in.
	known bool
	// reference: the API as OpenAI documents it, which refuses all else.
	reference bool
	developer bool // messages of that role are taken
	extras    bool // store, metadata, verbosity, prompt_cache_retention and service_tier
	tier      bool // service_tier
	cacheKey  bool // prompt_cache_key
	// cacheMarks: cache_control on parts.
	cacheMarks bool
	sampler    bool // top_k and min_p
	details    bool // reasoning_details and thinking_blocks in the history
	signatures bool // Google's thought signatures on calls
	refusals   bool // parts of type refusal
	images     bool // pictures of the assistant in the history
	documents  bool // parts of type document_url
	thoughts   string
	ask        askStyle
	// shortIDs: ids of tool calls must be nine letters or digits.
	shortIDs bool
}

// compatible is anything that speaks the protocol and says no more of itself.
var compatible = dialect{
	developer: true, extras: true, tier: true, cacheKey: true, sampler: true,
	details: true, signatures: true, refusals: true, images: true, thoughts: thoughtsContent,
}

// traits has what each word of a vendor's file means (internal/catalog).
var traits = map[string]func(d *dialect){
	"reference":                 func(d *dialect) { d.reference, d.refusals = true, true },
	"developer_role":            func(d *dialect) { d.developer = true },
	"extras":                    func(d *dialect) { d.extras, d.tier = true, true },
	"service_tier":              func(d *dialect) { d.tier = true },
	"prompt_cache_key":          func(d *dialect) { d.cacheKey = true },
	"cache_control":             func(d *dialect) { d.cacheMarks = true },
	"top_k":                     func(d *dialect) { d.sampler = true },
	"reasoning_details":         func(d *dialect) { d.details, d.signatures = true, true },
	"thought_signature":         func(d *dialect) { d.signatures = true },
	"refusal_parts":             func(d *dialect) { d.refusals = true },
	"images_in_history":         func(d *dialect) { d.images = true },
	"document_url":              func(d *dialect) { d.documents = true },
	"nine_character_ids":        func(d *dialect) { d.shortIDs = true },
	"history:reasoning_content": func(d *dialect) { d.thoughts = thoughtsContent },
	"history:reasoning":         func(d *dialect) { d.thoughts = thoughtsPlain },
	"history:thinking_parts":    func(d *dialect) { d.thoughts = thoughtsParts },
	"ask:reasoning":             func(d *dialect) { d.ask = askObject },
	"ask:thinking":              func(d *dialect) { d.ask = askThinking },
}

// KnowsTrait reports whether a word of a vendor's file means something here.
func (Codec) KnowsTrait(word string) bool { return traits[word] != nil }

func dialectOf(to wire.Target) dialect {
	if len(to.Traits) == 0 {
		return compatible
	}
	d := dialect{known: true}
	for _, word := range to.Traits {
		if set := traits[word]; set != nil {
			set(&d)
		}
	}
	return d
}

// maxTokensName is the member that bounds the output: the reasoning models of
// OpenAI refuse the old name, and many other vendors know no other.
func maxTokensName(model string) string {
	if openai.FamilyOf(model).Reasons {
		return newBound
	}
	return oldBound
}
