package relay

import (
	"net/http"
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// bytesPerToken is the usual length of a token of a model's answer, in bytes.
const bytesPerToken = 4

// estimate fills in the usage of an answer whose upstream did not count.
func (l *codecLane) estimate(a *attempt, seen *wire.Seen, r *llm.Response) {
	if seen.Usage != nil {
		return
	}
	size := 0
	for ev := range llm.Unfold(r) {
		size += wordsIn(ev)
	}
	seen.Usage = l.guess(a, size)
}

// wordsIn returns how many bytes of an event the model wrote as text: not a
// picture's, nor a signature's.
func wordsIn(ev *llm.Event) int {
	switch ev.Delta { //nolint:exhaustive // the others are no text of the model's
	case llm.DeltaText, llm.DeltaInput, llm.DeltaReasoning, llm.DeltaSummary, llm.DeltaTranscript:
		return len(ev.Text)
	}
	return 0
}

// count does the same for a stream.
func (c *conversion) count() {
	if c.seen.Usage == nil {
		c.seen.Usage = c.l.guess(c.a, c.text)
	}
}

// tokensOf estimates how many tokens so many bytes of text were.
func tokensOf(size int) int64 { return int64((size + bytesPerToken - 1) / bytesPerToken) }

// guess estimates what an answer of so many bytes of text consumed.
func (l *codecLane) guess(a *attempt, size int) *llm.Usage {
	u := &llm.Usage{Source: llm.UsageEstimated, Output: tokensOf(size)}
	if t := a.x.relay.o.Tokens; t != nil && l.sent != nil {
		u.Input = t.Estimate(l.sent, a.model)
	}
	return u
}

// estimateHeader marks an answer whose numbers are the gateway's estimate.
const estimateHeader = "X-Plexus-Estimate"

// countHere answers a request to count tokens with an estimate of our own: no
// upstream of the model counts, or it failed to.
func (x *exchange) countHere() {
	in := x.in
	in.Body = x.body.b
	if x.stateful() {
		body, err := x.state.Body("")
		if err != nil {
			x.refuse(asError(err))
			return
		}
		in.Body = body
	}
	req, err := x.op.Count.DecodeCount(in)
	if err != nil {
		x.refuse(asError(err))
		return
	}
	t := x.relay.o.Tokens
	if t == nil {
		x.fail(llm.Errorf(llm.KindUnsupported, "count_not_served", "no provider of the model %q counts tokens", x.alias.Name))
		return
	}
	model := ""
	if len(x.alias.Targets) > 0 {
		model = x.alias.Targets[0].Model
	}
	n, exact := t.Count(req, model)
	body := x.op.Count.EncodeCount(n)
	if !exact {
		x.w.Header()[estimateHeader] = []string{"true"}
	}
	x.answerHere(body)
}

// preloader is a codec whose clients send requests that no model needs to see.
type preloader interface {
	Preload(req *llm.Request) ([]byte, bool)
}

// preload returns the answer to a request that only loads a model, which
// upstreams of other protocols have no word for.
func (x *exchange) preload(order []int) ([]byte, bool) {
	p, ok := x.op.Codec.(preloader)
	if !ok || x.protocolAt(x.snap.Providers[x.alias.Targets[order[0]].Provider]) == x.protocol {
		return nil, false
	}
	req, e := x.canonical()
	if e != nil {
		return nil, false // the attempt will say what is wrong
	}
	return p.Preload(req)
}

// answerHere answers without an upstream.
func (x *exchange) answerHere(body []byte) {
	x.forget()
	x.rec.Status, x.rec.HTTPStatus, x.rec.ResponseBytes = record.StatusOK, http.StatusOK, int64(len(body))
	x.settle()
	h := x.w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	x.committed = true
	_, _ = x.w.Write(body) //nolint:gosec // JSON of our own; the client may be gone
}
