package relay

import (
	"io"
	"net/http"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// embedLane converts embeddings between the client's protocol and the upstream's.
type embedLane struct {
	egress wire.EmbedEgress

	asked  *llm.EmbedRequest
	losses []llm.Loss // of the request and, later, of the answer
}

// embedPreference is the order in which a provider that speaks several
// protocols with embeddings is spoken to.
var embedPreference = [...]llm.Protocol{llm.Gemini, llm.OpenAIEmbeddings}

// embedProtocolAt returns what the provider, which does not speak the client's
// protocol, is asked for embeddings in, or "".
func (x *exchange) embedProtocolAt(p *Provider) llm.Protocol {
	i := slices.IndexFunc(embedPreference[:], func(other llm.Protocol) bool {
		_, speaks := p.Endpoints[other]
		return speaks && x.relay.o.EmbedEgress[other] != nil
	})
	if i < 0 {
		return ""
	}
	return embedPreference[i]
}

// compose decodes and encodes. Decoding again for each target costs less than
// what it would keep.
func (l *embedLane) compose(a *attempt) (*outgoing, *llm.Error) {
	in := a.x.in
	in.Body = a.x.body.b
	req, err := a.x.op.Embed.DecodeEmbedRequest(in)
	if err != nil {
		return nil, unsayable(err)
	}
	req.Source = a.x.protocol
	l.asked = req
	out, losses, err := l.egress.EncodeEmbedRequest(req, a.target())
	if err != nil {
		return nil, unsayable(err)
	}
	l.losses = losses
	return a.converted(out, l.losses)
}

// refine takes over what the upstream's body says, as the codec reads it.
func (l *embedLane) refine(_ *attempt, e *llm.Error, resp *http.Response) {
	adopt(e, l.egress.DecodeError(resp.StatusCode, resp.Header, e.Upstream.Body))
}

// stream refuses a stream: embeddings have none.
func (l *embedLane) stream(a *attempt, _ *http.Response, _ io.Reader) *llm.Error {
	return a.garbage("it answered with a stream that was not asked for")
}

// answer converts the vectors.
func (l *embedLane) answer(a *attempt, resp *http.Response, body io.Reader) *llm.Error {
	x := a.x
	text, e := a.whole(body)
	if e != nil {
		return e
	}
	r, err := l.egress.DecodeEmbedResponse(text, l.asked)
	if err != nil {
		return a.insideError(err)
	}
	a.firstByte()
	if r.Usage == nil {
		r.Usage = l.estimate(a)
	}
	seen := &wire.Seen{Usage: r.Usage, Model: r.Model}
	r.Model = x.meta.Model // the name the client asked for, as on the codec lane
	out, losses, err := x.op.Embed.EncodeEmbedResponse(r, l.asked)
	if err != nil {
		x.setUsage(seen)          // the upstream has worked all the same
		return a.insideError(err) // its vectors are none
	}
	l.losses = append(l.losses, losses...)
	x.rec.LossCodes, a.fidelity = llm.LossCodes(l.losses), fidelityOf(l.losses)
	x.rec.ResponseBytes += int64(len(out))
	a.complete(seen, http.StatusOK)
	a.commitConverted(resp, "application/json", int64(len(out)))
	x.extend()
	if _, err := x.w.Write(out); err != nil { //nolint:gosec // JSON, told so by its type
		return a.clientGone()
	}
	return nil
}

// estimate counts what was embedded, for upstreams that do not. The frame of a
// conversation, which counting adds to the texts, is taken off again.
func (l *embedLane) estimate(a *attempt) *llm.Usage {
	t := a.x.relay.o.Tokens
	if t == nil {
		return nil
	}
	texts := make([]llm.Block, len(l.asked.Inputs))
	for i := range texts {
		texts[i] = &llm.Text{Text: l.asked.Inputs[i].Text}
	}
	prompt := func(blocks []llm.Block) int64 {
		return t.Estimate(&llm.Request{Messages: []llm.Message{{Role: llm.RoleUser, Blocks: blocks}}}, a.model)
	}
	return &llm.Usage{Source: llm.UsageEstimated, Input: max(0, prompt(texts)-prompt(nil))}
}
