package ollama

import (
	"net/http"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EncodeError returns the error body, {"error":"text"}: the protocol has
// nothing but the text. https://docs.ollama.com/api/errors
func (Codec) EncodeError(e *llm.Error) []byte { return encodeError(e) }

// EncodeStreamError returns the line that ends a stream: an error, without the
// members of an answer.
func (Codec) EncodeStreamError(e *llm.Error) []byte { return append(encodeError(e), '\n') }

func encodeError(e *llm.Error) []byte {
	message := e.Message
	if message == "" {
		message = http.StatusText(e.HTTPStatus())
	}
	return append(wirejson.AppendText([]byte(`{"error":`), message), '}')
}

// DecodeError reads an answer that is not 2xx.
func (Codec) DecodeError(status int, header http.Header, body []byte) *llm.Error {
	return refine(openai.ErrorOf(status, header, body))
}

// errorIn reads an error inside an answer that began with 200, or nil.
func errorIn(object []byte) *llm.Error {
	e := openai.ErrorIn(object)
	if e == nil {
		return nil
	}
	return refine(e)
}

// errorWords are what the server says, with what it means where the status does
// not tell. The first that is found counts.
var errorWords = []struct {
	words string
	kind  llm.Kind
	scope llm.Scope
	code  string
}{
	{"exceed_context_size", llm.KindContextLength, llm.ScopeRequest, "context_length_exceeded"},
	{"exceeds the available context size", llm.KindContextLength, llm.ScopeRequest, "context_length_exceeded"},
	{"exceeds the context length", llm.KindContextLength, llm.ScopeRequest, "context_length_exceeded"},
	{"maximum pending requests exceeded", llm.KindOverloaded, llm.ScopeProvider, "overloaded"},
	{"requires more system memory", llm.KindOverloaded, llm.ScopeModel, "out_of_memory"},
	{"does not support", llm.KindUnsupported, llm.ScopeModel, "unsupported_by_model"},
	{"is not supported for this model", llm.KindUnsupported, llm.ScopeModel, "unsupported_by_model"},
	{"try pulling it first", llm.KindNotFound, llm.ScopeModel, "model_not_found"},
}

// refine reads the text of an error, which has no code.
func refine(e *llm.Error) *llm.Error {
	if e.Upstream != nil {
		for _, w := range errorWords {
			if strings.Contains(e.Upstream.Message, w.words) {
				e.Kind, e.Scope, e.Code = w.kind, w.scope, w.code
				break
			}
		}
	}
	if e.Kind == llm.KindNotFound && e.Code == "" {
		e.Code = "model_not_found"
	}
	return e
}

// malformed makes the error for an answer that is not of the protocol.
func malformed(cause error, format string, args ...any) *llm.Error {
	e := llm.Errorf(llm.KindUpstream, "upstream_malformed", format, args...)
	e.Scope, e.Cause = llm.ScopeModel, cause
	return e
}

// unsupported makes the error for a request that cannot be made here.
func unsupported(param, message string) *llm.Error {
	return &llm.Error{Kind: llm.KindUnsupported, Code: "unsupported_conversation", Param: param, Message: message}
}
