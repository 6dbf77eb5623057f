package wiretest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// Codec is the server and the client of one protocol.
type Codec interface {
	wire.Ingress
	wire.Egress
}

// PathServer is implemented by a Codec whose requests go to several paths that
// are served in different ways.
type PathServer interface {
	// Serving returns the server of the path.
	Serving(path string) wire.Ingress
}

// serving returns the server of a path in c's protocol.
func serving(c wire.Ingress, path string) wire.Ingress {
	if s, ok := c.(PathServer); ok {
		return s.Serving(path)
	}
	return c
}

// Verdict says what becomes of a feature between two protocols.
type Verdict uint8

// The verdicts.
const (
	Unsaid  Verdict = iota // the client's protocol has no words for it
	Exact                  // the upstream is asked the same
	Lossy                  // Losses say what is left out, approximated or filled in
	Refused                // the request cannot be made there
)

// Outcome is what becomes of one feature between two protocols.
type Outcome struct {
	Verdict Verdict
	Losses  []llm.Loss
	// Silent tells what changed without a loss saying so; it is a defect of a
	// codec. "" when nothing did.
	Silent string
}

// TargetOf returns an upstream of the protocol as the catalog describes one:
// a current model, and a vendor that is the protocol's own reference.
func TargetOf(p llm.Protocol, reasons bool) wire.Target {
	models := map[llm.Protocol][2]string{
		chat:      {"gpt-4.1", "gpt-5.2"},
		responses: {"gpt-4.1", "gpt-5.2"},
		anthropic: {"claude-opus-4-6", "claude-opus-4-6"},
		gemini:    {"gemini-2.5-flash", "gemini-3.1-pro-preview"},

		completions: {"gpt-3.5-turbo-instruct", "gpt-3.5-turbo-instruct"},
		ollama:      {"gemma3", "qwen3"},
	}
	to := wire.Target{Model: models[p][0]}
	if reasons {
		to.Model = models[p][1]
	}
	if p == chat {
		to.Traits = []string{"reference", "developer_role", "extras", "prompt_cache_key"}
	}
	return to
}

// Classify sends the feature in the words of from to an upstream that speaks
// to, reads what arrives, and says what became of it. An error means that a
// codec did not read what it should.
func Classify(f *Feature, from wire.Ingress, to Codec) (Outcome, error) {
	in, ok := f.Inbound(from.Protocol())
	if !ok {
		return Outcome{}, nil
	}
	asked, err := from.DecodeRequest(in)
	if err != nil {
		return Outcome{}, fmt.Errorf("decode the client's request: %w", err)
	}
	asked.Source = from.Protocol()
	before := f.Meaning(asked)
	if f := asked.Format; f != nil && f.Type == "json_schema" && f.Strict == nil && enforces(from.Protocol()) {
		before["format.strict"] = "true"
	}
	out, losses, err := to.EncodeRequest(asked, TargetOf(to.Protocol(), f.Reasons))
	if refusedBy(err) {
		return Outcome{Verdict: Refused}, nil
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("encode for the upstream: %w", err)
	}
	arrived, err := serving(to, out.Path).DecodeRequest(wire.Inbound{Body: out.Body, Model: "m", Stream: asked.Stream})
	if err != nil {
		return Outcome{}, fmt.Errorf("decode what the upstream gets: %w: %s", err, out.Body)
	}
	o := Outcome{Verdict: Exact, Losses: losses}
	if len(losses) > 0 {
		o.Verdict = Lossy
		return o, nil
	}
	o.Silent = difference(before, f.Meaning(arrived), to.Protocol())
	if o.Silent == "" && refersToFile(asked) && !kin(from.Protocol(), to.Protocol()) {
		o.Silent = "the id of a file goes to an upstream that does not have it"
	}
	return o, nil
}

// Meaning returns what r asks, without what the feature does not look at.
func (f *Feature) Meaning(r *llm.Request) Meaning {
	m := MeaningOf(r)
	for key := range m {
		special := key == "reasoning.shown" || strings.HasPrefix(key, "ext.")
		if special && !slices.Contains(f.Looks, key) {
			delete(m, key)
		}
	}
	return m
}

// refersToFile reports whether r refers to a file by its id.
func refersToFile(r *llm.Request) bool {
	for i := range r.Messages {
		for _, b := range r.Messages[i].Blocks {
			if m, ok := b.(*llm.Media); ok && m.FileID != "" {
				return true
			}
		}
	}
	return false
}

// kin reports whether the protocols are of one vendor, who knows the ids that
// were given in the other.
func kin(a, b llm.Protocol) bool {
	family := func(p llm.Protocol) string {
		name, _, _ := strings.Cut(string(p), ".")
		return name
	}
	return family(a) == family(b)
}

// difference tells where two meanings differ, but for what the protocol that
// got the request always does.
func difference(before, after Meaning, at llm.Protocol) string {
	keys := make([]string, 0, len(before)+len(after))
	for k := range before {
		keys = append(keys, k)
	}
	for k := range after {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var out []string
	for _, k := range slices.Compact(keys) {
		if before[k] != after[k] && !implied(k, before[k], after[k], at) && !withheld(k, before, after, at) {
			out = append(out, fmt.Sprintf("%s: %q became %q", k, before[k], after[k]))
		}
	}
	return strings.Join(out, "; ")
}

// enforces reports whether a protocol's answers always keep to a schema.
func enforces(p llm.Protocol) bool { return p == anthropic || p == gemini || p == ollama }

// withheld reports whether a difference is that tools which must not be called
// are not offered, where a protocol can say it in no other way.
func withheld(key string, before, after Meaning, at llm.Protocol) bool {
	none := before["tool_choice"] == string(llm.ToolModeNone) && after["tools"] == ""
	return at == ollama && none && (key == "tools" || key == "tool_choice" || key == "parallel_tools")
}

// implied reports whether a difference says nothing because the protocol at
// the other end has one way only.
func implied(key, before, after string, at llm.Protocol) bool {
	always := enforces(at) // they need no name for it, either
	switch key {
	case "usage": // it does not tell tokens apart
		return at == ollama
	case "reasoning": // a model that does not think has nothing to switch off
		return (at == chat || at == completions) && before == "off" && after == ""
	case "service_tier": // there is one tier
		return (at == completions || at == ollama) && before == "default"
	case "format.strict":
		return always && before == "true"
	case "format.name": // a label that the protocols of OpenAI demand
		return always || before == "" && after == "response"
	case "store": // they keep nothing unless asked to
		return (always || at == completions) && before == "false"
	}
	return false
}
