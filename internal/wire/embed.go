package wire

import (
	"net/http"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// EmbedIngress acts as the server of a protocol's embeddings. Implementations
// are stateless values, safe for concurrent use.
type EmbedIngress interface {
	// DecodeEmbedRequest turns a client's request into the canonical one. Errors
	// are *llm.Error: of KindInvalid, or of KindUnsupported for what only
	// upstreams of the same protocol can be asked.
	DecodeEmbedRequest(in Inbound) (*llm.EmbedRequest, error)
	// EncodeEmbedResponse renders the answer to req. An error says that the
	// upstream's vectors are none.
	EncodeEmbedResponse(resp *llm.EmbedResponse, req *llm.EmbedRequest) ([]byte, []llm.Loss, error)
}

// EmbedEgress acts as the client of a protocol's embeddings. Implementations
// are stateless values, safe for concurrent use.
type EmbedEgress interface {
	Protocol() llm.Protocol
	// EncodeEmbedRequest renders req for the target, with what it could not
	// say. An *llm.Error of KindUnsupported says that the request cannot be
	// made here.
	EncodeEmbedRequest(req *llm.EmbedRequest, to Target) (*Outbound, []llm.Loss, error)
	// DecodeEmbedResponse reads a complete answer (status 2xx) to req: it has
	// as many vectors as req has inputs.
	DecodeEmbedResponse(body []byte, req *llm.EmbedRequest) (*llm.EmbedResponse, error)
	// DecodeError reads an answer that is not 2xx, as Egress does.
	DecodeError(status int, header http.Header, body []byte) *llm.Error
}
