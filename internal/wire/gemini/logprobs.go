package gemini

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Log probabilities are kept as the array most protocols have:
// [{"token", "logprob", "top_logprobs": [{"token", "logprob"}]}], with this
// API's token ids as "token_id", which others skip.

// tokenNames are the members of one token there and here.
var tokenNames = [...]struct{ common, own string }{
	{"token", "token"}, {"logprob", "logProbability"}, {"token_id", "tokenId"},
}

// decodeLogprobs turns a logprobsResult into the array; nil when it holds none.
func decodeLogprobs(raw llm.Raw) llm.Raw {
	chosen := wirejson.Member(raw, "chosenCandidates")
	top := wirejson.Member(raw, "topCandidates")
	var tops []llm.Raw
	for _, v := range wirejson.Elements(top) {
		tops = append(tops, wirejson.Member(v, "candidates"))
	}
	if wirejson.KindOf(chosen) != '[' {
		return nil
	}
	return jsonOf(func(w *writer) {
		w.open('[')
		for i, v := range wirejson.Elements(chosen) {
			w.elem()
			w.open('{')
			w.token(v, false)
			if i < len(tops) {
				w.array("top_logprobs", func() { w.tokens(tops[i], false) })
			}
			w.shut('}')
		}
		w.shut(']')
	})
}

// tokens writes the elements of a list of tokens, in this API's names or the
// common ones.
func (w *writer) tokens(list llm.Raw, own bool) {
	for _, v := range wirejson.Elements(list) {
		w.elem()
		w.open('{')
		w.token(v, own)
		w.shut('}')
	}
}

func (w *writer) token(v llm.Raw, own bool) {
	for _, n := range tokenNames {
		from, to := n.own, n.common
		if own {
			from, to = to, from
		}
		if m := wirejson.Member(v, from); !wirejson.IsNull(m) {
			w.raw(to, m)
		}
	}
}

// logprobsResult writes the array as this API has it. It reports whether it
// could; the array of an upstream may be of another shape.
func (w *writer) logprobsResult(arr llm.Raw) bool {
	if wirejson.KindOf(arr) != '[' || wirejson.Check(arr) != nil {
		return false
	}
	var hasTop bool
	for _, v := range wirejson.Elements(arr) {
		if wirejson.KindOf(wirejson.Member(v, "token")) != '"' {
			return false
		}
		hasTop = hasTop || wirejson.KindOf(wirejson.Member(v, "top_logprobs")) == '['
	}
	w.object("logprobsResult", func() {
		w.array("chosenCandidates", func() { w.tokens(arr, true) })
		if !hasTop {
			return
		}
		w.array("topCandidates", func() {
			for _, v := range wirejson.Elements(arr) {
				w.elem()
				w.open('{')
				w.array("candidates", func() { w.tokens(wirejson.Member(v, "top_logprobs"), true) })
				w.shut('}')
			}
		})
	})
	return true
}
