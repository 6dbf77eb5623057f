package gemini

import (
	"net/http"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// EmbedCodec speaks embedContent and batchEmbedContents
// (ai.google.dev/api/embeddings), for conversion from and to the embeddings of
// other protocols. It is a value and safe for concurrent use.
type EmbedCodec struct {
	// Batch says that the client called batchEmbedContents. To an upstream,
	// several inputs go by it and one goes by embedContent.
	Batch bool
}

var (
	_ wire.EmbedIngress = EmbedCodec{}
	_ wire.EmbedEgress  = EmbedCodec{}
)

// Protocol returns llm.Gemini.
func (EmbedCodec) Protocol() llm.Protocol { return llm.Gemini }

// DecodeError reads an answer that is not 2xx.
func (EmbedCodec) DecodeError(status int, header http.Header, body []byte) *llm.Error {
	return Codec{}.DecodeError(status, header, body)
}

// maxEmbeds bounds the inputs of one request. Google's own bound is lower, but
// other servers of the protocol have others.
const maxEmbeds = 2048

// The members of an EmbedContentRequest.
const (
	embedTask  = "taskType"
	embedTitle = "title"
	embedSize  = "outputDimensionality"
	// embedConfig holds these members in the newer form of a request.
	embedConfig = "embedContentConfig"
	embedParts  = "parts"
)
