package relay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/limit"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/record/inflight"
	"github.com/plexus-gateway/plexus/internal/route"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// exchange is the state of one request, passed down by pointer and dropped at
// its end. Only the request's goroutine touches it.
type exchange struct {
	relay    *Relay
	snap     *Snapshot
	w        http.ResponseWriter
	req      *http.Request
	dialect  wire.ErrorEncoder
	protocol llm.Protocol

	started time.Time
	client  netip.Addr
	rec     record.Record
	key     *authn.Entry
	slot    limit.Slot
	mark    inflight.Slot

	control  *http.ResponseController // of w
	extended time.Time                // when the write deadline was last moved on

	op    Operation
	in    wire.Inbound // what the URL says
	body  *buffer      // the client's bytes; pooled
	doc   jsonspan.Doc
	meta  wire.Meta
	asked *llm.Request // decoded when a lane needs it; shares memory with body
	files files        // fetched for targets that take bytes only
	alias *route.Alias
	// state is what the request refers to, for the protocol that has state;
	// amnesia: the provider thought to have it has not.
	state   *conversation.Resolution
	amnesia bool

	committed bool // the client has been sent a status
	settled   bool // the record has been appended
}

// serve carries a request through; whatever happens, it has been answered and
// settled when serve returns.
func (x *exchange) serve() {
	if e := x.admit(); e != nil {
		x.refuse(e)
		return
	}
	order, e := x.plan()
	if e != nil {
		x.refuse(e)
		return
	}
	if x.op.Count != nil && len(order) == 0 {
		x.countHere()
		return
	}
	if body, ok := x.preload(order); ok {
		x.answerHere(body)
		return
	}
	if f := x.relay.o.InFlight; f != nil {
		x.mark = f.Begin(&x.rec)
	}
	x.attempts(order)
}

// end releases what the request held. It also is the edge where a panic of
// ours becomes an answer.
func (x *exchange) end() {
	x.slot.Release()
	x.body.free()
	x.body = nil
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler { //nolint:errorlint // the sentinel itself is thrown
		panic(p)
	}
	x.relay.o.Logger.Error("request panicked", "request", x.rec.ID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	e := llm.Errorf(llm.KindInternal, "internal_error", "the gateway failed on this request; its id is %s", x.rec.ID)
	begun := x.committed
	x.fail(e)
	if begun {
		panic(http.ErrAbortHandler) // the client must not take a cut answer for a whole one
	}
}

// refuse answers a request that no upstream has seen.
func (x *exchange) refuse(e *llm.Error) {
	if x.gone(e) {
		return
	}
	x.rec.Status = record.StatusRefused
	x.answerError(e)
}

// fail answers a request that upstreams or the gateway failed on.
func (x *exchange) fail(e *llm.Error) {
	if x.gone(e) {
		return
	}
	x.rec.Status = record.StatusFailed
	x.answerError(e)
}

// gone settles a request whose client has left; there is nobody to answer.
func (x *exchange) gone(e *llm.Error) bool {
	if e.Kind != llm.KindCanceled && x.req.Context().Err() == nil {
		return false
	}
	x.rec.Status = record.StatusCanceled
	if stop := x.stopped(); stop != nil {
		return x.abandon(stop)
	}
	if e.Kind != llm.KindCanceled {
		e = llm.Errorf(llm.KindCanceled, "client_closed_request", "the client closed the connection")
	}
	x.note(e)
	if x.rec.HTTPStatus == 0 {
		x.rec.HTTPStatus = e.HTTPStatus()
	}
	x.settle()
	return true
}

// stopped returns what to tell a client whose request ends because the gateway
// does, nil while it goes on.
func (x *exchange) stopped() *llm.Error {
	stop, _ := errors.AsType[*llm.Error](context.Cause(x.req.Context()))
	return stop
}

// abandon ends a request because the gateway stops. A stream that has begun is
// told so by its lane; any other answer that has begun is cut.
func (x *exchange) abandon(stop *llm.Error) bool {
	x.rec.Status = record.StatusAbandoned
	x.note(stop)
	if x.committed {
		x.settle()
		return true
	}
	x.rec.HTTPStatus = stop.HTTPStatus()
	x.settle()
	writeError(x.w, stop, x.dialect.EncodeError(stop))
	return true
}

// note puts an error into the record.
func (x *exchange) note(e *llm.Error) {
	x.rec.ErrorKind, x.rec.ErrorCode = e.Kind.String(), e.Code
	x.rec.ErrorMessage = e.Message[:min(len(e.Message), 2048)]
	if e.Upstream != nil && e.Upstream.RequestID != "" {
		x.rec.UpstreamID = short(e.Upstream.RequestID)
	}
}

// settle writes the record, once. It must come before the client can see the
// end of its answer: what was answered completely has its row, also after the
// process is killed.
func (x *exchange) settle() {
	if x.settled {
		return
	}
	x.settled = true
	x.rec.Duration = x.relay.o.Clock().Sub(x.started)
	if x.rec.UsageSource == "" {
		x.rec.UsageSource = llm.UsageNone.String()
	}
	// Deferred, so that a recorder that panics leaves no request in flight.
	defer x.relay.o.Observer.RequestFinished(&x.rec)
	if err := x.relay.o.Recorder.Append(&x.rec); err != nil {
		x.relay.o.Observer.RecordLost(err)
		x.relay.o.Logger.Error("a finished request could not be recorded", "request", x.rec.ID, "err", err)
	} else {
		// A record that was not kept stays marked: the next start finds it.
		x.mark.End()
	}
}

// maxName bounds the names and ids that a client or an upstream gives, as they
// stand in a record, in bytes.
const maxName = 256

func short(s string) string { return s[:min(len(s), maxName)] }

// setUsage puts what a tap saw into the record.
func (x *exchange) setUsage(seen *wire.Seen) {
	if seen.Model != "" {
		x.rec.ServedModel = short(seen.Model)
	}
	if seen.ID != "" {
		x.rec.UpstreamID = short(seen.ID)
	}
	if seen.Finish != llm.FinishNone {
		x.rec.FinishReason = seen.Finish.String()
	}
	u := seen.Usage
	if u == nil {
		return
	}
	x.rec.InputTokens, x.rec.OutputTokens = u.Input, u.Output
	x.rec.CacheReadTokens, x.rec.CacheWriteTokens, x.rec.CacheWrite1hTokens = u.CacheRead, u.CacheWrite5m, u.CacheWrite1h
	x.rec.ReasoningTokens = u.Reasoning
	x.rec.UsageSource, x.rec.UsageFlags = u.Source.String(), uint8(u.Flags)
	if u.ReportedCostNano != nil {
		x.rec.ReportedCostNano = *u.ReportedCostNano
	}
}

const (
	// writeWithin bounds how long a client may take to accept bytes;
	// extendEvery is how often the bound is moved on, since moving costs.
	writeWithin = 2 * time.Minute
	extendEvery = 20 * time.Second
)

// extend moves the write deadline on, so that a client which stopped reading
// does not hold an upstream's answer for ever.
func (x *exchange) extend() {
	now := time.Now() // a socket's deadline is of the real clock
	if now.Sub(x.extended) < extendEvery {
		return
	}
	x.extended = now
	// A writer without deadlines (in tests) is bounded by its own means.
	_ = x.control.SetWriteDeadline(now.Add(writeWithin))
}

// ctx is the client's: it ends when the client leaves.
func (x *exchange) ctx() context.Context { return x.req.Context() }
