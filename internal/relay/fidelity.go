package relay

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// fidelityHeader says on an answer how much of what was asked was served as it
// was asked. On a request, the value "strict" demands that it is exact.
const (
	fidelityHeader = "X-Plexus-Fidelity"
	fidelityExact  = "exact"
	fidelityStrict = "strict"
)

// strict reports whether a lossy conversion must be refused: the client's
// header, its key or the alias says so.
func (x *exchange) strict() bool {
	if v := x.req.Header[fidelityHeader]; len(v) > 0 && strings.EqualFold(strings.TrimSpace(v[0]), fidelityStrict) {
		return true
	}
	return x.key.Key.StrictFidelity || x.alias.StrictFidelity
}

// lossy returns the losses that change what was asked. A value that the
// upstream's protocol demands and the client did not give changes nothing.
func lossy(losses []llm.Loss) []llm.Loss {
	var out []llm.Loss
	for _, l := range losses {
		if l.Action != llm.LossDefaulted {
			out = append(out, l)
		}
	}
	return out
}

// fidelityOf words the header for the losses of a conversion.
func fidelityOf(losses []llm.Loss) string {
	if codes := llm.LossCodes(lossy(losses)); codes != "" {
		return "lossy; codes=" + codes
	}
	return fidelityExact
}

// refuseLossy words the refusal of a conversion that cannot be exact. Another
// target may be able to.
func (a *attempt) refuseLossy(losses []llm.Loss) *llm.Error {
	l := losses[0]
	at := l.Path
	if at == "" {
		at = l.Feature
	}
	e := llm.Errorf(llm.KindInvalid, "lossy_conversion",
		"strict fidelity is asked for, and %s cannot be said exactly to the provider %q, which speaks %s (%s); leave it out, choose another model, or drop strict fidelity",
		at, a.provider.Slug, a.protocol, llm.LossCodes(losses))
	e.Param, e.Scope = at, llm.ScopeModel
	return e
}
