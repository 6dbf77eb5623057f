// Package relay carries one request from its first byte to its last: admit,
// plan, attempt, deliver, settle. It is the only place where protocols,
// routing and upstreams meet at run time.
package relay

import (
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/limit"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/record/inflight"
	"github.com/plexus-gateway/plexus/internal/route"
	"github.com/plexus-gateway/plexus/internal/vault"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// Snapshot is the compiled configuration a request reads. It is immutable and
// swapped whole, so a request sees one configuration from start to end.
type Snapshot struct {
	Routes         *route.Table
	Providers      map[string]*Provider // by slug; disabled ones are absent
	Keys           *authn.Table
	TrustedProxies []netip.Prefix
	MaxBodyBytes   int64
}

// Recorder keeps finished requests. Append returns when the record is safe
// against the death of this process.
type Recorder interface {
	Append(r *record.Record) error
}

// InFlight remembers requests that upstreams may be working on, so that a
// gateway which is killed leaves a record of them.
type InFlight interface {
	Begin(r *record.Record) inflight.Slot
}

// Observer is told of every finished request, for metrics. It must not block
// and must not keep r.
type Observer interface {
	RequestStarted(p llm.Protocol)
	RequestFinished(r *record.Record)
	RecordLost(err error)
}

// ModelFacts is what a conversion must know of a model. Zero values mean that
// it is not known.
type ModelFacts struct {
	Context   int64 // prompt and answer together, in tokens
	MaxOutput int64 // the most it writes, in tokens
	Reasons   bool  // it thinks, and can give its thinking away
}

// Tokens counts the tokens of prompts as a model would.
type Tokens interface {
	// Estimate is quick: it is for requests on their way.
	Estimate(req *llm.Request, model string) int64
	// Count takes its time, and says whether the count is exact.
	Count(req *llm.Request, model string) (n int64, exact bool)
}

// Options are what a Relay needs.
type Options struct {
	Hasher   *authn.Hasher
	Limiter  *limit.Limiter
	Recorder Recorder
	InFlight InFlight // may be nil
	Observer Observer
	Logger   *slog.Logger
	Clock    func() time.Time // nil means time.Now
	// Egress has the codecs that speak to upstreams, for requests that came by
	// another protocol. May be nil: then everything passes or is refused.
	Egress map[llm.Protocol]wire.Egress
	// EmbedEgress has the codecs that ask upstreams for embeddings. May be nil.
	EmbedEgress map[llm.Protocol]wire.EmbedEgress
	// Facts tells what is known of a vendor's model; may be nil.
	Facts func(vendor, model string) ModelFacts
	// Tokens counts where an upstream does not; may be nil.
	Tokens Tokens
	// Conversations keeps the state of the Responses protocol; may be nil.
	Conversations *conversation.Service
	// Fetcher gets what clients name by URL; may be nil.
	Fetcher Fetcher
	// Vault keeps reasoning for clients that cannot; may be nil.
	Vault *vault.Vault
	// Ready reports why new requests must be refused (draining, journal full),
	// or nil. It is called per request.
	Ready func() *llm.Error
}

// Relay serves the data plane.
type Relay struct {
	snapshot atomic.Pointer[Snapshot]
	o        Options
}

// New returns a relay that serves s.
func New(s *Snapshot, o Options) *Relay {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Ready == nil {
		o.Ready = func() *llm.Error { return nil }
	}
	r := &Relay{o: o}
	r.snapshot.Store(s)
	return r
}

// Swap makes new requests read s. Requests under way keep the old one.
func (r *Relay) Swap(s *Snapshot) { r.snapshot.Store(s) }

// Current returns the snapshot new requests read.
func (r *Relay) Current() *Snapshot { return r.snapshot.Load() }

// Operation is one thing that clients ask for: a route of a protocol.
type Operation struct {
	// Raw passes requests to upstreams that speak the same protocol.
	Raw wire.Raw
	// Codec lets upstreams of other protocols serve it; nil when none can.
	Codec wire.Ingress
	// Embed lets upstreams of other protocols make embeddings; nil for
	// operations that make none.
	Embed wire.EmbedIngress
	// Count answers with a count of tokens where no upstream does; nil for
	// operations that count nothing.
	Count wire.Counter
}

// Handler serves an operation whose URL says nothing of the request.
func (r *Relay) Handler(op Operation) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.Serve(w, req, op, wire.Inbound{})
	})
}

// Serve serves one request of an operation. Of in, Model and Stream are what
// the URL says.
func (r *Relay) Serve(w http.ResponseWriter, req *http.Request, op Operation, in wire.Inbound) {
	x := r.begin(w, req, op.Raw, op.Raw.Protocol())
	defer x.end()
	r.o.Observer.RequestStarted(op.Raw.Protocol())
	x.op, x.in = op, in
	x.in.Query, x.in.Header = req.URL.RawQuery, req.Header
	x.serve()
}

// begin starts the record of a request.
func (r *Relay) begin(w http.ResponseWriter, req *http.Request, dialect wire.ErrorEncoder, p llm.Protocol) *exchange {
	now := r.o.Clock()
	x := &exchange{relay: r, snap: r.snapshot.Load(), w: w, control: http.NewResponseController(w), req: req, dialect: dialect, protocol: p}
	id, err := uuid.NewV7()
	if err != nil { // the system's randomness is gone: a time-free id still tells requests apart
		id = uuid.New()
	}
	x.rec = record.Record{
		ID: id, Start: now.UTC(), Method: req.Method, Path: req.URL.Path, ProtocolIn: string(p),
	}
	x.started, x.client = now, ClientIP(req, x.snap.TrustedProxies)
	x.rec.ClientIP = x.client.String()
	h := w.Header()
	h["X-Request-Id"] = []string{id.String()}
	if v := req.Header["X-Client-Request-Id"]; len(v) > 0 && v[0] != "" {
		x.rec.ClientRequestID = v[0][:min(len(v[0]), 255)]
		h["X-Client-Request-Id"] = []string{x.rec.ClientRequestID}
	}
	return x
}
