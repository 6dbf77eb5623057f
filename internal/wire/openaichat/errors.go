package openaichat

import (
	"net/http"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
)

// EncodeError returns the error body: {"error":{message,type,param,code}}.
func (Codec) EncodeError(e *llm.Error) []byte { return openai.EncodeError(e) }

// EncodeStreamError returns the data line that ends a stream: the SDKs raise an
// error for one with an "error" member. No [DONE] follows it, which would say
// that the answer is complete.
func (Codec) EncodeStreamError(e *llm.Error) []byte { return openai.EncodeStreamError(e) }

// DecodeError reads an answer that is not 2xx.
func (Codec) DecodeError(status int, header http.Header, body []byte) *llm.Error {
	return openai.ErrorOf(status, header, body)
}

// malformed makes the error for an answer that is not of the protocol.
func malformed(cause error, format string, args ...any) *llm.Error {
	e := llm.Errorf(llm.KindUpstream, "upstream_malformed", format, args...)
	e.Scope, e.Cause = llm.ScopeModel, cause
	return e
}
