package openai

import (
	"strconv"
	"strings"
)

// Family is what the name of a model says of how it is asked.
type Family struct {
	// Reasons: it thinks, and refuses max_tokens, sampling parameters and stop.
	Reasons bool
	// Lowest is the least effort it takes; "" when not known.
	Lowest string
	// Plain: it is known not to think, and refuses to be asked to.
	Plain bool
}

// Fixed reports whether the model draws its tokens as it likes when it is asked
// for the effort ("" when for none): then it refuses temperature, top_p,
// penalties, logprobs and stop. Those whose lowest effort is none think only
// when asked to.
func (f Family) Fixed(effort string) bool {
	return f.Reasons && effort != "none" && (effort != "" || f.Lowest != "none")
}

type namedFamily struct {
	prefix string
	Family
}

// families has the models of OpenAI that differ, the longer names first.
// https://platform.openai.com/docs/guides/reasoning
var families = []namedFamily{
	{"gpt-5-pro", Family{Reasons: true, Lowest: "high"}},
	{"gpt-5-codex", Family{Reasons: true, Lowest: "low"}},
	{"gpt-5.1-codex", Family{Reasons: true, Lowest: "low"}},
	{"gpt-5.2-codex", Family{Reasons: true, Lowest: "low"}},
	{"gpt-5.2-pro", Family{Reasons: true, Lowest: "medium"}},
	{"gpt-5.", Family{Reasons: true, Lowest: "none"}},
	{"gpt-5", Family{Reasons: true, Lowest: "minimal"}},
	{"codex-mini", Family{Reasons: true, Lowest: "low"}},
	{"gpt-4", Family{Plain: true}},
	{"gpt-4o", Family{Plain: true}},
	{"gpt-4.", Family{Plain: true}},
	{"gpt-3.", Family{Plain: true}},
	{"chatgpt-4o", Family{Plain: true}},
	{"o1", Family{Reasons: true, Lowest: "low"}},
	{"o3", Family{Reasons: true, Lowest: "low"}},
	{"o4", Family{Reasons: true, Lowest: "low"}},
}

// FamilyOf returns the family of a model; the zero Family for all that do not
// differ. Names may have the vendor before them ("openai/gpt-5").
func FamilyOf(model string) Family {
	model = model[strings.LastIndexByte(model, '/')+1:]
	if f, ok := numbered(model); ok {
		return f
	}
	for _, f := range families {
		rest, found := strings.CutPrefix(model, f.prefix)
		if !found {
			continue
		}
		// "o1" must not be the head of another word.
		if strings.HasSuffix(f.prefix, ".") || wordEnds(rest) {
			return f.Family
		}
	}
	return Family{}
}

// numbered returns the family of a model by the number of its generation, where
// that is enough: from gpt-5 on all think but those for chats, and from gpt-6 on
// none can be told not to. Generations to come are taken for like the last.
func numbered(model string) (Family, bool) {
	const chats, always = 5, 6
	version, ok := strings.CutPrefix(model, "gpt-")
	if !ok {
		return Family{}, false
	}
	digits, rest := leadingDigits(version)
	generation, err := strconv.Atoi(digits)
	if err != nil || generation < chats {
		return Family{}, false
	}
	if minor, ok := strings.CutPrefix(rest, "."); ok {
		_, rest = leadingDigits(minor)
	}
	switch {
	case !wordEnds(rest):
		return Family{}, false
	case strings.HasPrefix(rest, "-chat"):
		return Family{Plain: true}, true
	}
	return Family{Reasons: true, Lowest: "low"}, generation >= always
}

// leadingDigits cuts s behind the digits it begins with.
func leadingDigits(s string) (digits, rest string) {
	rest = strings.TrimLeft(s, "0123456789")
	return s[:len(s)-len(rest)], rest
}

// wordEnds reports whether what follows a part of a name begins another part.
func wordEnds(rest string) bool {
	return rest == "" || rest[0] == '-' || rest[0] == ':' || rest[0] == '@'
}

// Efforts has the words for how much a model shall think, from least to most.
var Efforts = [...]string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}

// FitEffort returns the nearest effort the family takes.
func (f Family) FitEffort(effort string) string {
	if f.Lowest != "" && rank(effort) < rank(f.Lowest) {
		return f.Lowest
	}
	return effort
}

func rank(effort string) int {
	for i, name := range Efforts {
		if name == effort {
			return i
		}
	}
	return len(Efforts)
}
