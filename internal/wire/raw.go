package wire

import (
	"net/http"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// Meta is what the gateway must know of a request before it routes it.
type Meta struct {
	Model  string
	Stream bool
	// Query goes into the upstream's URL on the raw lane, without "?": the
	// parameters of the client's that the protocol knows.
	Query string
}

// Patch is what the raw lane changes of a request, and where it goes.
type Patch struct {
	Edits []jsonspan.Edit
	// HideUsage: the request now asks for usage that the client did not ask for.
	HideUsage bool
	Path      string // appended to the upstream's base URL
	Query     string // without "?"
	// Header holds what the protocol demands where the client did not say it.
	Header http.Header
}

// Raw is the raw lane of a protocol: same protocol in and out, bytes pass as
// they came but for the edits routing demands, and a tap reads what must be
// accounted. Implementations are stateless values, safe for concurrent use.
type Raw interface {
	Protocol() llm.Protocol
	ErrorEncoder
	// Describe reads the request; of in it may use what the URL said, not Body.
	// Errors are *llm.Error of KindInvalid.
	Describe(doc *jsonspan.Doc, in Inbound) (Meta, error)
	// Patch says how the request goes to the target.
	Patch(doc *jsonspan.Doc, meta Meta, to Target) (Patch, error)
	// StreamTap watches one stream.
	StreamTap(hideUsage bool) StreamTap
	// BodyTap watches one whole answer.
	BodyTap() BodyTap
	// DecodeError reads an answer that is not 2xx.
	DecodeError(status int, body []byte) *llm.UpstreamError
}

// Seen is what a tap has read so far. Usage is nil until the upstream says.
type Seen struct {
	Usage     *llm.Usage
	Finish    llm.Finish
	FinishRaw string
	Model     string
	ID        string
	Err       *llm.UpstreamError // an error inside a 200 answer
}

// Verdict says what to do with a frame.
type Verdict uint8

// The verdicts; bits that combine.
const (
	// Meaningful: the client's wait is over with this frame (first token,
	// tool call or error), so the time to it is worth measuring.
	Meaningful Verdict = 1 << iota
	// Hide: the frame exists only because the gateway asked for it.
	Hide
	// Last: the protocol's own end of the stream.
	Last
	// Failed: the frame carries an error.
	Failed
)

// StreamTap reads the frames of one stream as they pass, without copying them.
type StreamTap interface {
	Frame(f *sse.Frame) Verdict
	Seen() *Seen
}

// BodyTap reads one answer as its bytes pass.
type BodyTap interface {
	Write(p []byte)
	// Seen is complete when all bytes have been written.
	Seen() *Seen
}

// BlindTap relays a stream without reading it.
type BlindTap struct{ seen Seen }

// Frame lets the event pass.
func (BlindTap) Frame(*sse.Frame) Verdict { return Meaningful }

// Seen returns nothing seen.
func (t BlindTap) Seen() *Seen { return &t.seen }
