// Package wire holds the seams between the relay and the protocols: what a
// codec must be able to do as the server of its protocol (Ingress), as its
// client (Egress) and as a bystander who reads what passes by (Tap). A
// protocol is one folder below this one; no codec knows another.
package wire

import (
	"net/http"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// Inbound is a client's request as a codec decodes it. Body has passed the
// strict index: it is one valid JSON object without duplicate members.
type Inbound struct {
	Body   []byte
	Model  string // from the URL, for protocols that put it there
	Stream bool   // from the URL, for protocols that put it there
	Query  string // of the URL, without "?"
	Header http.Header
}

// Ingress acts as the server of a protocol. Implementations are stateless
// values, safe for concurrent use.
type Ingress interface {
	Protocol() llm.Protocol
	// DecodeRequest turns a client's request into the canonical one. Errors
	// are *llm.Error of KindInvalid that name the field in Param.
	DecodeRequest(in Inbound) (*llm.Request, error)
	// EncodeResponse renders a complete answer; req is the request it answers.
	EncodeResponse(resp *llm.Response, req *llm.Request) ([]byte, []llm.Loss, error)
	// EventEncoder renders one stream for req.
	EventEncoder(req *llm.Request) EventEncoder
	ErrorEncoder
}

// StreamTyper is implemented by an Ingress whose streams are not server-sent
// events.
type StreamTyper interface {
	// StreamType is the content type of a stream.
	StreamType() string
}

// ErrorEncoder renders errors in a protocol's dialect.
type ErrorEncoder interface {
	// EncodeError returns the JSON body to send with e.HTTPStatus().
	EncodeError(e *llm.Error) []byte
	// EncodeStreamError returns the bytes that end a stream that has begun: a
	// typed terminal event of the protocol.
	EncodeStreamError(e *llm.Error) []byte
}

// EventEncoder renders the events of one stream as the protocol's bytes. It
// accepts blocks that interleave and orders them as the protocol demands.
type EventEncoder interface {
	// Encode appends the rendering of ev to dst; often that is nothing.
	Encode(dst []byte, ev *llm.Event) []byte
	// Losses returns what could not be said so far.
	Losses() []llm.Loss
}

// Target describes the upstream a request is encoded for.
type Target struct {
	Model  string // upstream model name
	Vendor string // catalog id; "" when not known
	// Traits says in what the vendor differs from others that speak the
	// protocol: words of the codec's, from the vendor's file. Nil for a vendor
	// that says nothing, to which a request goes as it would come in.
	Traits []string
	// MaxOutput is the model's output bound in tokens, 0 when not known; a
	// protocol that demands a bound takes it when the client gave none.
	MaxOutput int64
	// NeedUsage asks for usage in streams even if the client did not.
	NeedUsage bool
}

// Outbound is a request for an upstream, apart from its base URL and credentials.
type Outbound struct {
	Path   string // appended to the base URL, e.g. "/chat/completions"
	Query  string // without "?", e.g. "alt=sse"
	Body   []byte
	Header http.Header // headers the protocol itself demands; may be nil
}

// Egress acts as the client of a protocol. Implementations are stateless
// values, safe for concurrent use.
type Egress interface {
	Protocol() llm.Protocol
	// EncodeRequest renders req for the target, with what it could not say.
	// An *llm.Error of KindUnsupported says that the request cannot be made here.
	EncodeRequest(req *llm.Request, to Target) (*Outbound, []llm.Loss, error)
	// DecodeResponse reads a complete answer (status 2xx).
	DecodeResponse(body []byte, to Target) (*llm.Response, error)
	// EventDecoder reads one stream.
	EventDecoder(to Target) EventDecoder
	// DecodeError reads an answer that is not 2xx. It fills Kind, Scope, Code,
	// Param, Message and Upstream from the body; status and headers alone have
	// been classified by the caller already and are refined, not repeated.
	DecodeError(status int, header http.Header, body []byte) *llm.Error
}

// EventDecoder turns the frames of one stream into events. The events it emits
// are valid only during emit.
type EventDecoder interface {
	// Push reads one frame. An error means the frame is not of the protocol.
	Push(f *sse.Frame, emit func(*llm.Event)) error
	// End is called at the end of the bytes; it closes what is open and, when
	// the protocol's own end was not seen, emits EventFail with an
	// *llm.Error of KindUpstream.
	End(emit func(*llm.Event))
}
