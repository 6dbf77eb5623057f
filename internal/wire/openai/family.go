package openai

import "strings"

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
	{"gpt-5-chat", Family{Plain: true}},
	{"gpt-5.1-chat", Family{Plain: true}},
	{"gpt-5.2-chat", Family{Plain: true}},
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
	for _, f := range families {
		rest, found := strings.CutPrefix(model, f.prefix)
		if !found {
			continue
		}
		// "o1" must not be the head of another word.
		if rest == "" || strings.HasSuffix(f.prefix, ".") || rest[0] == '-' || rest[0] == ':' || rest[0] == '@' {
			return f.Family
		}
	}
	return Family{}
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
