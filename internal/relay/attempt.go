package relay

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/upstream"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// attempts tries the targets in order until one answers or none is left. A
// target's failure moves on to the next as long as the client has seen
// nothing; a fault of the request itself does not.
func (x *exchange) attempts(order []int) {
	var last *llm.Error
	for n, i := range order {
		var a *attempt
		a, last = x.try(i)
		if last == nil {
			return
		}
		if x.over() || !elsewhere(last) {
			break
		}
		if n+1 < len(order) {
			x.relay.o.Logger.Warn("attempt failed; trying the next target", "request", x.rec.ID, "provider", a.provider.Slug, "model", a.model, "kind", last.Kind.String(), "err", a.provider.scrubText(last.Error()))
		}
	}
	if x.op.Count != nil && !x.committed && last.Kind != llm.KindInvalid && x.ctx().Err() == nil {
		x.countHere()
		return
	}
	x.fail(last)
}

// over reports whether nothing may be tried any more: the client has been sent
// something, or is not there to be.
func (x *exchange) over() bool { return x.committed || x.settled || x.ctx().Err() != nil }

// try makes the attempts against one target: more than one only where the
// upstream says what it lacks, and that once for each thing it may lack.
func (x *exchange) try(target int) (*attempt, *llm.Error) {
	unsigned, again := false, false
	for {
		a := x.attemptAt(target)
		if unsigned {
			a.lane = &codecLane{egress: x.relay.o.Egress[a.protocol], unsigned: true}
		}
		a.again = again
		again = true
		x.rec.Attempts++
		e := a.run()
		switch {
		case e == nil || x.over():
			return a, e
		case !unsigned && unverifiable(e) && x.relay.o.Egress[a.protocol] != nil && x.op.Codec != nil:
			unsigned = true
		case a.forgotten(e): // never again, since it is known not to have it
			x.amnesia = true
		default:
			return a, e
		}
	}
}

// attemptAt begins an attempt against the alias's target.
func (x *exchange) attemptAt(target int) *attempt {
	t := x.alias.Targets[target]
	p := x.snap.Providers[t.Provider]
	a := &attempt{x: x, provider: p, model: t.Model, protocol: x.protocolAt(p)}
	a.lane = x.laneTo(a.protocol)
	x.forget()
	x.rec.Provider, x.rec.Model, x.rec.ProtocolOut = t.Provider, t.Model, string(a.protocol)
	x.mark.Update(&x.rec)
	return a
}

// forget drops what an earlier attempt's upstream said of itself, so that the
// record tells of the last attempt only.
func (x *exchange) forget() {
	r := &x.rec
	r.UpstreamID, r.ServedModel, r.FinishReason, r.UsageSource, r.LossCodes = "", "", "", "", ""
	r.TTFT, r.UsageFlags, r.ReportedCostNano, r.Passthrough = 0, 0, 0, false
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
	lane     lane
	provider *Provider
	model    string
	protocol llm.Protocol // the upstream's

	ctx       context.Context //nolint:containedctx // one attempt's life is one call
	cancel    context.CancelCauseFunc
	again     bool // the upstream has been sent this request in another form
	hideUsage bool
	fidelity  string // the answer's header
	lease     lease  // on the client's bytes
}

// run makes the attempt. It returns nil when the client has been answered,
// and otherwise what went wrong.
func (a *attempt) run() *llm.Error {
	a.ctx, a.cancel = context.WithCancelCause(a.x.ctx())
	defer a.lease.end()
	defer a.cancel(nil)
	out, e := a.lane.compose(a)
	if e != nil {
		return e
	}
	resp, e := a.roundTrip(a.request(out)) //nolint:bodyclose // closed below, through the body that bounds waiting
	if e != nil {
		return e
	}
	body := upstream.IdleBody(resp.Body, a.provider.Timeout, a.cancel)
	defer func() { _ = body.Close() }() // nothing is lost: what counts was read
	if id := upstream.RequestID(resp.Header); id != "" {
		a.x.rec.UpstreamID = short(id)
	}
	text, e := a.plain(resp, body)
	if e != nil {
		return e
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return a.statusError(resp, text)
	}
	streamed := isStream(resp.Header)
	if streamed != a.x.meta.Stream {
		a.convert()
	}
	if streamed {
		return a.lane.stream(a, resp, text)
	}
	return a.lane.answer(a, resp, text)
}

// letGo gives the client's bytes back when they cannot be needed any more: the
// client has been answered, so no other target will be tried, and the upstream
// has taken them. A stream may last for hours.
func (a *attempt) letGo() {
	x := a.x
	if x.asked != nil || x.state != nil && x.state.Store { // what is decoded or will be kept shares their memory
		return
	}
	if a.lease.done() {
		x.body.free()
		x.body, x.doc = nil, jsonspan.Doc{}
	}
}

// request makes the HTTP request: the lane's path and body, the client's
// headers that may pass, and our credential.
func (a *attempt) request(out *outgoing) *http.Request {
	x, p := a.x, a.provider
	end := p.Endpoints[a.protocol]
	h := make(http.Header, 8)
	upstream.RequestHeaders(h, x.req.Header, upstream.RequestAllowed(a.protocol))
	if a.again {
		delete(h, "Idempotency-Key") // it would be answered as before
	}
	for name, values := range out.header {
		if len(h[name]) == 0 {
			h[name] = values
		}
	}
	if len(h["Content-Type"]) == 0 {
		h["Content-Type"] = jsonType
	}
	if len(h["User-Agent"]) == 0 {
		h["User-Agent"] = userAgent
	}
	upstream.Authorize(h, end.Auth)
	maps.Copy(h, p.Headers)
	req := &http.Request{
		Method: http.MethodPost, URL: end.join(out.path, out.query), Host: end.URL.Host, Header: h,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: out.body(), ContentLength: out.size,
		GetBody: func() (io.ReadCloser, error) { return out.body(), nil },
	}
	return req.WithContext(a.ctx)
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
		e := a.classify(err)
		if errors.Is(err, syscall.ECONNRESET) && req.URL.Scheme == "http" {
			// A server of TLS may hang up on plain HTTP before it has said why.
			e.Message += "; if its server speaks TLS on that port, its base_url must begin with https:// and not http://"
		}
		return nil, e
	}
	return resp, nil
}

// isStream reports whether the answer is a stream of events.
func isStream(h http.Header) bool {
	v := h["Content-Type"]
	if len(v) == 0 {
		return false
	}
	t := strings.ToLower(strings.TrimSpace(v[0]))
	return strings.HasPrefix(t, "text/event-stream") || strings.HasPrefix(t, "application/x-ndjson")
}
