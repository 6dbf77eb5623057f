package wiretest

import (
	"bytes"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Feature is one thing a client may ask of a model.
type Feature struct {
	Name  string // snake_case, stable
	Group string
	Title string
	// Reasons: it is asked of models that think.
	Reasons bool
	// Ask says it in canonical words, on top of what Base asks.
	Ask func(r *llm.Request)
	// Native says it in the words of the protocols that have some: members of
	// the request, in place of those of the protocol's base.
	Native map[llm.Protocol]string
	// Own: every protocol has it in a shape of its own, so that the canonical
	// words are one example only.
	Own bool
	// Looks are keys of Meaning that are compared besides those that always are.
	Looks []string
}

// Request returns the request that asks for the feature in canonical words.
func (f *Feature) Request() *llm.Request {
	r := Base()
	f.Ask(r)
	return r
}

// baseTokens bounds the output of every request, because one protocol demands
// a bound; it leaves room for the budgets of thinking in the table.
const baseTokens = 20000

// Base returns what every feature's request asks besides: the model, a
// question and a bound.
func Base() *llm.Request {
	n := int64(baseTokens)
	return &llm.Request{
		Model: "m", MaxTokens: &n,
		Messages: []llm.Message{{Role: llm.RoleUser, Blocks: []llm.Block{text("Hello")}}},
	}
}

// bases returns Base in the words of each protocol.
func bases() map[llm.Protocol]string {
	return map[llm.Protocol]string{
		llm.OpenAIChat:        `{"model":"m","max_tokens":20000,"messages":[{"role":"user","content":"Hello"}]}`,
		llm.OpenAIResponses:   `{"model":"m","max_output_tokens":20000,"input":"Hello"}`,
		llm.AnthropicMessages: `{"model":"m","max_tokens":20000,"messages":[{"role":"user","content":"Hello"}]}`,
		llm.Gemini:            `{"contents":[{"role":"user","parts":[{"text":"Hello"}]}],"generationConfig":{"maxOutputTokens":20000}}`,
		llm.OpenAICompletions: `{"model":"m","max_tokens":20000,"prompt":"Hello"}`,
	}
}

// Inbound returns the request as a client of the protocol sends it; ok is
// false when the protocol has no words for it.
func (f *Feature) Inbound(p llm.Protocol) (in wire.Inbound, ok bool) {
	members, ok := f.Native[p]
	if !ok {
		return wire.Inbound{}, false
	}
	return wire.Inbound{Body: merge([]byte(bases()[p]), []byte("{"+members+"}")), Model: "m"}, true
}

// merge puts the members of over in place of those of base with the same
// names, objects of both member by member; null takes one out.
func merge(base, over []byte) []byte {
	w := wirejson.Writer{B: []byte{'{'}}
	var seen []string
	for name, v := range wirejson.Members(base) {
		n := wirejson.Member(over, string(name))
		seen = append(seen, string(name))
		switch {
		case n == nil:
			w.Raw(string(name), v)
		case wirejson.IsNull(n):
		case wirejson.KindOf(n) == '{' && wirejson.KindOf(v) == '{':
			w.Raw(string(name), merge(v, n))
		default:
			w.Raw(string(name), n)
		}
	}
	for name, v := range wirejson.Members(over) {
		if !slices.Contains(seen, string(name)) {
			w.Raw(string(name), bytes.Clone(v))
		}
	}
	w.Close('}')
	return w.B
}

// Features returns the table, in the order it is shown.
func Features() []Feature {
	var all []Feature
	for _, group := range []struct {
		title string
		list  []Feature
	}{
		{"Messages", messageFeatures()},
		{"Images, sound, documents", mediaFeatures()},
		{"Tools", toolFeatures()},
		{"Tool choice", choiceFeatures()},
		{"Tool turns", toolTurnFeatures()},
		{"Thinking in the history", thoughtFeatures()},
		{"Thinking", reasoningFeatures()},
		{"Shape of the answer", formatFeatures()},
		{"Sampling", samplingFeatures()},
		{"Service", serviceFeatures()},
		{"Caching", cacheFeatures()},
		{"State", stateFeatures()},
		{"Everything else", otherFeatures()},
	} {
		for _, f := range group.list {
			f.Group = group.title
			all = append(all, f)
		}
	}
	return all
}
