package relay

import (
	"bytes"
	"io"
	"net/http"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/route"
	"github.com/plexus-gateway/plexus/internal/upstream"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/toolmap"
)

// codecLane converts between the client's protocol and the upstream's.
type codecLane struct {
	egress wire.Egress
	// unsigned leaves out of the conversation whatever only its issuer can
	// verify, because the upstream said that it cannot.
	unsigned bool

	asked  *llm.Request // the client's request as decoded, for the answer's form
	sent   *llm.Request // as fitted to the target
	tools  *toolmap.Map
	to     wire.Target
	losses []llm.Loss // of the request and, later, of the answer
}

// target describes where the attempt goes.
func (a *attempt) target() wire.Target {
	p := a.provider
	to := wire.Target{Model: a.model, Vendor: p.Vendor, Traits: p.Endpoints[a.protocol].Traits, NeedUsage: true}
	if f := a.x.relay.o.Facts; f != nil {
		to.MaxOutput = f(p.Vendor, a.model).MaxOutput
	}
	return to
}

// canonical returns the client's request as decoded. It shares memory with the
// client's bytes, which therefore stay until the exchange ends.
func (x *exchange) canonical() (*llm.Request, *llm.Error) {
	if x.asked == nil {
		in := x.in
		in.Body = x.body.b
		if x.stateful() {
			body, err := x.state.Body("")
			if err != nil {
				return nil, asError(err)
			}
			in.Body = body
		}
		req, err := x.op.Codec.DecodeRequest(in)
		if err != nil {
			return nil, asError(err)
		}
		req.Source = x.protocol
		if x.state != nil { // for the answer's form
			req.PreviousResponseID, req.Conversation = x.state.PreviousID, x.state.ConversationID
		}
		x.asked = req
	}
	return x.asked, nil
}

// mayPass reports whether a target of the alias takes the request undecoded.
func (x *exchange) mayPass() bool {
	return !x.mustConvert() && slices.ContainsFunc(x.alias.Targets, func(t route.Target) bool {
		p := x.snap.Providers[t.Provider]
		return p != nil && x.protocolAt(p) == x.protocol
	})
}

// compose decodes, fits to the target and encodes.
func (l *codecLane) compose(a *attempt) (*outgoing, *llm.Error) {
	x := a.x
	req, e := x.canonical()
	if e != nil {
		if x.mayPass() {
			e.Scope = llm.ScopeModel // who speaks the client's protocol may understand it
		}
		return nil, e
	}
	l.asked, l.to = req, a.target()
	req, e = l.fit(a, req)
	if e != nil {
		return nil, e
	}
	l.sent = req
	out, losses, err := l.egress.EncodeRequest(req, l.to)
	if err != nil {
		return nil, unsayable(err)
	}
	l.losses = append(l.losses, losses...)
	return a.converted(out, l.losses)
}

// unsayable is the error of a codec that cannot encode a request.
func unsayable(err error) *llm.Error {
	e := asError(err)
	if e.Kind == llm.KindUnsupported {
		e.Scope = llm.ScopeModel // another target may be able to
	}
	return e
}

// converted makes the upstream's request of one that was encoded with losses.
func (a *attempt) converted(out *wire.Outbound, losses []llm.Loss) (*outgoing, *llm.Error) {
	a.x.rec.LossCodes = llm.LossCodes(losses)
	if bad := lossy(losses); len(bad) > 0 && a.x.strict() {
		return nil, a.refuseLossy(bad)
	}
	header := out.Header
	if header == nil {
		header = http.Header{}
	}
	header["Content-Type"] = jsonType
	return &outgoing{
		path: out.Path, query: out.Query, header: header, size: int64(len(out.Body)),
		body: func() io.ReadCloser { return io.NopCloser(bytes.NewReader(out.Body)) },
	}, nil
}

// fit prepares the request for the target, on copies where it changes
// something: the decoded request may be needed for another target.
func (l *codecLane) fit(a *attempt, req *llm.Request) (*llm.Request, *llm.Error) {
	x := a.x
	if x.state != nil && (req.PreviousResponseID != "" || req.Conversation != "") {
		copied := *req
		copied.PreviousResponseID, copied.Conversation = "", ""
		req = &copied
	}
	req = l.unseal(a, req)
	req, e := l.inlineMedia(a, req)
	if e != nil {
		return nil, e
	}
	if a.protocol == llm.OpenAIResponses {
		req = a.stateless(req)
	}
	req = a.cached(req)
	l.tools = toolmap.New(req, a.protocol)
	return l.tools.Request(), nil
}

// stateless asks a Responses upstream to keep nothing, since the client's
// protocol has no state or its state is ours, and to give its reasoning away encrypted instead, so
// that it can come back with the next turn.
func (a *attempt) stateless(req *llm.Request) *llm.Request {
	copied := *req
	no := false
	copied.Store = &no
	if a.reasons() {
		copied.Include = append(slices.Clip(copied.Include), "reasoning.encrypted_content")
	}
	return &copied
}

// reasons reports whether the model thinks, so that there is thinking to give
// away; others refuse to be asked for it.
func (a *attempt) reasons() bool {
	if openai.FamilyOf(a.model).Reasons {
		return true
	}
	f := a.x.relay.o.Facts
	return f != nil && f(a.provider.Vendor, a.model).Reasons
}

// refine takes over what the upstream's body says, as the codec reads it.
func (l *codecLane) refine(_ *attempt, e *llm.Error, resp *http.Response) {
	adopt(e, l.egress.DecodeError(resp.StatusCode, resp.Header, e.Upstream.Body))
}

// adopt takes over what a codec read in an upstream's error.
func adopt(e, said *llm.Error) {
	if said.Kind != llm.KindInvalid { // which codecs also say of a status they do not know
		e.Kind, e.Scope = said.Kind, said.Scope
	}
	e.Code, e.Param = said.Code, said.Param
	if said.Message != "" {
		e.Message = said.Message
	}
	if said.RetryAfter > 0 {
		e.RetryAfter = said.RetryAfter
	}
	if said.Upstream != nil {
		id, body := e.Upstream.RequestID, e.Upstream.Body
		e.Upstream = said.Upstream
		e.Upstream.Body = body
		if id != "" {
			e.Upstream.RequestID = id
		}
	}
}

// commitConverted sends the head of an answer that is not the upstream's own.
func (a *attempt) commitConverted(resp *http.Response, contentType string, size int64) {
	if a.x.committed {
		return
	}
	h := a.x.w.Header()
	upstream.ResponseHeaders(h, resp.Header, upstream.ResponseAllowed(a.x.protocol))
	delete(h, "Content-Encoding")
	h["Content-Type"] = []string{contentType}
	a.x.writeHead(a, http.StatusOK, size)
}

// name fills in what clients expect of every answer and the upstream's
// protocol does not tell or tells in its own form.
func (a *attempt) name(r *llm.Response) {
	if r.ID != "" {
		a.x.rec.UpstreamID = short(r.ID)
	}
	r.ID = a.x.answerID()
	if r.Created == 0 {
		r.Created = a.x.started.Unix()
	}
	// The name the client asked for: some (Claude Code) take thinking that
	// another name answered for another model's and leave it out of the next
	// request. Who really answered is in the header and in the record.
	r.Model = a.x.meta.Model
}

// answerID is the id of an answer that the gateway made: the request's own, in
// the form of the client's protocol.
func (x *exchange) answerID() string {
	hex := hexID(x.rec.ID)
	switch x.protocol {
	case llm.OpenAIChat:
		return "chatcmpl-" + hex
	case llm.OpenAICompletions:
		return "cmpl-" + hex
	case llm.OpenAIResponses:
		return "resp_" + hex
	case llm.AnthropicMessages:
		return "msg_" + hex
	default:
		return hex
	}
}

// convert takes the codec lane for an answer that did not come in the form that
// was asked for, a document for a stream or the reverse: the client gets what
// it can read. A stream of another framing (Gemini's array) is a document here
// and passes as it came.
func (a *attempt) convert() {
	x := a.x
	egress := x.relay.o.Egress[a.protocol]
	raw, passes := a.lane.(rawLane)
	if !passes || x.op.Codec == nil || egress == nil || raw.raw == nil || a.protocol == llm.Gemini {
		return
	}
	if _, e := x.canonical(); e != nil {
		return
	}
	a.lane = &codecLane{egress: egress, asked: x.asked, sent: x.asked, to: a.target(), tools: toolmap.New(x.asked, a.protocol)}
	x.rec.Passthrough = false
}
