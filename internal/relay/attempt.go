package relay

import (
	"context"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/upstream"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// attempts tries the targets in order until one answers or none is left. A
// target's failure moves on to the next as long as the client has seen
// nothing; a fault of the request itself does not.
func (x *exchange) attempts(raw wire.Raw, order []int) {
	var last *llm.Error
	for n, i := range order {
		t := x.alias.Targets[i]
		a := &attempt{x: x, raw: raw, provider: x.snap.Providers[t.Provider], model: t.Model}
		x.rec.Attempts = n + 1
		x.forget()
		x.rec.Provider, x.rec.Model, x.rec.ProtocolOut = t.Provider, t.Model, string(raw.Protocol())
		x.mark.Update(&x.rec)
		last = a.run()
		if last == nil {
			return
		}
		if x.committed || x.settled || x.ctx().Err() != nil || !elsewhere(last) {
			break
		}
		if n+1 < len(order) {
			x.relay.o.Logger.Warn("attempt failed; trying the next target", "request", x.rec.ID, "provider", t.Provider, "model", t.Model, "kind", last.Kind.String(), "err", last)
		}
	}
	x.fail(last)
}

// forget drops what an earlier attempt's upstream said of itself, so that the
// record tells of the last attempt only.
func (x *exchange) forget() {
	r := &x.rec
	r.UpstreamID, r.ServedModel, r.FinishReason, r.UsageSource = "", "", "", ""
	r.TTFT, r.UsageFlags, r.ReportedCostNano = 0, 0, 0
	r.InputTokens, r.OutputTokens, r.ReasoningTokens = 0, 0, 0
	r.CacheReadTokens, r.CacheWriteTokens, r.CacheWrite1hTokens = 0, 0, 0
}

// elsewhere reports whether another target may do better.
func elsewhere(e *llm.Error) bool {
	if e.Scope != llm.ScopeRequest {
		return true
	}
	switch e.Kind {
	case llm.KindUpstream, llm.KindOverloaded, llm.KindTimeout, llm.KindConnection:
		return true
	default: // another target would be asked the same
		return false
	}
}

// attempt is one try of a request against one target.
type attempt struct {
	x        *exchange
	raw      wire.Raw
	provider *Provider
	model    string

	ctx       context.Context //nolint:containedctx // one attempt's life is one call
	cancel    context.CancelCauseFunc
	hideUsage bool
	lease     lease // on the client's bytes
}

// run makes the attempt. It returns nil when the client has been answered,
// and otherwise what went wrong.
func (a *attempt) run() *llm.Error {
	a.ctx, a.cancel = context.WithCancelCause(a.x.ctx())
	defer a.lease.end()
	defer a.cancel(nil)
	req, e := a.request()
	if e != nil {
		return e
	}
	resp, e := a.roundTrip(req) //nolint:bodyclose // closed below, through the body that bounds waiting
	if e != nil {
		return e
	}
	body := upstream.IdleBody(resp.Body, a.provider.Timeout, a.cancel)
	defer func() { _ = body.Close() }() // nothing is lost: what counts was read
	if id := upstream.RequestID(resp.Header); id != "" {
		a.x.rec.UpstreamID = short(id)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return a.statusError(resp, body)
	}
	if isStream(resp.Header) {
		if !a.x.meta.Stream {
			return a.garbage("it answered with a stream that was not asked for")
		}
		return a.stream(resp, body)
	}
	return a.answer(resp, body)
}

// letGo gives the client's bytes back when they cannot be needed any more: the
// client has been answered, so no other target will be tried, and the upstream
// has taken them. A stream may last for hours.
func (a *attempt) letGo() {
	if a.lease.done() {
		a.x.body.free()
		a.x.body, a.x.doc = nil, jsonspan.Doc{}
	}
}

// request builds the upstream request: the client's bytes with our edits.
func (a *attempt) request() (*http.Request, *llm.Error) {
	x, p := a.x, a.provider
	edits, hide, err := a.raw.Patch(&x.doc, x.meta, wire.Target{Model: a.model, Vendor: p.Vendor, NeedUsage: true})
	if err != nil {
		return nil, asError(err)
	}
	text, err := jsonspan.Splice(x.body.b, edits...)
	if err != nil {
		return nil, asError(err)
	}
	a.hideUsage = hide
	x.rec.Passthrough = true
	end := p.Endpoints[a.raw.Protocol()]
	h := make(http.Header, 8)
	upstream.RequestHeaders(h, x.req.Header, upstream.RequestAllowed(a.raw.Protocol()))
	if len(h["Content-Type"]) == 0 {
		h["Content-Type"] = jsonType
	}
	if len(h["User-Agent"]) == 0 {
		h["User-Agent"] = userAgent
	}
	upstream.Authorize(h, end.Auth)
	maps.Copy(h, p.Headers)
	req := &http.Request{
		Method: http.MethodPost, URL: end.join(a.raw.Path()), Host: end.URL.Host, Header: h,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: a.lease.body(text), ContentLength: text.Size(),
		GetBody: func() (io.ReadCloser, error) { return a.lease.body(text.Clone()), nil },
	}
	return req.WithContext(a.ctx), nil
}

var (
	jsonType  = []string{"application/json"}
	userAgent = []string{"plexus"}
)

// roundTrip sends the request and waits for the answer's head.
func (a *attempt) roundTrip(req *http.Request) (*http.Response, *llm.Error) {
	var timer *time.Timer
	if d := a.provider.Timeout; d > 0 {
		timer = time.AfterFunc(d, func() { a.cancel(&upstream.TimeoutError{Phase: upstream.PhaseFirstByte, After: d}) })
	}
	resp, err := a.provider.Transport.RoundTrip(req)
	if timer != nil {
		timer.Stop()
	}
	if err != nil {
		return nil, a.classify(err)
	}
	return resp, nil
}

// classify says what an error of the connection means. A cancellation that the
// client has not asked for is the connection's fault: the client is there and
// must be told something.
func (a *attempt) classify(err error) *llm.Error {
	e := upstream.Classify(a.ctx, a.provider.Slug, err)
	if e.Kind != llm.KindCanceled || a.x.ctx().Err() != nil {
		return e
	}
	e = llm.Errorf(llm.KindConnection, upstream.CodeConnection, "provider %q: the connection failed", a.provider.Slug)
	e.Scope, e.Cause = llm.ScopeModel, err
	return e
}

// statusError reads an answer that is not a success.
func (a *attempt) statusError(resp *http.Response, body io.Reader) *llm.Error {
	text, err := io.ReadAll(io.LimitReader(body, upstream.MaxErrorBody))
	if err != nil && len(text) == 0 {
		if c := a.classify(err); c.Kind == llm.KindCanceled {
			return c
		}
	}
	text = a.provider.scrub(text)
	e := upstream.StatusError(a.provider.Slug, resp.StatusCode, resp.Header, text, a.x.relay.o.Clock())
	if e.Code == upstream.CodeAuth {
		e.Upstream.Body = nil // it may quote the credential in part
		return e
	}
	if resp.StatusCode >= 400 {
		e.Status = resp.StatusCode
	}
	a.refine(e, a.raw.DecodeError(resp.StatusCode, e.Upstream.Body))
	a.conceal(e)
	return e
}

// conceal takes the provider's credentials out of what an upstream said. A
// body that holds one in a spelling of its own (an escaped slash, say) is not
// kept.
func (a *attempt) conceal(e *llm.Error) {
	p := a.provider
	for _, s := range []*string{&e.Message, &e.Code, &e.Upstream.Message, &e.Upstream.Code} {
		*s = string(p.scrub([]byte(*s)))
	}
	if p.hides(e.Upstream.Body) {
		e.Upstream.Body = nil
	}
}

// refine takes over what the upstream's body says.
func (a *attempt) refine(e *llm.Error, said *llm.UpstreamError) {
	said.RequestID, said.Body = e.Upstream.RequestID, e.Upstream.Body
	e.Upstream = said
	if said.Message != "" {
		e.Message = said.Message
	}
	if said.Code != "" {
		e.Code = said.Code
	}
	switch said.Code {
	case "context_length_exceeded":
		e.Kind, e.Scope = llm.KindContextLength, llm.ScopeRequest
	case "insufficient_quota":
		e.Kind, e.Scope = llm.KindQuota, llm.ScopeCredential
	case "content_filter", "content_policy_violation":
		e.Kind, e.Scope = llm.KindContentFilter, llm.ScopeRequest
	}
}

// isStream reports whether the answer is a stream of server-sent events.
func isStream(h http.Header) bool {
	v := h["Content-Type"]
	return len(v) > 0 && strings.HasPrefix(strings.ToLower(strings.TrimSpace(v[0])), "text/event-stream")
}

// garbage makes the error for a 2xx answer that is not of the protocol.
func (a *attempt) garbage(what string) *llm.Error {
	e := llm.Errorf(llm.KindUpstream, upstream.CodeGarbage, "provider %q: %s", a.provider.Slug, what)
	e.Scope = llm.ScopeModel
	return e
}
